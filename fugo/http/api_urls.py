"""Machine routes of 機関別符号."""

from django.urls import path

from fugo.http.jotai_views import JotaiView
from fugo.http.nws_inbound_views import FugoIkkatsuView, FugoView

urlpatterns = [
    path("nws/fugo", FugoView.as_view(), name="nws_fugo"),
    path("nws/fugo/ikkatsu", FugoIkkatsuView.as_view(), name="nws_fugo_ikkatsu"),
    path("fugo/jotai", JotaiView.as_view(), name="fugo_jotai"),
]
