"""Routes of 承認 at the operators' console."""

from django.urls import path

from chukan.controls.shonin.views import approving, asking, deciding

app_name = "shonin"
urlpatterns = [
    path("unyo/shonin/", deciding.show_machi, name="machi"),
    path("unyo/shonin/<uuid:shonin_id>/", deciding.show_kakunin, name="kakunin"),
    path("unyo/shonin/<uuid:shonin_id>/shonin/", approving.approve_irai, name="approve"),
    path("unyo/shonin/<uuid:shonin_id>/sashimodoshi/", deciding.reject_irai, name="reject"),
    path("unyo/irai/", asking.show_irai, name="irai"),
    path("unyo/irai/kengen/", asking.ask_kengen, name="ask_kengen"),
    path("unyo/irai/baitai/", asking.ask_baitai, name="ask_baitai"),
    path("unyo/irai/<uuid:shonin_id>/torisage/", asking.withdraw_irai, name="withdraw"),
]
