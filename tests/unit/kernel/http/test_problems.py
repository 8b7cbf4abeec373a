import json

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions as drf
from rest_framework import serializers

from chukan.kernel import errors
from chukan.kernel.http.problems import TITLES, answer_error, exception_handler, json_pointer, problem_of

NUMBER = "123456789018"
DOMAIN = [
    (errors.Invalid("a", "文"), 400),
    (errors.NotAuthenticated("a", "文"), 401),
    (errors.NotPermitted("a", "文"), 403),
    (errors.NotFound("a", "文"), 404),
    (errors.Conflict("a", "文"), 409),
    (errors.TooLarge("a", "文"), 413),
    (errors.RuleBroken("a", "文"), 422),
    (errors.TooMany("a", "文", retry_after=3), 429),
    (errors.Unavailable("a", "文"), 503),
]


@pytest.mark.kj("KJ-IN-19")
def test_a_pointer_does_not_give_a_number_back() -> None:
    assert json_pointer(f"kihon/{NUMBER}/x") == "/kihon/****/x"
    assert json_pointer("kihon/jusho") == "/kihon/jusho"
    document = json.loads(problem_of(errors.Invalid("unknown_field", "文", pointer=NUMBER)).body())
    assert document["errors"][0]["pointer"] == "/****"


class Line(serializers.Serializer[object]):
    on = serializers.DateField()
    kubun = serializers.ChoiceField(["1", "2"])


@pytest.mark.parametrize("error, status", DOMAIN)
def test_every_error_of_ours_has_one_status_and_a_japanese_title(error: errors.DomainError, status: int) -> None:
    document = json.loads(problem_of(error).body())

    assert (document["status"], document["code"], document["detail"]) == (status, "a", "文")
    assert document["title"] == TITLES[status]
    assert set(document) == {"type", "title", "status", "detail", "code", "errors"}


def test_violations_are_listed_with_their_place() -> None:
    error = errors.RuleBroken("kisoku_ihan", "文", errors=[errors.ErrorItem("E207", "kihon/jusho", "直す")])

    assert json.loads(problem_of(error).body())["errors"] == [
        {"pointer": "/kihon/jusho", "code": "E207", "message": "直す"}
    ]


def test_headers_that_tell_when_to_come_back() -> None:
    assert problem_of(errors.TooMany("a", "文", retry_after=3)).headers["Retry-After"] == "3"
    assert problem_of(errors.Conflict("shorichu", "文")).headers["Retry-After"] == "1"
    assert "Retry-After" not in problem_of(errors.Conflict("jufuku_file", "文")).headers
    assert problem_of(errors.NotAuthenticated("a", "文")).headers["WWW-Authenticate"] == "Signature"


@pytest.mark.parametrize(
    "error, status",
    [
        (drf.ParseError(NUMBER), 400),
        (drf.NotAuthenticated(NUMBER), 401),
        (drf.AuthenticationFailed(NUMBER), 401),
        (drf.PermissionDenied(NUMBER), 403),
        (drf.NotFound(NUMBER), 404),
        (drf.MethodNotAllowed(NUMBER), 405),
        (drf.NotAcceptable(NUMBER), 406),
        (drf.UnsupportedMediaType(NUMBER), 415),
        (drf.Throttled(5), 429),
        (drf.APIException(NUMBER), 500),
        (Http404(NUMBER), 404),
        (PermissionDenied(NUMBER), 403),
        (RequestDataTooBig(NUMBER), 400),
        (RuntimeError(NUMBER), 500),
    ],
)
def test_errors_of_the_frameworks_are_translated_and_never_quoted(error: Exception, status: int) -> None:
    body = exception_handler(error, {}).content.decode()

    assert json.loads(body)["status"] == status
    assert NUMBER not in body


def test_serializer_errors_name_the_field_and_never_the_value() -> None:
    line = Line(data={"on": NUMBER, "kubun": NUMBER})
    line.is_valid()

    body = problem_of(drf.ValidationError(line.errors)).body().decode()

    assert NUMBER not in body
    assert [item["pointer"] for item in json.loads(body)["errors"]] == ["/on", "/kubun"]


def test_nested_serializer_errors_have_pointers_without_a_first_slash() -> None:
    error = drf.ValidationError({"sho": [{}, {"kofu_ymd": ["x"]}], "non_field_errors": ["x"]})

    assert [item.pointer for item in problem_of(error).errors] == ["sho/1/kofu_ymd", "non_field_errors"]


def test_machines_get_a_problem_and_people_a_page() -> None:
    error = errors.NotFound("nashi", "見つかりませんでした。")
    machine = answer_error(RequestFactory().get("/api/v1/x"), error)
    page = answer_error(RequestFactory().get("/kanyusha"), error)

    assert machine["Content-Type"] == "application/problem+json"
    assert page["Content-Type"].startswith("text/html")
    assert page.status_code == machine.status_code == 404
    assert "見つかりませんでした。" in page.content.decode()


@pytest.mark.parametrize(
    ("code", "advised"),
    [("kengen_nashi", True), ("kojin_bango_kengen_nashi", True), ("csrf", False), ("riyo_kaishi_mae", False)],
)
def test_only_who_lacks_a_right_is_told_so_and_to_ask_for_it(code: str, *, advised: bool) -> None:
    page = answer_error(RequestFactory().get("/kanyusha"), errors.NotPermitted(code, "理由です。")).content.decode()

    assert ("この操作の権限がありません" in page) is advised
    assert ("権限の付与を依頼してください" in page) is advised
    assert ("この操作は行えません" in page) is not advised
    assert "理由です。" in page
