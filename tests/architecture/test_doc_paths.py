import re
from collections.abc import Iterable
from pathlib import Path

from tests.architecture.tree import ROOT

PATH = re.compile(
    r"`((?:docs|chukan|shikaku|pmh|fugo|kiroku|honnin|tests|bench|simulators|static|templates)/[\w./-]*)`"
)
ADR = re.compile(r"ADR (\d{4})")


def documents() -> list[Path]:
    return [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()]


def paths_named(text: str) -> set[str]:
    """Return the paths of the tree that a document names."""
    return set(PATH.findall(text))


def missing(names: Iterable[str], root: Path) -> list[str]:
    return sorted(name for name in names if not (root / name).exists())


def test_every_path_a_document_names_exists() -> None:
    found = {path.name: missing(paths_named(path.read_text(encoding="utf-8")), ROOT) for path in documents()}

    assert {name: what for name, what in found.items() if what} == {}


def test_every_decision_a_document_names_exists() -> None:
    numbers = {number for path in documents() for number in ADR.findall(path.read_text(encoding="utf-8"))}
    written = {path.name[:4] for path in (ROOT / "docs/adr").glob("*.md")}

    assert numbers - written == set()


def test_example_named_paths(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    named = paths_named("see `docs/` and `docs/gone.md`, not `GET /docs/x`")

    assert named == {"docs/", "docs/gone.md"}
    assert missing(named, tmp_path) == ["docs/gone.md"]
