from uuid import UUID

import pytest
from django.test import Client
from structlog.testing import capture_logs

from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ["/login/", "/health/live", "/.well-known/jwks.json", "/api/v1/uketsuke/x", "/nothing-here", "/kanri/shokuin/"]


class TestHeaders:
    @pytest.mark.parametrize("path", PATHS)
    def test_every_answer_carries_them(self, world: World, path: str) -> None:
        answer = Client().get(path)

        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
        assert "Server" not in answer

    @pytest.mark.parametrize("path", ["/login/", "/api/v1/uketsuke/x", "/kanri/shokuin/"])
    def test_personal_answers_are_not_kept(self, world: World, path: str) -> None:
        assert "no-store" in Client().get(path)["Cache-Control"]


class TestRequestId:
    def test_one_is_made(self, world: World) -> None:
        assert UUID(Client().get("/health/live")["X-Request-ID"]).version == 4

    @pytest.mark.parametrize(
        "given", ["a", "req-ab.CD_1", "3f2504e0-4f89-41d3-9a0c-030500000000", "3F2504E0-4F89-41D3-9A0C-030500000000"]
    )
    def test_a_good_one_is_taken(self, world: World, given: str) -> None:
        assert Client().get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"] == given

    @pytest.mark.parametrize("given", ["", "x" * 65, "a b c d e f", "123456789018", "id-1234567", "要求番号"])
    def test_a_bad_one_is_not(self, world: World, given: str) -> None:
        headers = {"X-Request-ID": given.encode().decode("latin-1")}

        assert Client().get("/health/live", headers=headers)["X-Request-ID"] != given


class TestAccessLog:
    def test_one_line_with_the_route_and_without_address_or_query(self, world: World) -> None:
        with capture_logs() as lines:
            Client().get("/api/v1/uketsuke/20260401-ABCDEFGHIJ?name=123456789018")

        line = next(line for line in lines if line["event"] == "http.request.answered")
        assert line.pop("milliseconds") >= 0
        assert line == {
            "event": "http.request.answered",
            "log_level": "info",
            "method": "GET",
            "route": "api/v1/uketsuke/<str:uketsuke_bango>",
            "status": 401,
        }
        assert "20260401" not in str(lines)
        assert "123456789018" not in str(lines)


class TestErrors:
    def test_machines_get_a_problem_for_a_route_that_is_not_there(self, world: World) -> None:
        answer = Client().get("/api/v1/nothing")

        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.kj("KJ-ENC-08")
class TestTls:
    def test_behind_tls_plain_requests_are_sent_away(self, world: World, settings: object) -> None:
        settings.SECURE_SSL_REDIRECT = True  # type: ignore[attr-defined]  # pytest-django's settings
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # type: ignore[attr-defined]
        settings.SECURE_HSTS_SECONDS = 31536000  # type: ignore[attr-defined]

        plain = Client().get("/login/")
        secure = Client().get("/login/", headers={"X-Forwarded-Proto": "https"})

        assert plain.status_code == 301
        assert plain["Location"].startswith("https://")
        assert "max-age=31536000" in secure["Strict-Transport-Security"]

    def test_with_tls_cookies_are_secure_and_closed_to_scripts(self) -> None:
        import subprocess
        import sys

        from tests.support.world import ROOT

        shown = (
            "import django; django.setup(); from django.conf import settings as s; "
            "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, "
            "s.SECURE_HSTS_SECONDS)"
        )
        done = subprocess.run(
            [sys.executable, "-c", shown], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**__import__("os").environ, "CHUKAN_TLS": "1", "DJANGO_SETTINGS_MODULE": "chukan.settings.base"},
        )  # fmt: skip

        assert done.stdout.split() == ["__Host-chukan", "True", "True", "True", "31536000"]
