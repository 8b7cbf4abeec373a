"""Screens of 資格履歴, at the terminal and at the operators' console."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("shikaku.http.terminal_urls")),
    path("", include("shikaku.http.operator_urls")),
]
