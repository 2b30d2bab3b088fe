"""The way of the sandbox's own transactions: each a block of its own, stored with what the log tells of it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from sandbox.chain.chain import Receipt
from sandbox.chain.durable import DurableChain
from sandbox.engines.archive import Archive
from sandbox.engines.base import Block
from sandbox.engines.blobs import Sidecar
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError, SandboxError
from sandbox.rpc.pool import Pool

Tell = Callable[[Connection, Receipt, Block], None]
"""Writes what a transaction means into the log, in the database transaction of its block."""


class OwnInbox(Pool):
    """An `Inbox` for one account that nobody supervises: the supervisor's. failure: why the last transaction was not stored."""

    def __init__(self, chain: DurableChain, archive: Archive, tell: Tell) -> None:
        super().__init__(archive)
        self._chain = chain
        self._tell = tell
        self.failure: SandboxError | None = None

    def admit(self, transaction: WireTransaction, sidecar: Sidecar | None = None) -> bytes:
        """Execute a transaction, seal its block and store both. Raises Rejected, InputError (also where the EVM rolls it
        back), EngineError, Conflict; then nothing has happened."""
        digest = super().admit(transaction, sidecar)
        self.drop(digest)
        try:
            self._take(transaction)
        except SandboxError as error:
            self.failure = error
            raise
        return digest

    def _take(self, transaction: WireTransaction) -> None:
        with self._chain.anchor() as keep:
            effects = self._chain.send(transaction.raw)
            if effects.reverted is not None:
                raise InputError(f"the transaction was rolled back: {effects.reverted}")
            keep()
        block = self._chain.seal()
        (receipt,) = self._chain.receipts(block.number)
        with self._chain.recording() as connection:
            self._tell(connection, receipt, block)
