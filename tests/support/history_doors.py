"""The three doors of a registration, each sending the same lines and telling what came of them in the same words."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

import httpx
from django.test import Client, override_settings

from chukan.controls.uketsuke.queries import get_uketsuke
from chukan.kernel import clock
from chukan.kernel.principal import Principal
from shikaku.actions.accept_toroku_file import accept_toroku_file
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.domain.horyu import NO_LIMIT
from shikaku.formats.kekka_file_v1 import write_kekka
from shikaku.queries.kekka import kekka_rows
from shikaku.queries.rireki import find_row_id
from tests.builders.history_memory import Disagreement
from tests.builders.history_stories import ZONES, Line
from tests.builders.lines import file_text
from tests.journeys.clerk import Page
from tests.support.machines import Machine, new_machine
from tests.support.members import upload
from tests.support.principals import KYOKAI, clerk
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role

REGISTER = "/api/v1/itaku/kanyusha"
Now = Callable[[], datetime]
# What a clerk can do wrong on a form; the rest has no field there.
_ON_FORM = frozenset(
    {"", "sex", "birth", "no_birth", "hidden", "future", "no_day", "bango", "nothing", "no_end", "no_day_of_end"}
)
_ON_NEW_FORM = _ON_FORM | {"digit", "short"}
_SUMMARY = re.compile(r'<a href="#([^"]+)" data-error-link>[^<]*?(?:（([EW]\d+)）)?</a>')
_FACT = r"<dt>{}</dt><dd[^>]*>([^<]*)</dd>"


class Answer(NamedTuple):
    """What came of a line: 処理結果区分, (code, pointer) of everything found, 被保険者枝番 and 資格通番."""

    kubun: str
    found: tuple[tuple[str, str], ...]
    edaban: int | None = None
    tsuban: int | None = None

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(code for code, _ in self.found)


def clerk_of(zone: str) -> Principal:
    """Return a clerk of one of the stories' insurers."""
    return clerk(zone, shubetsu="kyokai_kenpo" if zone == KYOKAI else "kenpo_kumiai")


def runs_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the lines as files: what one insurer sends before it is another's turn."""
    runs: list[list[Line]] = []
    for line in lines:
        if not runs or runs[-1][-1].zone != line.zone:
            runs.append([])
        runs[-1].append(line)
    return runs


@dataclass
class FileDoor:
    """Files of many lines. Empty records at the end make each another file, and are no 明細."""

    world: World
    now: Now = clock.now
    block_lines: Callable[[], int] = lambda: 500
    _sent: count[int] = field(default_factory=lambda: count(1))

    def send(self, zone: str, bodies: Sequence[dict[str, Any]]) -> list[Answer]:
        """Send one file, have it worked off and read its result file."""
        by, text = clerk_of(zone), file_text(list(bodies)) + "\r\n" * next(self._sent)
        accepted = accept_toroku_file(by=by, upload=upload(text), saisoshin=False, now=self.now())
        at = self.now()
        # A story is of a few people: any file that ends two of them would be held (ADR 0025).
        with override_settings(HORYU_PERCENT=NO_LIMIT):
            process_toroku_file(by=by, uketsuke_id=accepted.uketsuke_id, now=lambda: at, block_lines=self.block_lines())
        status = get_uketsuke(by=by, uketsuke_bango=accepted.uketsuke_bango, now=at)
        result = b"".join(write_kekka(kekka_rows(by=by, status=status))).decode("utf-8-sig")
        return [self._answer(row) for row in csv.DictReader(result.splitlines())]

    @staticmethod
    def _answer(row: dict[str, str]) -> Answer:
        found = zip(row["処理結果明細コード"].split(), row["処理結果詳細コード"].split(), strict=True)
        numbers = (int(row[name]) if row[name] else None for name in ("被保険者枝番", "資格通番"))
        return Answer(row["処理結果区分"], tuple(found), *numbers)

    def play(self, lines: Sequence[Line]) -> list[Answer]:
        """Send the whole story as the bulk worker."""
        answers: list[Answer] = []
        with as_role(self.world, "worker"):
            for run in runs_of(lines):
                answers += self.send(run[0].zone, [line.body for line in run])
        return answers


class RestDoor:
    """Signed messages of one line each, from a system of each insurer."""

    def __init__(self, world: World) -> None:
        """Register the systems."""
        self._machines: dict[str, Machine] = {zone: new_machine(world, hokensha=(zone,)) for zone in ZONES}
        self._keys = count(1)

    def send(self, zone: str, body: dict[str, Any]) -> Answer:
        """Send one line."""
        answer = self._machines[zone].post(REGISTER, body, key=f"story-{next(self._keys)}")
        value = json.loads(answer.content)
        if answer.status_code == 422:
            found = [(item["code"], item["pointer"].removeprefix("/") or "-") for item in value["errors"]]
            return Answer("9", tuple(found))
        if answer.status_code not in (200, 201):
            raise Disagreement(answer.status_code, value.get("code"))
        warned = [(item["code"], item["pointer"].removeprefix("/") or "-") for item in value["keikoku"]]
        return Answer(
            value["shori_kekka_kubun"], tuple(warned), int(value["hihokensha_edaban"]), value["shikaku_tsuban"]
        )

    def play(self, lines: Sequence[Line]) -> list[Answer]:
        """Send the whole story."""
        return [self.send(line.zone, line.body) for line in lines]


class FormDoor:
    """Clerks at the 統合専用端末 of each insurer. What no form can say goes by message, so that the story goes on."""

    def __init__(self, world: World) -> None:
        """Sign a clerk of each insurer in."""
        self._rest = RestDoor(world)
        self._windows: dict[str, Client] = {}
        self.typed = 0
        for at, zone in enumerate(ZONES):
            shokuin = a_staff(f"S{at:04d}", hokensha=zone, kojin_bango=frozenset({"shikaku"}))
            self._windows[zone] = browser(shokuin, hokensha=zone)

    def play(self, lines: Sequence[Line]) -> list[tuple[Answer, str]]:
        """Type the whole story in; each answer comes with the page that shows it, '' for a message."""
        return [
            self._enter(line) if can_be_typed(line) else (self._rest.send(line.zone, line.body), "") for line in lines
        ]

    def _enter(self, line: Line) -> tuple[Answer, str]:
        self.typed += 1
        window, (url, typed) = self._windows[line.zone], self._form(line)
        sent = window.post(url, typed)
        if sent.status_code == 422:
            page = sent.content.decode()
            return Answer("9", tuple((code, place) for place, code in _SUMMARY.findall(page))), page
        done = window.post(sent["Location"])
        page = window.get(done["Location"]).content.decode()
        if "受付番号" not in page:
            raise Disagreement("refused after the check page", line.spoiled)
        warned = tuple((code, "-") for code in re.findall(r"（(W\d+)）", page))
        edaban, tsuban = (re.findall(_FACT.format(name), page)[0] for name in ("被保険者枝番", "資格通番"))
        return Answer("2" if warned else "1", warned, int(edaban), None if tsuban == "—" else int(tsuban)), page

    def _form(self, line: Line) -> tuple[str, dict[str, Any]]:
        """Return the address of the form and all its fields as they are sent."""
        body, code = line.body, line.body["shori_shubetsu_code"]
        typed = _typed(body)
        if code == "01":
            number = body.get("kojin_bango", "")
            return "/shikaku/toroku/", {"kojin_bango": number, "kojin_bango_again": number, **typed}
        assert line.about is not None
        edaban, tsuban = line.about
        row = find_row_id(by=clerk_of(line.zone), hihokensha_edaban=edaban)
        name = {"03": "shusei", "04": "soshitsu", "05": "torikeshi"}[code]
        url = f"/shikaku/kanyusha/{row}/{name}/" + ("" if tsuban is None else f"{tsuban}/")
        response = self._windows[line.zone].get(url)
        request = httpx.Request("GET", f"http://testserver{url}")
        shown = Page(httpx.Response(response.status_code, content=response.content, request=request))
        if code != "03":
            return url, {**shown.form(url).fields, **typed}
        number = body.get("koshingo_kojin_bango", "")
        again = {"koshingo_kojin_bango": number, "koshingo_kojin_bango_again": number}
        return url, {**shown.form(url).fields, **typed, **again}


def _typed(body: dict[str, Any]) -> dict[str, Any]:
    """Return what a clerk types for a line, and the items cleared by 「この項目を消す」."""
    typed: dict[str, Any] = {}
    cleared: list[str] = []
    for group in ("kihon", "seigyo", "shikaku"):
        for key, value in body.get(group, {}).items():
            if value is None:
                cleared.append(f"{group}.{key}")
            else:
                typed[f"{group}.{key}"] = {True: "1", False: "0"}.get(value, value)
    for element in body.get("korei", ()):
        typed |= {f"korei.0.{key}": value for key, value in element.items()}
    if "kojin_bango_koshin_kubun" in body:
        typed["kojin_bango_koshin_kubun"] = body["kojin_bango_koshin_kubun"]
    return {**typed, "kesu": cleared}


def can_be_typed(line: Line) -> bool:
    """Tell whether a form says just this: no 再加入, nobody who is not there, no change that changes nothing."""
    code = line.body["shori_shubetsu_code"]
    if code == "01":
        return line.spoiled in _ON_NEW_FORM
    if code not in {"03", "04", "05"} or line.spoiled not in _ON_FORM or "W102" in line.told.codes:
        return False
    return line.about is not None and (line.about[1] is not None or code == "03")


def on_form(answer: Answer, page: str) -> frozenset[tuple[str, str]]:
    """Return what a refusal looks like on a page: each code at its field, at the page as a whole without one."""
    places = ((code, "f-" + pointer.replace("/", "-")) for code, pointer in answer.found)
    return frozenset((code, place if f'id="{place}"' in page else "main") for code, place in places)
