"""Screens of PMH-ID at the operators' console."""

from django.urls import path

from pmh.http import operator_views

app_name = "pmh"
urlpatterns = [
    path("unyo/pmh/", operator_views.show_haraidashi, name="haraidashi"),
    path("unyo/pmh/reigai/", operator_views.show_reigai, name="reigai"),
]
