"""Screens of 一括再発行 at the operators' console."""

from django.urls import path

from fugo.http import saihakko_views

app_name = "saihakko"
urlpatterns = [
    path("unyo/fugo/saihakko/", saihakko_views.show_lists, name="list"),
    path("unyo/fugo/saihakko/toroku/", saihakko_views.register, name="toroku"),
    path("unyo/fugo/saihakko/<uuid:list_id>/", saihakko_views.show_list, name="irai"),
    path("unyo/fugo/saihakko/<uuid:list_id>/irai/", saihakko_views.ask, name="ask"),
    path("unyo/fugo/saihakko/<uuid:list_id>/jikko/", saihakko_views.execute, name="jikko"),
    path("unyo/fugo/saihakko/<uuid:list_id>/kakidashi/", saihakko_views.write, name="kakidashi"),
    path("unyo/fugo/saihakko/<uuid:list_id>/kakunin/", saihakko_views.confirm, name="kakunin"),
    path("unyo/fugo/saihakko/<uuid:list_id>/torikeshi/", saihakko_views.withdraw, name="torikeshi"),
]
