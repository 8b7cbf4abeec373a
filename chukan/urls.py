"""Root URL map: one include per room."""

from django.urls import URLPattern, URLResolver, include, path

# Machines ask most, and a route is looked for in this order.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("shikaku.http.api_urls")),
    path("api/v1/", include("pmh.http.api_urls")),
    path("api/v1/", include("fugo.http.api_urls")),
    path("", include("chukan.kernel.http.urls")),
    path("", include("chukan.controls.shokuin.urls")),
    path("", include("chukan.controls.kengen.urls")),
    path("", include("chukan.controls.seitai.urls")),
    path("", include("chukan.controls.sosa_log.urls")),
    path("", include("chukan.controls.shonin.urls")),
    path("", include("chukan.controls.setsuzoku.urls")),
    path("", include("shikaku.http.urls")),
    path("", include("pmh.http.urls")),
    path("", include("fugo.http.urls")),
    path("", include("fugo.http.saihakko_urls")),
]

handler400 = "chukan.kernel.http.problems.bad_request"
handler403 = "chukan.kernel.http.problems.permission_denied"
handler404 = "chukan.kernel.http.problems.page_not_found"
handler500 = "chukan.kernel.http.problems.server_error"
