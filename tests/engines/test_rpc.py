"""The rpc engine keeps the contract on Anvil, leaves a node as it found it, and says what a node lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.engines import Remote, create
from sandbox.engines.base import ChainEngine, Genesis
from sandbox.errors import EngineError
from tests.engines.assembler import LOOP
from tests.engines.contract import ChainEngineContract, at, genesis

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

    def test_a_call_without_end_ends_at_the_time_budget_too(self) -> None:
        """A node may burn all the gas sooner than that: then the call ends like any other."""
        engine = self.make(genesis(LOOP), seconds=0.2)
        try:
            assert engine.call(at(0), b"", gas=30_000_000).error == "OutOfGas"
        except EngineError as error:
            assert "time budget" in error.what
