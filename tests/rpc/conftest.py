"""Nodes in processes of their own, shared by the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.domain.artifact import Artifact
from sandbox.settings import Settings
from sandbox.submissions import check
from tests.rpc.nodes import PILOT, RunningNode, running


def pytest_configure(config: pytest.Config) -> None:
    """web3.py's own tests carry this mark; anyio runs them here."""
    config.addinivalue_line("markers", "asyncio: a coroutine")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("node")


@pytest.fixture(scope="session")
def register(home: Path) -> Artifact:
    """The pilot's contract, as its firm's own tools would deploy it."""
    return check(PILOT / "pilot.yaml", Settings(cache=home / "compiled")).artifacts["Register"]


@pytest.fixture(scope="module")
def plain(home: Path) -> Iterator[RunningNode]:
    """A node without supervision."""
    with running(home) as node:
        yield node


@pytest.fixture(scope="module")
def supervised(home: Path, register: Artifact) -> Iterator[RunningNode]:
    """A node under the limits of the pilot."""
    with running(home, "--pilot", PILOT) as node:
        yield node
