"""Make the keys of the stand-ins and the list of who may call whom, once.

`python -m simulators.shell --home DIR --jichitai 990019 …` writes `DIR/partners.json`, `DIR/keys/NAME.json` and
`DIR/onshi/key.json`.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulators.client import ClientKey, generate_key
from simulators.client.keys import write_jwks


def _systems(jichitai: Sequence[str]) -> list[dict[str, object]]:
    municipalities: list[dict[str, object]] = [
        {
            "setsuzoku_id": f"jichitai-{code}",
            "shurui": "jichitai",
            "jichitai_code": [code],
            "jimu_kubun": ["01", "02", "03"],
        }
        for code in jichitai
    ]
    return [
        *municipalities,
        {
            "setsuzoku_id": "yobosesshu",
            "shurui": "jichitai yobosesshu",
            "jichitai_code": list(jichitai),
            "jimu_kubun": ["02"],
        },
        {"setsuzoku_id": "onshi", "shurui": "onshi"},
        {"setsuzoku_id": "mynaportal", "shurui": "mynaportal"},
        {"setsuzoku_id": "rireki_kaito", "shurui": "rireki_kaito"},
        {"setsuzoku_id": "juki", "shurui": "juki"},
    ]


def _key(path: Path) -> ClientKey:
    """The key of a file, made when it is not there; its public half stands beside it."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        generate_key(kid="k1").save(path)
    key = ClientKey.load(path)
    write_jwks(path.with_suffix(".jwks.json"), [key])
    return key


def make_partners(home: Path, jichitai: Sequence[str]) -> Mapping[str, Path]:
    """Write what is missing; the key file of each system by its 接続ID, the hub's callers as `pmh`, `nws`."""
    systems = _systems(jichitai)
    files = {str(row["setsuzoku_id"]): home / "keys" / f"{row['setsuzoku_id']}.json" for row in systems}
    files |= {"onshi": home / "onshi" / "key.json", "pmh": home / "keys" / "pmh.json"}
    files |= {"nws": home / "keys" / "nws.json"}
    keys = {name: _key(path) for name, path in files.items()}
    listed = [{**row, "keys": [keys[str(row["setsuzoku_id"])].public_jwk()]} for row in systems]
    (home / "partners.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return files


def main(argv: Sequence[str] | None = None) -> int:
    """Make what is missing and say where."""
    parser = argparse.ArgumentParser(prog="python -m simulators.shell", description="模擬どうしの鍵と接続の一覧を作る")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--jichitai", action="append", required=True, help="自治体コード（繰り返す）")
    arguments = parser.parse_args(argv)
    files = make_partners(arguments.home, arguments.jichitai)
    sys.stdout.write(json.dumps({name: str(path) for name, path in files.items()}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
