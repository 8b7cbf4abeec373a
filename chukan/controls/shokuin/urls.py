"""Routes of signing in, locking and the own password."""

from django.urls import path

from chukan.controls.shokuin.views import lock, password, sign_in

app_name = "shokuin"
urlpatterns = [
    path("login/", sign_in.login, name="login"),
    path("logout/", sign_in.logout, name="logout"),
    path("lock/", lock.lock, name="lock"),
    path("lock/page/", lock.lock_page, name="lock_page"),
    path("unlock/", lock.unlock, name="unlock"),
    path("session/keepalive/", lock.keepalive, name="keepalive"),
    path("session/confirm/", lock.confirm, name="confirm"),
    path("password/", password.change_password, name="password"),
    path("password/kanryo/", password.password_changed, name="password_changed"),
]
