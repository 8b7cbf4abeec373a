"""F-api: whatever is sent to any operation of the published contract, the answer is one the contract promises."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from chukan.embedded.process_table import ROOT
from simulators.client.keys import ClientKey
from tests.builders.calls import ASK, RECEIVE, REGISTER, origin_of, told_file, told_json
from tests.builders.lines import file_text, message
from tests.builders.signed import Draft, Sender, honest
from tests.plugins_figures import Proof
from tests.support.fugo import all_sent, an_nws, requests_made
from tests.support.machines import new_machine
from tests.support.pmh import a_pmh
from tests.support.web_process import python, running_web
from tests.support.wire import Wire, line_to
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
# All of Schemathesis' checks but three: nothing of the contract is deleted (`use_after_free`), it links no operation to
# another (`ensure_resource_availability` looks at what a link led to), `object_level_authorization` knows callers by
# a password or a token alone: whose data a caller sees is proved by F-isolation, for every route and kind of caller.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
    "unsupported_method", "allow_header_conformance", "ignored_auth",
)  # fmt: skip
CONTRACT = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": {int(status) for status in operation["responses"]}
    for path, operations in CONTRACT["paths"].items()
    for method, operation in operations.items()
}
STATE = "/api/v1/fugo/jotai"
PERSONS = 5
KEPT = 3  # more persons, whose registration nothing ends: somebody is insured at the end as well


@dataclass
class Examined:
    """What Schemathesis found: its exit code, its words without any number of twelve digits, its tally and report."""

    code: int
    words: str
    tally: Counter[str]
    report: dict[str, Any]

    @property
    def failures(self) -> int:
        """How often a check failed or could not be made."""
        return sum(one["count"] for one in (*self.report["failures"], *self.report["errors"]))

    @property
    def is_whole(self) -> bool:
        """Whether it went to its end, over every operation, with every check."""
        tested = self.report["operations"]["tested"]
        return bool(self.report["complete"]) and tested == len(OPERATIONS)


def examine(
    world: World, port: int, folder: Path, *, seed: int, examples: int, phases: str, more: tuple[str, ...] = ()
) -> Examined:
    """Hold the web process against the published contract, signing as systems registered here."""
    told = world_of(world, port, folder, random.Random(seed))
    (folder / "world.json").write_text(json.dumps(told), encoding="utf-8")
    report = folder / "report.json"
    done = python(
        *("-m", "schemathesis.cli", "--config-file", str(ROOT / "tests" / "support" / "contract.toml")),
        *("run", str(ROOT / "docs" / "openapi.yaml"), "--url", origin_of(port)),
        *("--checks", ",".join(CHECKS), "--phases", phases, "--seed", str(seed), "--max-examples", str(examples)),
        *("--generation-database", "none", "--suppress-health-check", "all", "--no-color", *more),
        *("--report", "json", "--report-json-path", str(report)),
        environment={
            "SCHEMATHESIS_HOOKS": "tests.support.contract_hooks",
            "CONTRACT_WORLD": str(folder / "world.json"),
        },
        folder=folder,
        seconds=4 * 3600,
    )
    tally = folder / "tally.json"
    counted = json.loads(tally.read_text(encoding="utf-8")) if tally.exists() else {}
    words = re.sub(r"[0-9]{12}", "*" * 12, done.stdout + done.stderr)
    assert report.exists(), words
    return Examined(done.returncode, words, Counter(counted), json.loads(report.read_text(encoding="utf-8")))


def world_of(world: World, port: int, folder: Path, dice: random.Random) -> dict[str, Any]:
    """Register a system of each kind and some persons, ask for their codes; return what the hooks are told of them."""
    clients = {}
    senders = {}
    machines = {
        "hokensha": new_machine(world, kind="hokensha", hokensha=("06132013",)),
        "onshi": new_machine(world, kind="onshi", hokensha=()),
        "pmh": a_pmh(world),
        "nws": an_nws(world),
    }
    for kind, machine in machines.items():
        ClientKey("k1", machine.keys["k1"]).save(folder / f"{kind}.json")
        clients[kind] = {"client_id": machine.client_id, "key": str(folder / f"{kind}.json")}
        senders[kind] = Sender(machine.client_id, machine.keys["k1"])

    def take(asked: Wire) -> str:
        draft = Draft("", senders["hokensha"], origin_of(port), asked, frozenset())
        reply = door(honest(draft, dice, datetime.now(UTC)))
        assert reply.status in {201, 202}, (reply.status, reply.code)
        return str(json.loads(reply.body)["uketsuke_bango"])

    with line_to(port) as door:
        uketsuke = [
            take(told_json(REGISTER, port, message(n), Idempotency_Key=f"world-{n}"))
            for n in range(1, PERSONS + KEPT + 1)
        ]
        uketsuke.append(take(told_file(port, file_text([message(PERSONS + KEPT + 1)]).encode(), "world-file")))
    with as_role(world, "worker"):
        assert requests_made() > 0
        all_sent(world, now=datetime.now(UTC))
    with world.admin() as admin:
        soshin = [row[0] for row in admin.execute("SELECT soshin_bango::text FROM shikaku_onshi_soshin")]
        fugo = [row[0] for row in admin.execute("SELECT shori_tsuban::text FROM fugo_shutoku_yokyu")]
    return {
        "clients": clients,
        "uketsuke": uketsuke,
        "soshin": soshin,
        "fugo": fugo,
        "persons": PERSONS,
        "kept": KEPT,
        "tally": str(folder / "tally.json"),
    }


class TestContract:
    def test_it_holds_whatever_is_sent(self, world: World, port: int, tmp_path: Path, proof: Proof) -> None:
        found = examine(
            world, port, tmp_path, seed=proof.seed, examples=proof.at(ci=40, full=2000),
            phases="examples,coverage,fuzzing,stateful",
        )  # fmt: skip
        failed = sum(count for told, count in found.tally.items() if told.split()[-1].startswith("5"))
        print(f"{found.tally.total()} calls of {len(OPERATIONS)} operations, {failed} × 5xx, exit {found.code}")
        of = f"of {found.tally.total()} calls"
        proof.keep("F-api", "answers 5xx", failed, unit=of, aim="0", reached=failed == 0)
        proof.keep(
            "F-api", "contract failures", found.failures, unit=of, aim="0", reached=found.failures == 0,
            note=f"{len(CHECKS)} checks of each answer",
        )  # fmt: skip

        assert found.failures == 0, found.words
        assert found.is_whole, found.report
        assert found.code == 0, found.words
        assert failed == 0
        for operation, statuses in OPERATIONS.items():
            for status in statuses & {200, 201, 202, 204}:
                assert found.tally[f"{operation} {status}"], f"{operation} never answered {status}"

    @pytest.mark.parametrize(
        ("query", "headers", "status"),
        [("?cursor=" + "a" * 9_000, {}, 414), ("", {"X-Request-ID": "a" * 9_000}, 431)],
    )
    def test_what_the_server_refuses_by_itself_is_promised_too(
        self, port: int, query: str, headers: dict[str, str], status: int
    ) -> None:
        answer = httpx.get(f"{origin_of(port)}{STATE}{query}", headers=headers, trust_env=False, timeout=30)

        promised = CONTRACT["paths"][STATE]["get"]["responses"][str(status)]["content"]
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, *promised)
        assert "aaa" not in answer.text

    @pytest.mark.parametrize(
        ("how", "path", "phases", "told"),
        [
            ("field", ASK, "fuzzing", "Response violates schema"),
            ("status", f"{RECEIVE}/{{uketsuke_bango}}", "fuzzing", "Server error"),
            ("silent", ASK, "coverage", "Schema-violating request accepted"),
            ("strict", ASK, "fuzzing", "Schema-valid request rejected"),
            ("keyless", RECEIVE, "coverage", "Missing required header accepted"),
            ("allow", ASK, "coverage", "Allow header mismatch"),
        ],
    )
    def test_an_answer_that_is_not_as_promised_is_caught(  # noqa: PLR0917  # what pytest gives
        self, world: World, tmp_path: Path, how: str, path: str, phases: str, told: str
    ) -> None:
        with running_web(world, tmp_path, bent={"BENT_ANSWER": how}) as port:
            found = examine(world, port, tmp_path, seed=1, examples=10, phases=phases, more=("--include-path", path))

        assert found.failures > 0, found.words
        assert found.code == 1, found.words
        assert told in found.words, found.words
