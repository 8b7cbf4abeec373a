"""Knocks at every door as everybody, for everybody's rows, and holds what came back against the reviewed tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from django.http.response import HttpResponseBase

from chukan.controls.kikan.domain import OPERATORS
from tests.builders.doors import METHODS, Door, Reviewed
from tests.builders.knockers import Caller
from tests.builders.lines import known, kojin_bango
from tests.builders.routes import NOBODY, Route
from tests.builders.stage import TYPED, Stage
from tests.support.staff import PASSWORD

_FORMS: dict[str, dict[str, str]] = {
    "unlock/": {"password": PASSWORD},
    "session/confirm/": {"password": PASSWORD},
    "password/": {"current": PASSWORD, "new": "mijikai", "repeated": "mijikai"},
    "shikaku/kanyusha/<uuid:row_id>/kojin-bango/": {"riyu": "shinsei_kakunin", "password": PASSWORD},
    "shikaku/kanyusha/<uuid:row_id>/rireki/": {"on": "20260401"},
    "shikaku/kanyusha/<uuid:row_id>/rireki/<uuid:slip>/": {"on": "20260401"},
}
_NO_VALUES = {
    "tsuban": "1",
    "meisai_no": "2",
    "uketsuke_bango": "20261120-ZZZZZZZZZZ",
    "row_id": NOBODY,
    "slip": NOBODY,
    "shonin_id": NOBODY,
    "list_id": NOBODY,
}
_LOOKS = {"GET", "HEAD"}
_OF_A_MEMBER = re.compile(r"/(shusei|soshitsu|torikeshi)/(<\w+:\w+>/)?$")  # forms that say what they showed
_ID = 19  # an id is at least as long as a 受付番号; 通番 and 明細番号 are shorter
_TOKEN = re.compile(rb'csrfmiddlewaretoken" value="[^"]+"')
# Of whom nobody knows a thing: the system asks for a person and a 保険者コード that are none.
_NONE = ("99999999", 77)
_UNREVIEWED = Door("screen", {}, "", "-", frozenset())


@dataclass
class Asking:
    """One caller before one door: addresses, forms and bodies by owner."""

    stage: Stage
    caller: Caller
    route: Route
    door: Door

    def values(self, method: str, whose: str) -> dict[str, str]:
        """Return the ids that fill the address."""
        if whose == "nobody" or not self.route.kinds:
            return _NO_VALUES
        if " and slip " in self.door.about and whose != "own":
            rows = {"no row": "nobody", "row of the other": "other", "other": "other"}.get(whose, "own")
            slips = {"no slip": "nobody", "other": "other", "slip of a colleague": whose}.get(whose, "own")
            return self._ids(method, rows) | {"slip": self._ids(method, slips)["slip"]}
        return self._ids(method, whose)

    def _ids(self, method: str, whose: str) -> dict[str, str]:
        if whose == "nobody":
            return _NO_VALUES
        mine, about = whose == "own", self.door.about
        things = self.caller.other if whose == "other" else self.caller.own
        sent = things.thrown if about == "discard" and things.thrown else things.file
        if mine and about == "discard":
            self.stage.keep_again(sent)
        if about == "horyu":
            sent = things.held
            if mine:
                self.stage.hold_again(sent)
        _, slip, kind = about.rpartition("slip ")
        row: object = things.staff_row if about == "staff" else things.row_id
        values = {"tsuban": "1", "meisai_no": "2", "uketsuke_bango": sent.bango}
        values["shonin_id"] = str(things.irai)
        values["list_id"] = NOBODY  # no insurer has one
        values["row_id"] = str(sent.row_id if about in {"file", "discard", "horyu"} or kind == "file_fix" else row)
        if slip:
            writer = self.caller.staff_id or "system" if mine else f"S{things.start}"
            # A 取消 that nothing refuses would be done, and the member be another one for those who come after.
            late = kind == "torikeshi" and method not in _LOOKS
            values["slip"] = str((self.stage.late_slip if late else self.stage.slip)(kind, things, writer))
        return values

    def form(self) -> dict[str, str]:
        """Return what a person types."""
        form = dict(_FORMS.get(self.route.pattern, {}))
        if self.route.pattern == "shikaku/ikkatsu-soshitsu/":
            form = {"row": str(self.caller.own.row_id)}
        if "POST" in self.door.number and "kojin-bango" not in self.route.pattern:
            name = "koshingo_kojin_bango" if "shusei" in self.route.pattern else "kojin_bango"
            form = {name: kojin_bango(TYPED), f"{name}_again": kojin_bango(TYPED)}
        if _OF_A_MEMBER.search(self.route.pattern):
            form["seen"] = str(self.caller.own.seen)
        return form

    def body(self, whose: str) -> object:
        """Return what a system sends."""
        of = {"own": self.caller.own, "other": self.caller.other}
        code, person = (of[whose].code, of[whose].person) if whose in of else _NONE
        if self.door.about == "kanyusha":
            return known("04", hokensha=code, edaban=1)
        return {"kojin_bango": kojin_bango(person)} if self.door.about == "kensaku" else {}

    def knock(self, method: str, whose: str) -> Answer:
        """Send one request and read the answer."""
        values = self.values(method, whose)
        path = self.route.path(values)
        response = self.caller.send(method, path, self.form(), self.body(whose))
        if method not in _LOOKS and whose == "own":
            self.stage.slips.clear()  # it may be spent
        ids = [values[name] for name in self.route.kinds if len(values[name]) >= _ID]
        return read_answer(response, path, ids, self.marks())

    def marks(self) -> tuple[str, ...]:
        """Return what tells that rows of the caller's own zone are shown; an operator has none."""
        own = self.caller.own
        return () if self.caller.soshiki in OPERATORS else (*own.marks, *own.numbers)

    def shown(self, whose: str, text: str) -> Iterator[str]:
        """Yield what an answer shows and must not: things of the other zone, and a 個人番号 but at its own door."""
        caller = self.caller
        closed = caller.other.marks
        if caller.soshiki in OPERATORS:  # files of insurers are theirs to watch, by name of the file; people are not
            closed = (*caller.own.people, *caller.other.people)
        if caller.soshiki == "kokuho_chuokai":  # and of these, only those of 国保
            closed = (*caller.own.marks, *caller.other.marks)
        yield from (mark for mark in closed if mark in text)
        gives = self.route.pattern.endswith(("/kojin-bango/", "/error/")) and caller.number and whose == "own"
        numbers = caller.other.numbers if gives else (*caller.own.numbers, *caller.other.numbers, kojin_bango(TYPED))
        yield from ("a 個人番号" for number in numbers if number in text)


# --- what came back


@dataclass(frozen=True)
class Answer:
    """One answer: in one word, its text without spaces, and all of it without what belongs to the request alone."""

    word: str
    text: str
    told: tuple[object, ...]


def read_answer(response: HttpResponseBase, path: str, ids: Collection[str], marks: Collection[str]) -> Answer:
    """Read an answer; `told` is without the number of the request, the address asked and the token of forms."""
    body: bytes = b"".join(response) if response.streaming else getattr(response, "content", b"")
    headers = dict(response.items())
    own = [headers.pop("X-Request-ID", ""), path, *ids]

    def plain(said: bytes) -> bytes:
        for one in filter(None, own):
            said = said.replace(one.encode(), b"*")
        return _TOKEN.sub(b"*", said)

    told = tuple(sorted((name, plain(value.encode())) for name, value in headers.items()))
    text = plain(body).decode("utf-8", "replace").replace(" ", "")
    word = _word(response, body.decode("utf-8", "replace").replace(" ", ""), marks)
    return Answer(word, text, (response.status_code, told, tuple(sorted(response.cookies)), plain(body)))


def _word(response: HttpResponseBase, text: str, marks: Collection[str]) -> str:
    """Return how a request was answered in one word, as the reviewed tables write it."""
    status, target = response.status_code, str(response.get("Location", ""))
    for address, name in (("/login/", "login"), ("/password/", "password")):
        if target == address or target.startswith(f"{address}?"):
            return name
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and '"E204"' in text:
        return "E204"
    shows_own = status == HTTPStatus.OK and any(mark in text for mark in marks)
    return "locked" if status == HTTPStatus.LOCKED else f"{status}+" if shows_own else str(status)


# --- held against the tables


@dataclass
class Knocked:
    """What was asked, and what was not as reviewed."""

    cells: int = 0
    compared: int = 0
    wrong: list[str] = field(default_factory=list)
    telling: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Return everything that must not be."""
        return [*self.wrong, *self.telling, *self.shown]


def knock(
    stage: Stage, reviewed: Reviewed, found: Iterable[Route], who: Iterable[Caller], *, everything: bool = True
) -> Knocked:
    """Ask every route by every method as everybody, for rows of everybody, and hold the answers against the tables.

    Unless `everything` is asked for, the methods beyond GET and POST are tried by those to whom the door opens, rows of
    everybody are asked for by those who are let as far as to them, and bad keys are tried at doors for systems.
    """
    result, found = Knocked(), list(found)
    for caller in who:
        for route in found:
            if not everything and caller.state.startswith("signed_") and not route.pattern.startswith("api/"):
                continue
            asking = Asking(stage, caller, route, reviewed.routes.get(route.pattern, _UNREVIEWED))
            all_methods = everything or (caller.is_whole and asking.door.opens(caller))
            for method in METHODS if all_methods else ("GET", "POST"):
                hold(result, reviewed, asking, method, everything=everything)
    return result


def hold(result: Knocked, reviewed: Reviewed, asking: Asking, method: str, *, everything: bool) -> None:
    """Ask one route by one method as one caller for rows of everybody, and note what is not as reviewed."""
    caller, pattern, owners = asking.caller, asking.route.pattern, asking.door.owners
    at = f"{method} /{pattern} as {caller.name} ({caller.state})"
    seen: dict[str, Answer] = {}
    # A method that does not work looks at no row; nor does a closed door, and where time is short that is believed.
    looks = method in asking.door.methods and (everything or reviewed.looks_at_rows(pattern, caller))
    for whose in owners if looks else owners[:1]:
        seen[whose] = answer = asking.knock(method, whose)
        wanted = reviewed.expected(pattern, method, caller, whose)
        result.cells += 1
        if answer.word not in wanted:
            result.wrong.append(f"{at} for {whose}: {answer.word}, reviewed {sorted(wanted)}")
        result.shown += [f"{at} for {whose}: shows {mark}" for mark in asking.shown(whose, answer.text)]
    for whose, twin in asking.door.twins.items():
        # The address asked for goes with the way to sign in, as typed.
        if twin not in seen or seen[whose].word == seen[twin].word == "login":
            continue
        result.compared += 1
        if seen[whose].told != seen[twin].told:
            result.telling.append(f"{at}: tells that the row of {whose} is there")
