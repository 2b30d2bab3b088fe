"""From a genesis to an engine over a node: a running one, or an Anvil of our own."""

from __future__ import annotations

from pathlib import Path

from sandbox.engines.base import Genesis
from sandbox.engines.rpc.anvil import Anvil, find
from sandbox.engines.rpc.client import Client
from sandbox.engines.rpc.engine import RpcEngine
from sandbox.engines.rpc.node import Node
from sandbox.engines.rpc.traces import thin


def opened(
    genesis: Genesis, gas_limit: int, seconds: float, url: str | None, node_modules: Path | None, *, judged: bool
) -> RpcEngine:
    """An engine on the node at `url`, or on an Anvil that ends with the engine. seconds: longest an answer may take. judged:
    see `RpcEngine`. Raises MissingDependency where there is no node or it lacks something, InputError for one that does not
    fit."""
    if url is not None:
        client = Client(url, seconds, thin)
        try:
            return RpcEngine(Node(client), genesis, gas_limit=gas_limit, judged=judged)
        except BaseException:
            client.close()
            raise
    anvil = Anvil(find(node_modules), genesis, steps=judged)
    try:
        return RpcEngine(Node(Client(anvil.url, seconds, thin)), genesis, gas_limit=gas_limit, judged=judged, stop=anvil.stop)
    except BaseException:
        anvil.stop()
        raise
