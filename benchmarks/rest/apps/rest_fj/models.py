"""The benchmark's models, for FastJango."""

from fastjango.orm import models
from rest_shop import declare

shop = declare(models, __name__)
