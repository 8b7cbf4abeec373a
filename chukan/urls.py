"""Root URL map: one include per room."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("chukan.controls.shokuin.urls")),
    path("", include("chukan.controls.kengen.urls")),
]
