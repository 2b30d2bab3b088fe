"""EVM engines behind one protocol. Importing this package imports none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.engines.base import ChainEngine, Genesis
from sandbox.errors import InputError


def _pyevm(genesis: Genesis, gas_limit: int, seconds: float) -> ChainEngine:
    from sandbox.engines.pyevm.engine import PyEvmEngine

    return PyEvmEngine(genesis, gas_limit=gas_limit, seconds=seconds)


ENGINES: Final[dict[str, Callable[[Genesis, int, float], ChainEngine]]] = {"pyevm": _pyevm}
"""How each engine is made: (genesis, most gas per transaction, seconds per transaction)."""


def create(name: str, genesis: Genesis, *, gas_limit: int = 30_000_000, seconds: float = 10.0) -> ChainEngine:
    """A fresh chain on the named engine. Raises InputError for a name that is not in `ENGINES`."""
    maker = ENGINES.get(name)
    if maker is None:
        raise InputError(f"there is no engine {name!r}", do=f"choose one of {', '.join(sorted(ENGINES))}")
    return maker(genesis, gas_limit, seconds)
