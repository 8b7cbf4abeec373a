"""What the rules about tables read: the product's models, as Django knows them."""

from collections.abc import Iterator
from typing import TypeAlias

from django.apps import apps
from django.db import models

from tests.architecture.tree import ROOMS

Column: TypeAlias = "models.Field[object, object]"


def product_models() -> list[type[models.Model]]:
    """Return every model of the product."""
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in ROOMS]


def columns(model: type[models.Model]) -> Iterator[Column]:
    """Yield the columns a model declares itself."""
    for field in model._meta.local_fields:
        if field.column and not isinstance(field, models.CompositePrimaryKey):
            yield field


def room(model: type[models.Model]) -> str:
    """Return 'shikaku', 'chukan.controls.uketsuke', 'chukan.kernel.crypto', …: the app a model belongs to."""
    config = apps.get_app_config(model._meta.app_label)
    return config.name
