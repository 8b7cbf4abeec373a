import hashlib
from io import BytesIO

import pytest

from chukan.kernel.errors import NotAuthenticated, TooLarge
from chukan.kernel.http.bodies import CheckedBody

BODY = b"first line\nsecond line\n" * 10


def checked(body: bytes = BODY, *, signed: bytes = BODY, limit: int = 1000) -> CheckedBody:
    return CheckedBody(BytesIO(body), sha256=hashlib.sha256(signed).digest(), limit=limit)


def test_gives_the_bytes_and_accepts_their_digest() -> None:
    body = checked()

    assert body.read(5) + body.readline() + body.read() == BODY
    body.finish()


def test_reads_the_rest_before_it_compares() -> None:
    body = checked()
    body.read(3)

    body.finish()

    assert body.size == len(BODY)


@pytest.mark.kj("KJ-AUTH-26")
@pytest.mark.parametrize("sent", [BODY + b"x", BODY[:-1], b"", BODY.replace(b"first", b"fIrst")])
def test_refuses_another_body_than_the_signed_one(sent: bytes) -> None:
    body = checked(sent)
    body.read()

    with pytest.raises(NotAuthenticated):
        body.finish()


def test_takes_a_body_of_exactly_the_limit() -> None:
    body = checked(limit=len(BODY))
    body.read()

    body.finish()


def test_refuses_more_than_the_limit_without_reading_it_all() -> None:
    stream = BytesIO(b"x" * 100_000)
    body = CheckedBody(stream, sha256=bytes(32), limit=10)

    with pytest.raises(TooLarge):
        body.read()
    assert stream.tell() == 11


def test_refuses_an_endless_line() -> None:
    body = CheckedBody(BytesIO(b"x" * 100_000), sha256=bytes(32), limit=10)

    with pytest.raises(TooLarge):
        body.readline()
