"""What the rules read: the product's modules, parsed once."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("shikaku", "pmh", "fugo", "kiroku", "honnin")
ROOMS = ("chukan", *APPS)
DOMAIN_LAYERS = ("domain", "formats", "actions", "queries")


@cache
def product_files() -> tuple[Path, ...]:
    """Return every module of the product, migrations left out, relative to the root."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple(path.relative_to(ROOT) for path in paths if "migrations" not in path.parts)


@cache
def source(path: Path) -> str:
    """Return the text of a file of the tree."""
    return (ROOT / path).read_text(encoding="utf-8")


def layer(path: Path) -> str:
    """Return the layer a module belongs to: 'domain', 'actions', 'http', …, or '' outside the layers."""
    parts = path.with_suffix("").parts
    if parts[0] in APPS:
        return parts[1]
    if parts[:2] == ("chukan", "controls") and len(parts) > 3:  # chukan/controls/<name>/<layer>
        return parts[3]
    return ""


def modules_of(*layers: str) -> Iterator[Path]:
    """Yield the modules of the given layers."""
    for path in product_files():
        if layer(path) in layers and path.name != "__init__.py":
            yield path


def snake(name: str) -> str:
    """Return CamelCase as snake_case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield the functions a module offers."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def decorator_names(node: ast.FunctionDef) -> list[str]:
    """Return the last word of every decorator."""
    names = []
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.append(target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", ""))
    return names


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` of an attribute chain, '' for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""
