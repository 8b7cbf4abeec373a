"""Routes of 生体認証: at sign-in, and the authenticators of the person signed in."""

from django.urls import path

from chukan.controls.seitai.views import login, ninshoki

app_name = "seitai"
urlpatterns = [
    path("login/seitai/", login.ask, name="login"),
    path("login/seitai/kakunin/", login.confirm, name="login_kakunin"),
    path("login/seitai/toroku/", login.begin_key, name="login_toroku"),
    path("login/seitai/toroku/kanryo/", login.keep_key, name="login_toroku_kanryo"),
    path("seitai/ninshoki/", ninshoki.ninshoki, name="ninshoki"),
    path("seitai/ninshoki/toroku/", ninshoki.begin_key, name="toroku"),
    path("seitai/ninshoki/toroku/kanryo/", ninshoki.keep_key, name="toroku_kanryo"),
    path("seitai/ninshoki/tameshi/", ninshoki.try_out, name="tameshi"),
    path("seitai/ninshoki/tameshi/kanryo/", ninshoki.tried, name="tameshi_kanryo"),
    path("seitai/ninshoki/<uuid:row_id>/shuryo/", ninshoki.end_key, name="shuryo"),
]
