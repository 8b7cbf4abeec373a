"""Screens of 資格履歴, at the terminal and at the operators' console."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
