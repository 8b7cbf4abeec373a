"""Routes of the operators' console for 資格履歴."""

from django.urls import path

from shikaku.http import operator_views

app_name = "unyo"
urlpatterns = [
    path("unyo/", operator_views.show_jokyo, name="jokyo"),
    path("unyo/shori/", operator_views.show_shori, name="shori"),
    path("unyo/haishin/", operator_views.show_haishin, name="haishin"),
    path("unyo/haishin/saishiko/", operator_views.retry_haishin, name="haishin_saishiko"),
]
