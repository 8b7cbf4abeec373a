"""Golden files: byte-exact inputs and outputs that stand in the repository."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def golden_bytes(name: str) -> bytes:
    """Return the bytes of a golden file."""
    return (GOLDEN / name).read_bytes()


def golden_json(name: str) -> Any:
    """Return the value of a golden JSON file."""
    return json.loads(golden_bytes(name))
