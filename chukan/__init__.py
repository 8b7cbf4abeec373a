"""The common core of the hub: technical kernel, duties that bind every app, lines out of the building."""

from chukan.celery import app as celery_app

__all__ = ["celery_app"]
