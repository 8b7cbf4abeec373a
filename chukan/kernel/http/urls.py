"""Addresses that are open without sign-in."""

from django.urls import path

from chukan.kernel.http import health, well_known

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path(".well-known/jwks.json", well_known.jwks, name="jwks"),
]
