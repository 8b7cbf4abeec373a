"""Organisations have no routes yet."""

from django.urls import URLPattern, URLResolver

app_name = "kikan"
urlpatterns: list[URLPattern | URLResolver] = []
