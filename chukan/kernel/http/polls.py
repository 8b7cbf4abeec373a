"""A page that asks for itself again is one look: it goes on record once, and only who has it there goes on unrecorded.

The mark of a look goes with the page and comes back with the poll. It is signed, for one person, one address and a
short time, so that nobody looks on without a record by saying that it is a poll. 根拠: KJ-LOG-01.
"""

from datetime import timedelta
from typing import Final

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

POLL_MARK: Final = "HX-PTag"  # the name the poll's own extension gives it
_GOES_ON_FOR: Final = timedelta(minutes=2)  # the slowest poll comes every 30 seconds
_NOT_MODIFIED: Final = 304


def is_part(request: HttpRequest) -> bool:
    """Tell whether the page asks for the part that changes."""
    return request.headers.get("HX-Request") == "true"


def mark_of(request: HttpRequest, *, viewer: str, state: str = "") -> str:
    """Return the mark of a look that is on record, with the state it showed."""
    return _signer(request, viewer).sign(state)


def state_on_record(request: HttpRequest, *, viewer: str) -> str | None:
    """Return the state a look that is on record showed last; None for a look that begins, or says so without proof."""
    if not is_part(request):
        return None
    try:
        return _signer(request, viewer).unsign(request.headers.get(POLL_MARK, ""), max_age=_GOES_ON_FOR)
    except BadSignature:
        return None


def not_modified(mark: str) -> HttpResponse:
    """Answer a poll that nothing moved since; no cache keeps it. 根拠: KJ-UI-08."""
    return HttpResponse(status=_NOT_MODIFIED, headers={POLL_MARK: mark, "Cache-Control": "no-store"})


def _signer(request: HttpRequest, viewer: str) -> TimestampSigner:
    return TimestampSigner(salt=f"{__name__} {viewer} {request.get_full_path()}")
