"""Zones have no routes."""

from django.urls import URLPattern, URLResolver

app_name = "kukaku"
urlpatterns: list[URLPattern | URLResolver] = []
