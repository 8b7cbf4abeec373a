import ast
from collections.abc import Callable
from pathlib import Path

from tests.architecture.tree import dotted, layer, product_files, source

CLOCK_HOMES = (
    "chukan/kernel/clock.py",
    "chukan/kernel/values/uuid7.py",  # the time inside an identifier orders rows; it is never business time
)
WALL_CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "timezone.now",
    "timezone.localdate",
}
OUR_CLOCK = {"clock.now", "clock.today_jst"}
# Layers that are told the time; entry points (http, tasks, management, views, middleware, commands) may ask for it.
TOLD_THE_TIME = {"domain", "formats", "models", "events", "queries", "actions", "gateways", "public"}

DISPATCH = {"delay", "apply_async", "send_task"}
DISPATCH_HOMES = ("chukan/kernel/outbox/", "chukan/celery.py", "shikaku/tasks.py")

HTTP_CLIENTS = {"httpx", "requests", "urllib3", "aiohttp", "http.client", "urllib.request"}
HTTP_HOMES = ("chukan/outside/", "chukan/embedded/")

TRANSACTION_HOMES = (
    "chukan/kernel/transactions.py",
    "chukan/kernel/crypto/key_table.py",  # on_commit: a process may remember a key that can no longer be rolled back
)


def _calls(text: str) -> set[str]:
    return {dotted(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}


def _imports(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def reads_wall_clock(path: Path, text: str) -> list[str]:
    """Say where the system clock is read outside its home."""
    return [] if path.as_posix() in CLOCK_HOMES else sorted(_calls(text) & WALL_CLOCK)


def asks_for_the_time(path: Path, text: str) -> list[str]:
    """Say where a layer that must be told the time asks for it."""
    return sorted(_calls(text) & OUR_CLOCK) if layer(path) in TOLD_THE_TIME else []


def dispatches_tasks(path: Path, text: str) -> list[str]:
    """Say where a task is sent to the broker outside the relay and the bell of a job."""
    if path.as_posix().startswith(DISPATCH_HOMES):
        return []
    return sorted(call for call in _calls(text) if call.rpartition(".")[2] in DISPATCH)


def calls_out(path: Path, text: str) -> list[str]:
    """Say where an HTTP client is imported outside the lines out."""
    return [] if path.as_posix().startswith(HTTP_HOMES) else sorted(_imports(text) & HTTP_CLIENTS)


def opens_transactions(path: Path, text: str) -> list[str]:
    """Say where a transaction is opened outside transactions.py."""
    if path.as_posix() in TRANSACTION_HOMES:
        return []
    named = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)} & {
        "atomic",
        "on_commit",
    }
    imported = {
        name for name in _imports(text) if name in {"django.db.transaction.atomic", "django.db.transaction.on_commit"}
    }
    return sorted(named | imported)


Rule = Callable[[Path, str], list[str]]


def broken(rule: Rule) -> dict[str, list[str]]:
    found = {path.as_posix(): rule(path, source(path)) for path in product_files()}
    return {path: what for path, what in found.items() if what}


def test_only_the_clock_module_reads_the_clock() -> None:
    assert broken(reads_wall_clock) == {}


def test_only_entry_points_ask_for_the_time() -> None:
    assert broken(asks_for_the_time) == {}


def test_only_the_relay_sends_tasks() -> None:
    assert broken(dispatches_tasks) == {}


def test_only_outside_has_an_http_client() -> None:
    assert broken(calls_out) == {}


def test_only_transactions_py_opens_transactions() -> None:
    assert broken(opens_transactions) == {}


ACTION = Path("shikaku/actions/example.py")


def test_example_action_that_is_told_everything_passes() -> None:
    text = "from chukan.kernel.transactions import own_transaction\n@own_transaction\ndef f(*, by, now): return now\n"

    assert [rule(ACTION, text) for rule in (reads_wall_clock, asks_for_the_time, dispatches_tasks, calls_out)] == [
        []
    ] * 4
    assert opens_transactions(ACTION, text) == []


def test_example_each_rule_refuses_its_bad_example() -> None:
    assert reads_wall_clock(ACTION, "from django.utils import timezone\ntimezone.now()\n") == ["timezone.now"]
    assert asks_for_the_time(ACTION, "from chukan.kernel import clock\nclock.now()\n") == ["clock.now"]
    assert dispatches_tasks(ACTION, "process_toroku_file.delay(1)\n") == ["process_toroku_file.delay"]
    assert calls_out(ACTION, "import httpx\n") == ["httpx"]
    assert opens_transactions(ACTION, "from django.db import transaction\nwith transaction.atomic(): pass\n") == [
        "atomic"
    ]


def test_example_entry_point_may_ask_for_the_time() -> None:
    assert (
        asks_for_the_time(Path("shikaku/http/terminal_views.py"), "from chukan.kernel import clock\nclock.now()\n")
        == []
    )
