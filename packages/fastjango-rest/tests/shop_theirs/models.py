"""The models of `rest_shop`, for Django."""

from django.db import models
from rest_shop import declare

shop = declare(models, "shop_theirs", __name__)
