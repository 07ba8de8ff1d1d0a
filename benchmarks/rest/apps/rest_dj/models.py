"""The benchmark's models, for Django."""

from django.db import models
from rest_shop import declare

shop = declare(models, __name__)
