import ast
import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from chukan.kernel.observability.masking import ALLOWED_KEYS, mask_event
from chukan.kernel.values.kojin_bango import KojinBango

NUMBER = "123456789018"
WIDE = "１２３４５６７８９０１８"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
ROOT = Path(__file__).parents[4]


def _logged(**event: object) -> dict[str, object]:
    return dict(mask_event(None, "info", {"event": "shikaku.line.registered", **event}))


class TestMaskEvent:
    def test_lets_ids_counts_and_codes_through(self) -> None:
        event = {
            "event": "shikaku.toroku_block.retried",
            "uketsuke_id": "01890000-0000-7000-8000-000000000001",
            "attempts": 3,
            "route": "api/v1/uketsuke/<str:uketsuke_bango>",
            "partner": "http://127.0.0.1:9001",
            "level": "info",
            "timestamp": "2026-04-01T03:00:00.123456Z",
        }

        assert mask_event(None, "info", dict(event)) == event

    def test_id_may_look_like_a_number_in_part(self) -> None:
        looks_like_one = UUID("01890000-0000-7000-8000-123456789018")

        assert _logged(uketsuke_id=looks_like_one)["uketsuke_id"] == str(looks_like_one)
        assert _logged(uketsuke_id=str(looks_like_one))["uketsuke_id"] == str(looks_like_one)

    def test_drops_unknown_keys_and_says_how_many(self) -> None:
        event = _logged(shimei="見本花子", kojin_bango="x", himozuke_bango=UUID(int=1))

        assert event == {"event": "shikaku.line.registered", "left_out": 3}

    @pytest.mark.parametrize("key", ["shimei_kenmen", "kojin_bango", "hihokensha_edaban", "himozuke_bango", "digest"])
    def test_no_item_of_a_person_is_on_the_list(self, key: str) -> None:
        assert key not in ALLOWED_KEYS

    @pytest.mark.kj("KJ-LOG-09")
    @pytest.mark.parametrize("key", sorted(ALLOWED_KEYS))
    @pytest.mark.parametrize(
        "value",
        [
            NUMBER,
            int(NUMBER),
            WIDE,
            f"a{NUMBER}b",
            "1234-5678-9018",
            [NUMBER],
            {"a": NUMBER},
            NUMBER.encode(),
            (NUMBER,),
        ],
    )
    def test_no_allowed_key_carries_a_number(self, key: str, value: object) -> None:
        line = json.dumps(_logged(**{key: value}), ensure_ascii=False)

        assert NUMBER not in line
        assert WIDE not in line
        assert "1234-5678-9018" not in line

    @pytest.mark.parametrize("key", sorted(ALLOWED_KEYS - {"template"}))
    def test_no_allowed_key_carries_a_name(self, key: str) -> None:
        assert _logged(**{key: "見本花子"})[key] == "****"

    def test_event_is_a_name_not_a_sentence(self) -> None:
        assert mask_event(None, "info", {"event": f"registered {NUMBER}"})["event"] == "unnamed.event.logged"
        assert mask_event(None, "info", {"event": f"a.{NUMBER}"})["event"] == "unnamed.event.logged"

    def test_exception_leaves_class_and_place_only(self) -> None:
        def break_off() -> None:
            raise ValueError(NUMBER)

        with pytest.raises(ValueError, match=NUMBER) as caught:
            break_off()

        event = _logged(exc_info=caught.value)

        assert event["error"] == "ValueError"
        assert isinstance(event["where"], list)
        assert event["where"][-1].endswith(":break_off")
        assert NUMBER not in json.dumps(event)

    def test_wrapped_number_is_masked(self) -> None:
        assert _logged(code=KojinBango.parse(NUMBER))["code"] == "****"


SCRIPT = """
import logging, sys, warnings
import structlog
from chukan.settings import logs

number, wide = sys.argv[1], sys.argv[2]
logs.configure()
log = structlog.get_logger()
library = logging.getLogger("some.library")

def raise_it():
    secret = number
    raise ValueError(f"already exists: {number}")

for level in ("debug", "info", "warning", "error", "critical"):
    write = getattr(log, level)
    write("probe.shape.logged", kojin_bango=number)
    write("probe.shape.logged", code=number, reason=wide, count=int(number), where=[number], error={number: number})
    write(f"probe {number}")
    write("probe %s", number)
    write(number)
    write("probe.shape.logged", request_id=number)
    told = getattr(library, level)
    told("no such person %s", number)
    told(f"no such person {number}")
    told("%(number)s", {"number": number})
    told(number)
    told(ValueError(number))
    told("extra", extra={"number": number, "code": number})
    try:
        raise_it()
    except ValueError:
        write("probe.exception.logged", exc_info=True)
        told("broken %s", number, exc_info=True)
try:
    raise_it()
except ValueError as error:
    log.exception("probe.exception.logged")
    log.error("probe.exception.logged", exc_info=error)
    library.exception("broken")
structlog.contextvars.bind_contextvars(account_id=number, name=number, request_id="r-1")
log.bind(code=number).warning("probe.bound.logged", stack_info=True)
library.warning("stack %s", number, stack_info=True)
logging.captureWarnings(True)
warnings.warn(number)
"""


def _log_keys(path: Path) -> set[str]:
    """Return the keywords of the calls `log.info("…", key=…)` in one file."""
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {
        keyword.arg
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id.lower().lstrip("_") in {"log", "logger"}
        for keyword in call.keywords
        if keyword.arg
    }


class TestLogCalls:
    def test_every_key_that_is_logged_is_on_the_list(self) -> None:
        rooms = ("chukan", "shikaku", "pmh", "fugo", "kiroku", "honnin")
        files = [path for room in rooms for path in (ROOT / room).rglob("*.py")]

        unknown = {str(path.relative_to(ROOT)): _log_keys(path) - ALLOWED_KEYS - {"exc_info"} for path in files}

        assert {path: keys for path, keys in unknown.items() if keys} == {}


class TestTheWholeChain:
    @pytest.mark.kj("KJ-LOG-09")
    def test_no_way_of_calling_a_logger_lets_a_number_out(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, NUMBER, WIDE],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )

        output = done.stdout + done.stderr
        assert done.stdout == "", "standard output belongs to what a command answers"
        lines = [json.loads(line) for line in output.splitlines()]
        # The lines are there, so that an empty output proves nothing by accident.
        assert len(lines) > 40
        assert {"ValueError"} <= {line.get("error") for line in lines if isinstance(line.get("error"), str)}
        assert {"no such person %s"} <= {line.get("template") for line in lines}
        assert NUMBER not in output
        assert WIDE not in output
