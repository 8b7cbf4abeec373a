"""What every door must answer to whom: the reviewed tables, written from the contract, and how they are expanded.

`routes.csv` has a line per route: the kind of door, the methods that work and what each answers to one it lets in, to
whom it opens, what it is about, and by which methods a 個人番号 passes (`first`: that is asked before whose row it is;
elsewhere another's row is 404 first). An answer is the status, with `+` when it shows rows of the caller's own zone;
alternatives stand between `|`, and before one the right it is for. To whom: alternatives between `|`, each
organisations or kinds of system and then the rights of which one is enough, `*` for any right at all.
`doors.csv` has a line per state of the one who knocks: what each kind of door says before it looks at the right.
Static files are no route: they are served before the URL table, to everybody (interfaces §1).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "isolation_v1"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
Right = tuple[str, str]
# What these doors say only of a method that works.
_AFTER_METHOD = {"awake": {"in", "locked"}, "start": {"in", "password"}}


@dataclass(frozen=True, kw_only=True)
class Knocker:
    """One who knocks, as far as the tables ask: state, organisation or kind of system, rights."""

    name: str
    state: str
    soshiki: str = ""
    rights: frozenset[Right] = frozenset()
    number: bool = False


@dataclass(frozen=True)
class Door:
    """One reviewed route."""

    kind: str
    methods: Mapping[str, frozenset[str]]
    opens_to: str
    about: str
    number: frozenset[str]

    @property
    def twins(self) -> Mapping[str, str]:
        """Return whose rows must look like rows that are not there, each with the row that is not."""
        if self.about == "-":
            return {}
        if " and slip " in self.about:
            return {"other": "nobody", "row of the other": "no row", "slip of a colleague": "no slip"}
        # A slip is its writer's alone: a colleague's looks like nobody's.
        slip = {"slip of a colleague": "nobody"} if self.about.startswith("slip ") else {}
        return {"other": "nobody"} | slip

    @property
    def owners(self) -> tuple[str, ...]:
        """Return whose rows are asked for, the own ones last: what their page does comes after."""
        return (*dict.fromkeys([*self.twins, *self.twins.values()]), "own")

    def answers(self, method: str, who: Knocker) -> frozenset[str]:
        """Return the words for one who is let in: those of that right, else those for everybody."""
        words = [word.rpartition(":") for word in self.methods[method]]
        of_right = frozenset(word for right, _, word in words if tuple(right.split("/")) in who.rights)
        return of_right or frozenset(word for right, _, word in words if not right)

    def opens(self, who: Knocker) -> bool:
        """Tell whether the right of one who got as far as being looked at is enough."""
        if self.opens_to == "everybody":
            return True
        for part in self.opens_to.split(" | "):
            words = part.split(" ")
            if who.soshiki not in words:
                continue
            wanted = {tuple(word.split("/")) for word in words if "/" in word}
            if bool(who.rights) if "*" in words else not wanted or bool(wanted & who.rights):
                return True
        return False


@dataclass(frozen=True)
class Reviewed:
    """Both tables."""

    routes: Mapping[str, Door]
    states: Mapping[str, Mapping[str, str]] = field(repr=False)

    def expected(self, route: str, method: str, who: Knocker, whose: str) -> frozenset[str]:
        """Return the words that may be answered; none for a route nobody reviewed."""
        door = self.routes.get(route)
        if door is None:
            return frozenset()
        before = self.states[who.state][door.kind]
        is_none = method not in door.methods
        if is_none and before in _AFTER_METHOD.get(door.kind, ()):
            return frozenset({"405"})
        if before != "in":
            return frozenset({before})
        if not door.opens(who):
            return frozenset({"403"})
        if is_none:
            return frozenset({"405"})
        lacks_number = method in door.number and not who.number
        if lacks_number and "first" in door.number:
            return frozenset({"403"})
        if whose != "own":
            return frozenset({"E204" if door.about == "kanyusha" else "404"})
        return frozenset({"403"}) if lacks_number else door.answers(method, who)

    def looks_at_rows(self, route: str, who: Knocker) -> bool:
        """Tell whether one gets as far as to be told whose row it is."""
        door = self.routes.get(route)
        return door is not None and self.states[who.state][door.kind] == "in" and door.opens(who)


def read_reviewed(folder: Path = GOLDEN) -> Reviewed:
    """Return what was reviewed."""
    routes = {
        row["route"]: Door(
            kind=row["door"],
            methods=dict(map(_method, row["methods"].split(" "))),
            opens_to=row["opens_to"],
            about=row["about"],
            number=frozenset(row["number"].split()),
        )
        for row in _rows(folder / "routes.csv")
    }
    return Reviewed(routes, {row["state"]: row for row in _rows(folder / "doors.csv")})


def _method(text: str) -> tuple[str, frozenset[str]]:
    name, _, words = text.partition("=")
    return name, frozenset(words.split("|"))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
