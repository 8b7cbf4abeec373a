"""Figures are kept by proof, measure and size, and the page says which are not reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docs.figures import DOCS, PAGE, Figure, keep, load, measured, page


def figure(value: float, *, measure: str = "lost lines", size: str = "ci", reached: bool = True) -> Figure:
    return Figure("F-crash", measure, value, "", "0", reached, size, 7, "abc1234", "2026-11-28", "2 cores", "")


def test_a_later_figure_takes_the_place_of_the_former_of_its_size(tmp_path: Path) -> None:
    keep([figure(3), figure(5, size="full")], tmp_path)
    keep([figure(0)], tmp_path)

    assert [(one.size, one.value) for one in load(tmp_path)] == [("ci", 0), ("full", 5)]


def test_a_test_that_fails_takes_what_it_measured_before_away(tmp_path: Path) -> None:
    former = replace(figure(0), test="test_crash.py::test_lines")
    keep([former, replace(former, size="full"), figure(0, measure="stuck files")], tmp_path)
    keep([], tmp_path, failed={("test_crash.py::test_lines", "ci")})

    assert [(one.measure, one.size) for one in load(tmp_path)] == [("stuck files", "ci"), ("lost lines", "full")]


def test_the_page_says_what_is_not_reached(tmp_path: Path) -> None:
    keep([figure(0), figure(2, measure="stuck files", reached=False)], tmp_path)

    rows = [line for line in (tmp_path / PAGE).read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert "| lost lines | 0 | 0 | yes | ci | 7 | `abc1234` | 2026-11-28 |" in rows
    assert "| stuck files | 2 | 0 | **no** | ci | 7 | `abc1234` | 2026-11-28 |" in rows


def test_an_unknown_proof_is_refused() -> None:
    with pytest.raises(ValueError, match="F-guess"):
        measured("F-guess", "x", 0, unit="", aim="0", reached=True, size="ci")


def test_the_page_in_the_documents_is_the_one_of_the_figures_kept() -> None:
    assert (DOCS / PAGE).read_text(encoding="utf-8") == page(load())
