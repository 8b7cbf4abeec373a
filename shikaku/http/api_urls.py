"""Machine routes of 資格履歴."""

from django.urls import path

from shikaku.http.onshi_kekka_views import ShoriKekkaView
from shikaku.http.server_api_views import (
    ItakuKanyushaView,
    RirekiKensakuView,
    UketsukeKekkaView,
    UketsukeStatusView,
    UketsukeView,
)

urlpatterns = [
    path("itaku/kanyusha", ItakuKanyushaView.as_view(), name="itaku_kanyusha"),
    path("uketsuke", UketsukeView.as_view(), name="uketsuke"),
    path("uketsuke/<str:uketsuke_bango>", UketsukeStatusView.as_view(), name="uketsuke_status"),
    path("uketsuke/<str:uketsuke_bango>/kekka", UketsukeKekkaView.as_view(), name="uketsuke_kekka"),
    path("shikaku/rireki/kensaku", RirekiKensakuView.as_view(), name="rireki_kensaku"),
    path("onshi/shori-kekka", ShoriKekkaView.as_view(), name="onshi_shori_kekka"),
]
