"""A process that leads a pilot to and fro and tells the registry is killed at random moments: chain and log agree each time,
and the next one makes good what was not told."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from sandbox.domain.act_fields import parse_act
from sandbox.service import Sandbox
from sandbox.settings import Settings
from tests.cases.stage import FIRM, REGULATOR, ROOT, SLUG

KILLS = 8
STATES = ("submitted", "under_review", "draft")
WAY = (("under_review", REGULATOR), ("draft", REGULATOR), ("submitted", FIRM))


def wander(home: Path, answers: int) -> None:
    """Moves on from wherever the pilot stands, and tells the registry of each move, until killed; a byte before each."""
    with Sandbox.open(Settings(), home) as sandbox:
        start = STATES.index(sandbox.dossier(SLUG).dossier.state.value)
        for to, by in itertools.islice(itertools.cycle(WAY), start, None):
            os.write(answers, b".")
            sandbox.act(SLUG, parse_act("transition", {"to": to, "reason": "to and fro"}), by)
            sandbox.sync_registry(SLUG)


def kill_while_wandering(home: Path, chance: random.Random) -> None:
    """Kills it in the middle of its second move or a later one."""
    reading, writing = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=wander, args=(home, writing))
    process.start()
    os.close(writing)
    for _ in range(chance.randrange(2, 4)):
        assert os.read(reading, 1) == b"."
    time.sleep(chance.uniform(0, 0.15))
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    os.close(reading)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.slow
def test_whenever_it_is_killed_chain_and_log_agree_and_the_rest_is_told_the_next_time(tmp_path: Path) -> None:
    home, chance, untold, moves = tmp_path / "home", random.Random(7), 0, 0
    with Sandbox.open(Settings(cache=tmp_path / "compiled"), home) as sandbox:
        sandbox.submit(ROOT / "scenarios" / SLUG)
        sandbox.sync_registry()
    for _ in range(KILLS):
        kill_while_wandering(home, chance)
        with Sandbox.open(Settings(), home) as sandbox:
            assert sandbox.verify_logs()[-1].startswith("holds: registry")
            untold += len(sandbox.sync_registry())
            found = sandbox.on_chain(SLUG)
            assert found is not None and found.current
            moves = len(sandbox.dossier(SLUG).dossier.history)
    assert moves > KILLS, "each got to move at least once"
    assert untold <= KILLS, "at most the last move before each kill"
