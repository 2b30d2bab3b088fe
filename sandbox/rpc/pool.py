"""Transactions that wait, with the checks a node makes before it keeps one."""

from __future__ import annotations

from collections import deque
from typing import Final

from sandbox.domain.units import Address
from sandbox.engines.archive import Archive
from sandbox.engines.blobs import Sidecar, unwrap, verify
from sandbox.engines.wire import WireTransaction
from sandbox.errors import Rejected
from sandbox.rpc.node import By

MOST_WAITING: Final = 4_096
MOST_BYTES: Final = 131_072
_REMEMBERED: Final = 10_000
_BUMP_PERCENT: Final = 10
_BLOB_GAS: Final = 2**17


class Pool:
    """Keeps what was sent to a chain that makes no blocks itself (an `Inbox`)."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._waiting: dict[Address, dict[int, WireTransaction]] = {}
        self._by_hash: dict[bytes, WireTransaction] = {}
        self._arrived: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._arrivals = 0

    def submit(self, raw: bytes) -> bytes:
        """Check a transaction and keep it. Raises Rejected, InputError."""
        return self.admit(*unwrap(raw))

    def admit(self, transaction: WireTransaction, sidecar: Sidecar | None = None) -> bytes:
        """The same for one that was decoded already."""
        if transaction.hash in self._by_hash:
            raise Rejected("known", "already known")
        self._check(transaction)
        verify(transaction, sidecar)
        self._keep(transaction)
        return transaction.hash

    def drop(self, digest: bytes) -> bool:
        """Forget a waiting transaction; False if none was."""
        sent = self._by_hash.pop(digest, None)
        if sent is None:
            return False
        waiting = self._waiting[sent.sender]
        waiting.pop(sent.nonce, None)
        if not waiting:
            del self._waiting[sent.sender]
        return True

    def find(self, digest: bytes) -> WireTransaction | None:
        """A waiting transaction by its hash."""
        return self._by_hash.get(digest)

    def nonce(self, address: Address) -> int | None:
        """The nonce after those that could be in the next block."""
        ready = self.pending().get(address)
        return ready[-1].nonce + 1 if ready else None

    def pending(self) -> By:
        """Those without a gap before them."""
        return {who: ready for who in self._waiting if (ready := self._ready(who))}

    def queued(self) -> By:
        """Those behind a gap."""
        result = {}
        for who, waiting in self._waiting.items():
            ready = len(self._ready(who))
            behind = tuple(waiting[nonce] for nonce in sorted(waiting))[ready:]
            if behind:
                result[who] = behind
        return result

    def arrivals(self) -> int:
        """How many ever arrived."""
        return self._arrivals

    def since(self, arrival: int) -> tuple[bytes, ...]:
        """Hashes of those that arrived after so many others."""
        fresh = min(self._arrivals - arrival, len(self._arrived))
        return tuple(self._arrived)[-fresh:] if fresh > 0 else ()

    def _ready(self, who: Address) -> tuple[WireTransaction, ...]:
        waiting, nonce = self._waiting[who], self._archive.state(self._archive.head).nonce(who)
        ready = []
        while nonce in waiting:
            ready.append(waiting[nonce])
            nonce += 1
        return tuple(ready)

    def _check(self, sent: WireTransaction) -> None:
        head = self._archive.head
        state = self._archive.state(head)
        if len(sent.raw) > MOST_BYTES:
            raise Rejected("size", f"oversized data: transaction size {len(sent.raw)}, limit {MOST_BYTES}")
        if sent.chain_id not in (None, self._archive.chain_id):
            raise Rejected("chain", f"invalid chain id for signer: have {sent.chain_id} want {self._archive.chain_id}")
        if not sent.low_s:
            raise Rejected("signature", "invalid transaction v, r, s values")
        if sent.gas > self._block_gas():
            raise Rejected("gas_limit", f"exceeds block gas limit: {sent.gas} > {self._block_gas()}")
        if sent.tip_cap > sent.fee_cap:
            raise Rejected("tip_above_cap", "max priority fee per gas higher than max fee per gas")
        nonce = state.nonce(sent.sender)
        if sent.nonce < nonce:
            raise Rejected("nonce_low", f"nonce too low: next nonce {nonce}, tx nonce {sent.nonce}")
        price = self._archive.blob_base_fee(head, following=True)
        if sent.blob_hashes and (price is None or (sent.blob_fee or 0) < price):
            raise Rejected("blob_fee", f"max fee per blob gas less than block blob gas fee: {sent.blob_fee} < {price}")
        self._check_cost(sent, state.balance(sent.sender))

    def _block_gas(self) -> int:
        return self._archive.head.gas_limit

    def _check_cost(self, sent: WireTransaction, balance: int) -> None:
        least = self._archive.least_gas(self._archive.head, sent)
        if sent.gas < least:
            raise Rejected("intrinsic_gas", f"intrinsic gas too low: gas {sent.gas}, minimum needed {least}")
        cost = sent.gas * sent.fee_cap + sent.value + _BLOB_GAS * len(sent.blob_hashes) * (sent.blob_fee or 0)
        if balance < cost:
            raise Rejected("funds", f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")

    def _keep(self, sent: WireTransaction) -> None:
        waiting = self._waiting.setdefault(sent.sender, {})
        before = waiting.get(sent.nonce)
        if before is not None:
            least = (100 + _BUMP_PERCENT) * before.fee_cap
            if 100 * sent.fee_cap < least or 100 * sent.tip_cap < (100 + _BUMP_PERCENT) * before.tip_cap:
                raise Rejected("underpriced", "replacement transaction underpriced")
            del self._by_hash[before.hash]
        elif len(self._by_hash) >= MOST_WAITING:
            raise Rejected("full", "txpool is full")
        waiting[sent.nonce] = sent
        self._by_hash[sent.hash] = sent
        self._arrived.append(sent.hash)
        self._arrivals += 1
