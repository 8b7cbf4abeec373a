"""One running product for all journeys, and the sample file that two of them send."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.sample import Sample, made_sample
from tests.journeys.sent_file import SentFile
from tests.journeys.vaccination import Member, VaccinationWorld
from tests.support.stack import Stack, running_stack

REST_HOKENSHA = "06132013"
PMH_HOKENSHA = "06141014"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Everything, started once."""
    with running_stack(partners=True, exchange=True) as running:
        yield running


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample file of the first insurer with the truth of every line."""
    return made_sample(tmp_path_factory.mktemp("sample"), hokensha=REST_HOKENSHA, seed=1)


@pytest.fixture(scope="session")
def sent_by_rest(stack: Stack, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> SentFile:
    """The sample as the insurer's own system sent it, worked through and delivered; its 処理結果 come at once."""
    stack.register_hokensha(REST_HOKENSHA, bango=REST_HOKENSHA, shubetsu="kenpo_kumiai", meisho="見本健康保険組合")
    system = stack.register_client("hokensha", REST_HOKENSHA)
    stack.delay_results(seconds=0)
    sent = SentFile.send(system, sample, folder=tmp_path_factory.mktemp("rest"))
    stack.wait_for_deliveries(REST_HOKENSHA)
    stack.delay_results()
    return sent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one journey."""
    return tmp_path


@pytest.fixture(scope="session")
def world(stack: Stack) -> VaccinationWorld:
    """The stand-ins of the vaccination world beside the product."""
    return VaccinationWorld(stack)


@pytest.fixture(scope="session")
def members(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> list[Member]:
    """Members of one insurer, registered and delivered; every journey takes some of its own."""
    folder = tmp_path_factory.mktemp("members")
    stack.register_hokensha(PMH_HOKENSHA, bango=PMH_HOKENSHA, shubetsu="kenpo_kumiai", meisho="採番健康保険組合")
    sample = made_sample(folder, hokensha=PMH_HOKENSHA, seed=31, lines=40, errors=0.0, history=0.0)
    sent = SentFile.send(stack.register_client("hokensha", PMH_HOKENSHA), sample, folder=folder)
    stack.wait_for_deliveries(PMH_HOKENSHA)
    with sample.file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {one["処理結果区分"] for one in sent.kekka} == {"1"}
    return [Member(row, PMH_HOKENSHA, result["被保険者枝番"]) for row, result in zip(rows, sent.kekka, strict=True)]
