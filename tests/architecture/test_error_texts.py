import re
from collections.abc import Iterable

from docs.generate import raised_errors

CODE = re.compile(r"^[a-z][a-z0-9_]*$")
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")

Raised = tuple[str, str, str, str]  # code, status, message, module


def text_problems(raised: Iterable[Raised]) -> list[str]:
    """Say which errors have no stable code or no Japanese sentence for people."""
    problems = []
    for code, _status, message, place in raised:
        if not CODE.match(code):
            problems.append(f"{place}: code {code!r}")
        if message and not (JAPANESE.search(message) and message.rstrip("〔…〕").endswith("。")):
            problems.append(f"{place}: {code}: {message!r} is no Japanese sentence")
    return problems


def split_codes(raised: Iterable[Raised]) -> dict[str, set[str]]:
    """Return codes that are answered with more than one status."""
    statuses: dict[str, set[str]] = {}
    for code, status, _message, _place in raised:
        statuses.setdefault(code, set()).add(status)
    return {code: found for code, found in statuses.items() if len(found) > 1}


def test_every_error_has_a_code_and_a_japanese_sentence() -> None:
    assert text_problems(raised_errors()) == []


def test_a_code_has_one_status() -> None:
    assert split_codes(raised_errors()) == {}


def test_example_texts() -> None:
    assert text_problems([("kyogo", "409", "ほかの人が先に変えました。", "m")]) == []
    assert text_problems([("kyogo", "409", "conflict", "m")]) != []
    assert text_problems([("Conflict!", "409", "変わっています。", "m")]) != []


def test_example_one_code_with_two_statuses_is_refused() -> None:
    assert split_codes([("a", "404", "", "m"), ("a", "409", "", "m")]) == {"a": {"404", "409"}}
