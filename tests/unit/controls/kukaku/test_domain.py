from dataclasses import replace

import pytest

from chukan.controls.kukaku.domain import TableWalls, find_gaps, require_kukaku
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal


def walls(
    *, secured: bool = True, forced: bool = True, policies: int = 1, readers: frozenset[str] = frozenset()
) -> TableWalls:
    return TableWalls("t", secured, forced, policies, readers)


class TestFindGaps:
    def test_finds_nothing_where_the_walls_stand(self) -> None:
        kinds = {"a": "insurer", "b": "person", "c": "hub", "d": "reference", "e": "append_only"}
        held = {name: walls(secured=name == "a", forced=name == "a", policies=name == "a") for name in kinds}
        assert find_gaps(kinds, held) == ()

    @pytest.mark.parametrize("open_wall", [{"secured": False}, {"forced": False}, {"policies": 0}])
    def test_names_an_insurer_table_whose_wall_is_open(self, open_wall: dict[str, int]) -> None:
        found = find_gaps({"a": "insurer"}, {"a": replace(walls(), **open_wall)})  # type: ignore[arg-type]  # one field
        assert [gap.table for gap in found] == ["a"]

    def test_names_a_person_table_that_can_be_read(self) -> None:
        found = find_gaps({"b": "person"}, {"b": walls(readers=frozenset({"chukan_web"}))})
        assert "chukan_web" in found[0].message

    def test_names_undeclared_and_missing_tables(self) -> None:
        assert [gap.kind for gap in find_gaps({"a": "", "b": "hub"}, {"a": walls()})] == ["", "hub"]


class TestRequireKukaku:
    def test_gives_the_zone(self) -> None:
        by = Principal(
            channel="terminal", soshiki="hokensha", actor_id="S1", actor_name="見本花子", hokensha_code="06132013"
        )
        assert require_kukaku(by) == "06132013"

    def test_raises_where_there_is_none(self) -> None:
        by = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="O1", actor_name="試験次郎")
        with pytest.raises(NotPermitted) as refused:
            require_kukaku(by)
        assert refused.value.code == "kukaku_nashi"
