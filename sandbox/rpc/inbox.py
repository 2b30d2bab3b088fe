"""Where transactions to a registered pilot's chain go: each takes place at once, in a block of its own, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.engines.archive import Archive
from sandbox.engines.blobs import Sidecar
from sandbox.engines.wire import WireTransaction
from sandbox.errors import Rejected
from sandbox.rpc.pool import Pool

_NOT_TAKEN: Final = {3: "blob transactions", 4: "EIP-7702 authorizations"}
"""Type -> what it is: nobody judges what an authorization signed by somebody else makes of an account."""


class InstantInbox(Pool):
    """An `Inbox` that keeps nothing waiting: what is acknowledged is in a block. take: lets a transaction take place. Raises
    Refused where the supervisor refuses it."""

    def __init__(self, archive: Archive, take: Callable[[WireTransaction], None]) -> None:
        super().__init__(archive)
        self._take = take

    def move(self, archive: Archive) -> None:
        """Check against another archive of the same chain from now on."""
        self._archive = archive

    def admit(self, transaction: WireTransaction, sidecar: Sidecar | None = None) -> bytes:
        """Check a transaction and let it take place. Raises Rejected, InputError, EngineError, Refused."""
        if transaction.kind in _NOT_TAKEN:
            raise Rejected("type", f"{_NOT_TAKEN[transaction.kind]} are not taken under supervision")
        if transaction.chain_id is None:
            raise Rejected("chain", "only replay-protected (EIP-155) transactions are taken")
        self._check(transaction)
        following = self._archive.state(self._archive.head).nonce(transaction.sender)
        if transaction.nonce > following:
            told = f"nonce too high: next nonce {following}, tx nonce {transaction.nonce}; nothing waits here"
            raise Rejected("nonce_high", told)
        base = self._archive.next_base_fee(self._archive.head)
        if transaction.fee_cap < base:
            told = f"maxFeePerGas: {transaction.fee_cap}, baseFee: {base}"
            raise Rejected("fee_cap", f"max fee per gas less than block base fee: address {transaction.sender}, {told}")
        self._take(transaction)
        self._arrived.append(transaction.hash)
        self._arrivals += 1
        return transaction.hash
