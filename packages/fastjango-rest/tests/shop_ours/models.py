"""The models of `rest_shop`, for FastJango."""

from fastjango.orm import models
from rest_shop import declare

shop = declare(models, "shop_ours", __name__)
