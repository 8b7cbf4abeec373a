import re

from django.db import models

from tests.architecture.model_tree import Column, columns, product_models, room
from tests.architecture.tree import snake

KINDS = {"insurer", "person", "hub", "append_only", "reference"}
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
# docs/adr/0004: rooms whose tables may hold a 個人番号 (sealed or as an index), and those that may hold a 機関別符号.
KOJIN_BANGO_ROOMS = ("shikaku",)
KOJIN_BANGO_MOMENT = ("honnin",)
FUGO_ROOMS = ("fugo", "kiroku")
# A right to handle the number is not the number; a class of change is not one either.
NOT_THE_NUMBER = re.compile(r"kojin_bango_(toriatsukai|jimu|koshin_kubun|koshin_nichiji)|has_kojin_bango")
ORDER = ("chukan.kernel", "chukan.controls", "shikaku|honnin", "fugo|pmh", "kiroku")


def declaration_problems(declared: dict[str, object]) -> list[str]:
    """Say what is wrong with a ChukanMeta."""
    problems = []
    if declared.get("kind") not in KINDS:
        problems.append(f"kind {declared.get('kind')!r} is none of {sorted(KINDS)}")
    if not isinstance(declared.get("mutable"), bool):
        problems.append("mutable is not declared")
    if declared.get("kind") == "append_only" and declared.get("mutable"):
        problems.append("an append-only table is not mutable")
    return problems


def identifier_problems(room_name: str, column_names: set[str]) -> list[str]:
    """Say which identifiers stand where docs/adr/0004 forbids them."""
    number = {name for name in column_names if "kojin_bango" in name and not NOT_THE_NUMBER.search(name)}
    fugo = {name for name in column_names if "kikanbetsu_fugo" in name}
    problems = []
    if number and fugo:
        problems.append(f"個人番号 and 機関別符号 in one table: {sorted(number | fugo)}")
    if number and room_name not in (*KOJIN_BANGO_ROOMS, *KOJIN_BANGO_MOMENT):
        problems.append(f"{room_name} holds {sorted(number)}")
    if fugo and room_name not in FUGO_ROOMS:
        problems.append(f"{room_name} holds {sorted(fugo)}")
    return problems


def level(room_name: str) -> int:
    return next(i for i, names in enumerate(ORDER) for name in names.split("|") if room_name.startswith(name))


def may_point(source: str, target: str) -> bool:
    """Tell whether a foreign key may go from one room to another: inside an app, or down into the controls."""
    source_app, target_app = source.split(".", maxsplit=1)[0], target.split(".", maxsplit=1)[0]
    if source_app != "chukan":
        return target_app == source_app or target.startswith("chukan.controls")
    return target_app == "chukan" and level(target) <= level(source)


def is_japanese(text: str) -> bool:
    return bool(JAPANESE.search(text)) or text in {"PMH-ID", "ID"}


def unnamed(model_name: str, fields: list[Column]) -> list[str]:
    return [f.name for f in fields if not is_japanese(str(f.verbose_name))] + (
        [] if is_japanese(model_name) else ["(model)"]
    )


def test_every_model_declares_its_kind_and_whether_it_changes() -> None:
    found = {}
    for model in product_models():
        problems = declaration_problems(vars(getattr(model, "ChukanMeta", object)).copy())
        if problems:
            found[model.__name__] = problems

    assert found == {}


def test_no_model_has_a_hidden_order() -> None:
    assert [model.__name__ for model in product_models() if model._meta.ordering] == []


def test_every_model_and_column_has_a_japanese_name() -> None:
    found = {m.__name__: unnamed(str(m._meta.verbose_name), list(columns(m))) for m in product_models()}

    assert {name: what for name, what in found.items() if what} == {}


def test_tables_are_named_after_app_and_model() -> None:
    def fits(model: type[models.Model]) -> bool:
        label, table, name = model._meta.app_label, model._meta.db_table, snake(model.__name__)
        return table in {f"{label}_{name}", name} and table.startswith(label)

    assert [f"{m.__name__}: {m._meta.db_table}" for m in product_models() if not fits(m)] == []


def test_identifiers_stand_only_where_they_may() -> None:
    found = {m.__name__: identifier_problems(room(m), {f.name for f in columns(m)}) for m in product_models()}

    assert {name: what for name, what in found.items() if what} == {}


def test_foreign_keys_point_only_downward() -> None:
    wrong = [
        f"{model.__name__}.{field.name} -> {field.related_model.__name__}"
        for model in product_models()
        for field in columns(model)
        if isinstance(field, models.ForeignKey)
        and field.related_model in product_models()
        and not may_point(room(model), room(field.related_model))
    ]

    assert wrong == []


def test_example_declarations() -> None:
    assert declaration_problems({"kind": "insurer", "mutable": True}) == []
    assert declaration_problems({"kind": "table", "mutable": True}) != []
    assert declaration_problems({"kind": "hub"}) != []
    assert declaration_problems({"kind": "append_only", "mutable": True}) != []


def test_example_identifiers() -> None:
    assert identifier_problems("shikaku", {"ct_kojin_bango", "himozuke_bango"}) == []
    assert identifier_problems("chukan.controls.kengen", {"kojin_bango_jimu"}) == []
    assert identifier_problems("shikaku", {"ct_kojin_bango", "kikanbetsu_fugo"}) != []
    assert identifier_problems("pmh", {"kojin_bango"}) != []
    assert identifier_problems("chukan.controls.sosa_log", {"kojin_bango"}) != []


def test_example_foreign_keys() -> None:
    assert may_point("shikaku", "chukan.controls.kikan")
    assert may_point("shikaku", "shikaku")
    assert may_point("chukan.controls.kengen", "chukan.controls.shokuin")
    assert not may_point("chukan.controls.kikan", "shikaku")
    assert not may_point("kiroku", "shikaku")


def test_example_names() -> None:
    assert unnamed("受付", [models.CharField("状態", name="state")]) == []
    assert unnamed("receipt", [models.CharField("state", name="state")]) == ["state", "(model)"]
