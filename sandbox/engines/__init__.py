"""EVM engines behind one protocol. Importing this package imports none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.engines.base import Block, ChainEngine, DurableEngine, Genesis, Store
from sandbox.errors import InputError

if TYPE_CHECKING:
    from sandbox.engines.agreeing import Agreeing, Witness
    from sandbox.engines.rpc.engine import RpcEngine


@dataclass(frozen=True, slots=True)
class Remote:
    """Where the node of engine `rpc` is. url: of one that runs; None starts an Anvil. node_modules: folder of npm packages that
    may hold it. judged: trace everything a limit may ask about."""

    url: str | None = None
    node_modules: Path | None = None
    judged: bool = True


Maker = Callable[[Genesis, int, float, Remote], ChainEngine]


def _pyevm(genesis: Genesis, gas_limit: int, seconds: float, _remote: Remote) -> ChainEngine:
    from sandbox.engines.pyevm.engine import PyEvmEngine

    return PyEvmEngine(genesis, gas_limit=gas_limit, seconds=seconds)


def _rpc(genesis: Genesis, gas_limit: int, seconds: float, remote: Remote) -> RpcEngine:
    from sandbox.engines.rpc.opening import opened

    return opened(genesis, gas_limit, seconds, remote.url, remote.node_modules, judged=remote.judged)


ENGINES: Final[dict[str, Maker]] = {"pyevm": _pyevm, "rpc": _rpc}
"""How each engine is made: (genesis, most gas per transaction, seconds per transaction, where a node is)."""


def create(
    name: str, genesis: Genesis, *, gas_limit: int = 30_000_000, seconds: float = 10.0, remote: Remote | None = None
) -> ChainEngine:
    """A fresh chain on the named engine. Raises InputError for a name that is not in `ENGINES`, and what making it raises."""
    maker = ENGINES.get(name)
    if maker is None:
        raise InputError(f"there is no engine {name!r}", do=f"choose one of {', '.join(sorted(ENGINES))}")
    return maker(genesis, gas_limit, seconds, remote or Remote())


WITNESSES: Final[dict[str, Callable[[Genesis, int, float, Remote], Witness]]] = {"rpc": _rpc}
"""How engines are made that another one can be compared with: as in `ENGINES`."""


def agreeing(
    name: str,
    second: str,
    genesis: Genesis,
    *,
    gas_limit: int = 30_000_000,
    seconds: float = 10.0,
    remote: Remote | None = None,
) -> Agreeing:
    """A fresh chain on the engine `name` and on a second one, which must agree. Raises InputError for engines that cannot be
    compared, and what making them raises."""
    from sandbox.engines.agreeing import Agreeing

    maker = WITNESSES.get(second)
    if maker is None or name == second:
        others = ", ".join(sorted(WITNESSES.keys() - {name})) or "none"
        raise InputError(f"engine {name!r} cannot be compared with {second!r}", do=f"it can be with: {others}")
    first = create(name, genesis, gas_limit=gas_limit, seconds=seconds, remote=remote)
    try:
        other = maker(genesis, gas_limit, seconds, replace(remote or Remote(), judged=False))
    except BaseException:
        first.close()
        raise
    try:
        return Agreeing(first, other, genesis)
    except BaseException:
        other.close()
        first.close()
        raise


def _durable_pyevm(genesis: Genesis, store: Store, head: Block | None, gas_limit: int, seconds: float) -> DurableEngine:
    from sandbox.engines.pyevm.engine import PyEvmEngine

    return PyEvmEngine(genesis, store=store, head=head, gas_limit=gas_limit, seconds=seconds)


DURABLE: Final[dict[str, Callable[[Genesis, Store, Block | None, int, float], DurableEngine]]] = {"pyevm": _durable_pyevm}
"""How engines that can live on a store are made: (genesis, store, head to go on from, gas and seconds per transaction)."""


def durable(
    name: str, genesis: Genesis, store: Store, head: Block | None = None, *, gas_limit: int = 30_000_000, seconds: float = 10.0
) -> DurableEngine:
    """A chain on a store: a fresh one, or the one the store holds, from `head` on. Raises InputError for an engine that cannot
    live on a store."""
    maker = DURABLE.get(name)
    if maker is None:
        raise InputError(f"engine {name!r} keeps no durable chain", do=f"choose one of {', '.join(sorted(DURABLE))}")
    return maker(genesis, store, head, gas_limit, seconds)
