"""A supervised chain for web3.py in this process: no port, no server, the same answers as over HTTP.

    provider = SandboxProvider.development(Settings(), pilot=Path("scenarios/sme-equity"))
    web3 = Web3(provider)
    web3.eth.send_transaction({"from": web3.eth.accounts[0], ...})      # refused as on the sandbox: code -32003, findings

What a firm would otherwise test on `EthereumTesterProvider` it tests here under its own limits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from sandbox.cases.node import Development, Holder, Told, in_process
from sandbox.rpc.provider import ServerProvider
from sandbox.rpc.server import Server
from sandbox.settings import Settings


class SandboxProvider(ServerProvider):
    """server: answers, from the table of methods that HTTP has too. accounts: those the chain signs for, with their keys, and
    who the supervisor takes them for."""

    def __init__(self, server: Server, accounts: tuple[Holder, ...] = ()) -> None:
        super().__init__(server)
        self.accounts = accounts

    @classmethod
    def development(cls, settings: Settings, *, pilot: Path | None = None, chain_id: int = 31_337) -> Self:
        """A fresh chain with ten funded accounts and a block for each transaction. pilot: path of a manifest or its folder,
        whose limits judge every transaction; None for no supervision. Raises InputError, SubmissionError for a pilot that
        admission refuses, MissingDependency for a compiler that is not there."""
        return cls(*in_process(Development(chain_id, pilot=pilot), settings, _unheard))


def _unheard(_: Told) -> None:
    """Nobody listens: whoever sends a transaction has its answer."""
