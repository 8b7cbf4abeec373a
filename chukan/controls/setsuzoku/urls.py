"""Where the published contract stands."""

from django.urls import path

from chukan.controls.setsuzoku.api_docs import DocsView, SchemaView

app_name = "setsuzoku"
urlpatterns = [
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
]
