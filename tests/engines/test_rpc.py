"""The rpc engine keeps the contract on Anvil, leaves a node as it found it, and says what a node lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.engines import Remote, create
from sandbox.engines.base import ChainEngine, Genesis
from tests.engines.contract import ChainEngineContract

ROOT = Path(__file__).resolve().parents[2]
REMOTE = Remote(node_modules=ROOT / "node_modules")


class TestAnvil(ChainEngineContract):
    """Everything every engine does."""

    @pytest.fixture(autouse=True)
    def _closed(self) -> Iterator[None]:
        self.made: list[ChainEngine] = []
        yield
        for engine in self.made:
            engine.close()

    def make(self, genesis: Genesis, *, seconds: float = 30.0) -> ChainEngine:
        self.made.append(create("rpc", genesis, seconds=seconds, remote=REMOTE))
        return self.made[-1]
