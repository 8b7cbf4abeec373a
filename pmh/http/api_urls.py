"""Machine routes of PMH-ID."""

from django.urls import path

from pmh.http.issue_views import PmhIdIkkatsuView, PmhIdView

urlpatterns = [
    path("pmh/pmh-id", PmhIdView.as_view(), name="pmh_id"),
    path("pmh/pmh-id/ikkatsu", PmhIdIkkatsuView.as_view(), name="pmh_id_ikkatsu"),
]
