import ast
import re
from pathlib import Path

from tests.architecture.tree import ROOMS, ROOT

TO_PUBLIC = re.compile(r"\bGRANT\b[^;]*\bTO\s+PUBLIC\b", re.IGNORECASE | re.DOTALL)
DEFINER = re.compile(r"SECURITY\s+DEFINER", re.IGNORECASE)
SEARCH_PATH = re.compile(r"SET\s+search_path", re.IGNORECASE)
FUNCTION = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION.*?(?=CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION|\Z)", re.IGNORECASE | re.DOTALL
)


def sql_texts() -> list[tuple[str, str]]:
    """Return every text that may hold SQL: .sql files and strings of migrations and the kernel."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix == ".sql":
                found.append((name, path.read_text(encoding="utf-8")))
            elif path.suffix == ".py" and ("migrations" in path.parts or "kernel" in path.parts):
                found += [(name, text) for text in _strings(path)]
    return found


def _strings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def unsafe_definers(sql: str) -> int:
    """Count SECURITY DEFINER functions whose search_path a caller could choose."""
    return sum(bool(DEFINER.search(body)) and not SEARCH_PATH.search(body) for body in FUNCTION.findall(sql))


def test_nothing_is_granted_to_public() -> None:
    assert [name for name, text in sql_texts() if TO_PUBLIC.search(text)] == []


def test_every_definer_function_fixes_its_search_path() -> None:
    assert [name for name, text in sql_texts() if unsafe_definers(text)] == []


def test_example_grants() -> None:
    assert not TO_PUBLIC.search("GRANT SELECT ON t TO chukan_web; REVOKE ALL ON t FROM PUBLIC;")
    assert TO_PUBLIC.search("grant select on t\n to public;")


def test_example_definers() -> None:
    head = "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER "

    assert unsafe_definers(head + "SET search_path = pg_catalog, pg_temp AS $$ SELECT 1 $$;") == 0
    assert unsafe_definers(head + "AS $$ SELECT 1 $$;") == 1
