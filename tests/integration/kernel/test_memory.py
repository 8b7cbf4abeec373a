"""Every process of the hub keeps its memory to itself."""

from __future__ import annotations

import ast
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.world import ROOT

_PR_GET_DUMPABLE = 3
TELL = f"""
import ctypes, os, resource
import django
{{setup}}
told = (resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl({_PR_GET_DUMPABLE}, 0, 0, 0, 0))
child = os.fork()
if not child:
    same = (resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl({_PR_GET_DUMPABLE}, 0, 0, 0, 0))
    os._exit(0 if same == told else 1)
print((told, os.waitpid(child, 0)[1]))
"""


def told(setup: str, folder: Path) -> object:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    done = subprocess.run(
        [sys.executable, "-c", TELL.format(setup=setup)],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
            "CHUKAN_HOME": str(folder),
            "PYTHONPATH": str(ROOT),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    return ast.literal_eval(done.stdout)


@pytest.mark.kj("KJ-ENC-05")
@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_process_leaves_no_core_and_lets_nobody_look_in(tmp_path: Path) -> None:
    assert told("django.setup()", tmp_path) == (((0, 0), 0), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_without_it_the_memory_could_be_looked_into(tmp_path: Path) -> None:
    """The control seen failing: a process that has not begun as ours does."""
    assert told("", tmp_path) != (((0, 0), 0), 0)
