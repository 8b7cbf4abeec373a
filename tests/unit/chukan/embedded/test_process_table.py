"""The demo and docker-compose.yml run the same processes."""

from __future__ import annotations

import re
from pathlib import Path

from chukan.embedded.process_table import PROCESSES

COMPOSE = (Path(__file__).resolve().parents[4] / "docker-compose.yml").read_text(encoding="utf-8")


def test_every_process_of_the_demo_is_a_service_of_docker_compose() -> None:
    services = set(re.findall(r"(?m)^  ([a-z_]+):$", COMPOSE.partition("\nservices:\n")[2]))

    assert {process.name for process in PROCESSES} <= services


def test_docker_compose_publishes_on_loopback_only() -> None:
    published = re.findall(r"ports: \[(.*)\]", COMPOSE)

    assert published
    assert all(port.startswith('"127.0.0.1:') for port in published)


def test_docker_compose_runs_postgresql_18_and_redis() -> None:
    assert "image: postgres:18\n" in COMPOSE
    assert "image: redis:8\n" in COMPOSE
