"""Routes of the operation log."""

from django.urls import path

from chukan.controls.sosa_log import views

app_name = "sosa_log"
urlpatterns = [
    path("kanri/sosa-rireki/", views.show_own_log, name="own"),
    path("kanri/sosa-rireki/csv/", views.download_own_log, name="own_csv"),
    path("unyo/sosa-kiroku/", views.show_log, name="search"),
    path("unyo/sosa-kiroku/csv/", views.download_log, name="search_csv"),
]
