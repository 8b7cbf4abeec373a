from pathlib import Path

import pytest

from docs.generate import DOCUMENTS, ROOT, stale


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_generated_document_is_up_to_date(name: str) -> None:
    assert stale({name: DOCUMENTS[name]}, root=ROOT) == [], f"{name} is stale: run `make docs`"


def test_example_fresh_document_passes(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text\n", encoding="utf-8")

    assert stale({"a.md": lambda: "text\n"}, root=tmp_path) == []


def test_example_edited_or_missing_document_is_stale(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("edited by hand\n", encoding="utf-8")

    assert stale({"a.md": lambda: "text\n", "b.md": lambda: "new\n"}, root=tmp_path) == ["a.md", "b.md"]
