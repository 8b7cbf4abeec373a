"""Routes of the start page and of the staff's administration."""

from django.urls import path

from chukan.controls.kengen.views import context, staff

app_name = "kengen"
urlpatterns = [
    path("", context.start, name="start"),
    path("kanri/shokuin/", staff.shokuin_list, name="shokuin_list"),
    path("kanri/shokuin/toroku/", staff.shokuin_new, name="shokuin_new"),
    path("kanri/shokuin/toroku/kakunin/", staff.shokuin_new_check, name="shokuin_new_check"),
    path("kanri/shokuin/<uuid:row_id>/henko/", staff.shokuin_change, name="shokuin_change"),
    path("kanri/shokuin/<uuid:row_id>/henko/kakunin/", staff.shokuin_change_check, name="shokuin_change_check"),
    path("kanri/shokuin/naosu/<uuid:slip>/", staff.shokuin_mend, name="shokuin_mend"),
    path("kanri/shokuin/kakunin/<uuid:slip>/", staff.shokuin_check, name="shokuin_check"),
    path("kanri/shokuin/kanryo/<uuid:slip>/", staff.shokuin_done, name="shokuin_done"),
]
