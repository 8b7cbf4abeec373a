"""Screens of 機関別符号: the desk of operators, and 符号の取得状況 of insurers."""

from django.urls import path

from fugo.http import operator_jokyo_views as jokyo
from fugo.http import operator_soshin_views as soshin
from fugo.http import terminal_views

app_name = "fugo"
urlpatterns = [
    path("unyo/fugo/", jokyo.show_jikko, name="jikko"),
    path("unyo/fugo/jokyo/", jokyo.show_jokyo, name="jokyo"),
    path("unyo/fugo/jokyo/kaito-machi/", jokyo.show_kaito_machi, name="kaito_machi"),
    path("unyo/fugo/jokyo/yokyu-fuka/", jokyo.show_yokyu_fuka, name="yokyu_fuka"),
    path("unyo/fugo/jokyo/file/<uuid:row_id>/", jokyo.show_file, name="file"),
    path("unyo/fugo/jokyo/tsuban/<uuid:row_id>/", jokyo.show_tsuban, name="tsuban"),
    path("unyo/fugo/jokyo/uketsuke/<str:uketsuke_bango>/", jokyo.show_uketsuke, name="uketsuke"),
    path("unyo/fugo/soshin/", soshin.show_soshin, name="soshin"),
    path("unyo/fugo/soshin/<uuid:row_id>/", soshin.show_file, name="soshin_file"),
    path("unyo/fugo/soshin/<uuid:row_id>/ninsho/", soshin.ask, name="soshin_ninsho"),
    path("unyo/fugo/soshin/<uuid:row_id>/jikko/", soshin.send, name="soshin_jikko"),
    path("unyo/fugo/soshin/<uuid:row_id>/kekka/", soshin.show_kekka, name="soshin_kekka"),
    path("unyo/fugo/jushin/", soshin.show_jushin, name="jushin"),
    path("unyo/fugo/kiroku/", soshin.show_kiroku, name="kiroku"),
    path("fugo/jotai/", terminal_views.show_jotai, name="jotai"),
]
