"""Fixtures of the whole suite: one world of services per test process, emptied after each test that wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from tests.support.world import World, as_role

# The browser driver keeps an event loop running in the test process; the product itself has no asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# How long an example takes says how busy the machine is, nothing of what is tried.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

pytest_plugins = ["tests.plugins_kj", "tests.plugins_browser", "tests.plugins_figures"]


@pytest.fixture(scope="session")
def world(django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The services, the schema and ten insurers; the process talks to the database as the web role."""
    with django_db_blocker.unblock():
        made = World()
    yield made
    with django_db_blocker.unblock():
        made.stop()


@pytest.fixture(scope="session")
def django_db_setup(world: World) -> None:
    """Tests use the world's database as the app role; nobody creates or drops a database."""
    # The app role may not TRUNCATE: what a test wrote is cleaned up by the administrator.
    setattr(TransactionTestCase, "_fixture_teardown", lambda _self: world.empty())  # noqa: B010  # not in the stubs


@pytest.fixture
def as_worker(world: World) -> Iterator[None]:
    """Work as the role of the bulk workers."""
    with as_role(world, "worker"):
        yield
