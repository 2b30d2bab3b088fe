"""Reading a chain out of py-evm's key-value store: any block, its transactions and receipts, and the state after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from eth._utils.address import generate_contract_address
from eth.abc import AtomicDatabaseAPI
from eth.db.schema import SchemaV1
from eth_hash.auto import keccak
from trie import HexaryTrie

from sandbox.domain.units import Address
from sandbox.engines.archive import BlobLimits, Event, ForkRules, FullBlock, FullReceipt, Proof
from sandbox.engines.pyevm.accounts import Accounts
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.gas import base_fee_after, blob_fee, excess_after
from sandbox.engines.pyevm.transactions import number
from sandbox.engines.pyevm.tries import find
from sandbox.engines.rlp_items import address, decoded, encode, padded, quantity
from sandbox.engines.wire import EMPTY_OMMERS, EMPTY_ROOT, Header, WireTransaction, Withdrawal
from sandbox.errors import InputError, NotFound

_CACHED: Final = 512
_HASH: Final = 32
_INLINE: Final = 32
_EMPTY_CODE: Final = bytes(keccak(b""))


class StateAt:
    """The state under one root (see `State`)."""

    def __init__(self, database: AtomicDatabaseAPI, root: bytes) -> None:
        self._database = database
        self._root = root
        self._accounts: Any = Accounts(database, root)

    def balance(self, address: Address) -> int:
        """Wei."""
        return int(self._accounts.get_balance(_raw(address)))

    def nonce(self, address: Address) -> int:
        """Nonce."""
        return int(self._accounts.get_nonce(_raw(address)))

    def code(self, address: Address) -> bytes:
        """Code as stored."""
        return bytes(self._accounts.get_code(_raw(address)))

    def storage(self, address: Address, slot: int) -> int:
        """Value of a slot."""
        return int(self._accounts.get_storage(_raw(address), slot))

    def proof(self, address: Address, slots: Sequence[int]) -> Proof:
        """Proof of an account and of these slots."""
        nodes, value = self._path(self._root, keccak(_raw(address)))
        nonce, balance, storage_root, code_hash = decoded(value, "an account") if value else (b"", b"", EMPTY_ROOT, _EMPTY_CODE)
        paths = []
        for slot in slots:
            path, item = self._path(storage_root, keccak(padded(slot)))
            paths.append((slot, int.from_bytes(_unwrapped(item), "big"), path))
        return Proof(quantity(balance), quantity(nonce), code_hash, storage_root, nodes, tuple(paths))

    def _path(self, root: bytes, key: bytes) -> tuple[tuple[bytes, ...], bytes]:
        if root == EMPTY_ROOT:
            return (), b""
        trie = HexaryTrie(self._database, root)
        encoded = [encode(list(node)) for node in trie.get_proof(key)]
        nodes = [node for at, node in enumerate(encoded) if at == 0 or len(node) >= _INLINE]
        return tuple(nodes), bytes(trie[key])


def _unwrapped(item: bytes) -> bytes:
    """An RLP string without its prefix (a value of at most 32 bytes)."""
    return item if not item or item[0] < 0x80 else item[1:]


def _raw(address: Address) -> bytes:
    return bytes.fromhex(address[2:])


class History:
    """The reading half of an `Archive`. database: laid out as py-evm's `ChainDB` writes it."""

    def __init__(self, database: AtomicDatabaseAPI, config: ChainConfig) -> None:
        self.database = database
        self.config = config
        self.chain_id = config.chain_id
        self.block = lru_cache(maxsize=_CACHED)(self._block)
        self.receipts = lru_cache(maxsize=_CACHED)(self._receipts)

    @property
    def head(self) -> Header:
        """The last sealed block."""
        return Header.decode(self.database[self.database[SchemaV1.make_canonical_head_hash_lookup_key()]])

    def header(self, key: int | bytes) -> Header:
        """Header by number or hash; only of blocks that are part of the chain."""
        try:
            digest = self._canonical(key) if isinstance(key, int) else key
            header = Header.decode(self.database[digest]) if len(digest) == _HASH else None
        except (KeyError, InputError):  # nothing there, or something else than a header
            header = None
        if header is None or header.number > self.head.number or self._canonical(header.number) != header.hash:
            raise NotFound(_missing(key))
        return header

    def place(self, transaction: bytes) -> tuple[int, int]:
        """Number of its block and index in it."""
        try:
            raw = self.database[SchemaV1.make_transaction_hash_to_block_lookup_key(transaction)]
        except KeyError as error:
            raise NotFound(f"there is no transaction 0x{transaction.hex()}") from error
        block, index = decoded(raw, "a place")
        return quantity(block), quantity(index)

    def state(self, header: Header) -> StateAt:
        """The state after a block."""
        return StateAt(self.database, self.root_after(header))

    def root_after(self, header: Header) -> bytes:
        """Root of the state after a block, the one its header names."""
        return header.state_root

    def next_base_fee(self, header: Header) -> int:
        """EIP-1559."""
        return base_fee_after(header) or 0

    def blob_limits(self, timestamp: int) -> BlobLimits | None:
        """In force at a time."""
        return self.config.blob_limits(timestamp)

    def blob_base_fee(self, header: Header, *, following: bool = False) -> int | None:
        """EIP-4844, EIP-7918."""
        limits = self.blob_limits(header.timestamp)
        if limits is None or header.excess_blob_gas is None:
            return None
        osaka = self.config.active("osaka", header.number, header.timestamp)
        return blob_fee(excess_after(header, limits, osaka) if following else header.excess_blob_gas, limits)

    def rules(self, timestamp: int) -> tuple[ForkRules, ForkRules | None, ForkRules | None]:
        """See `Archive`."""
        from sandbox.engines.pyevm.fork_rules import rules_at

        return rules_at(self.config, self.header(0).hash, timestamp)

    def hashes_until(self, header: Header) -> Iterator[bytes]:
        """Hashes of a block and those before it, latest first."""
        yield header.hash
        while header.number:
            header = Header.decode(self.database[header.parent_hash])
            yield header.hash

    def forget(self) -> None:
        """Drop what was kept at hand, after the chain changed."""
        self.block.cache_clear()
        self.receipts.cache_clear()

    def _canonical(self, block: int) -> bytes:
        if block < 0:
            raise NotFound(_missing(block))
        return bytes(_hash_of(self.database[SchemaV1.make_block_number_to_hash_lookup_key(block)]))

    def _block(self, key: int | bytes) -> FullBlock:
        header = self.header(key)
        transactions = list(self._listed(header.transactions_root))
        ommers = decoded(self.database[header.ommers_hash], "ommers") if header.ommers_hash != EMPTY_OMMERS else []
        withdrawals = None
        body: list[Any] = [header.items, [embedded(raw) for raw in transactions], ommers]
        if header.withdrawals_root is not None:
            items = [decoded(raw, "a withdrawal") for raw in self._listed(header.withdrawals_root)]
            withdrawals = tuple(Withdrawal(quantity(i), quantity(v), address(who), quantity(gwei)) for i, v, who, gwei in items)
            body.append(items)
        return FullBlock(
            header,
            tuple(map(WireTransaction.decode, transactions)),
            tuple(keccak(encode(list(one))) for one in ommers),
            withdrawals,
            encode(body),
        )

    def _receipts(self, key: int | bytes) -> tuple[FullReceipt, ...]:
        block = self.block(key)
        price = self.blob_base_fee(block.header)
        return tuple(receipts_of(block, list(self._listed(block.header.receipts_root)), price))

    def _listed(self, root: bytes) -> Iterator[bytes]:
        at = 0
        while item := find(self.database.__getitem__, root, encode(number(at))):
            yield item
            at += 1


def _hash_of(raw: bytes) -> bytes:
    """A hash without its RLP prefix."""
    return raw[1:]


def _missing(key: int | bytes) -> str:
    return f"there is no block {key if isinstance(key, int) else '0x' + key.hex()}"


def embedded(raw: bytes) -> Any:
    """A transaction as it stands in a block: a list for type 0, else a string."""
    return decoded(raw, "a transaction") if raw[0] >= 0xC0 else raw


def receipts_of(block: FullBlock, raws: Sequence[bytes], blob_price: int | None) -> Iterator[FullReceipt]:
    """The receipts of a block, out of the raw ones. blob_price: wei per blob gas in the block."""
    before = first_log = 0
    for index, (transaction, raw) in enumerate(zip(block.transactions, raws, strict=True)):
        outcome, cumulative, bloom, logs = decoded(raw if raw[0] >= 0xC0 else raw[1:], "a receipt")
        spent, creates = quantity(cumulative), transaction.to is None
        sender = _raw(transaction.sender)
        events = tuple(Event(address(who), tuple(topics), data) for who, topics, data in logs)
        yield FullReceipt(
            transaction=transaction,
            index=index,
            status=None if len(outcome) == _HASH else quantity(outcome),
            root=outcome if len(outcome) == _HASH else None,
            cumulative_gas=spent,
            gas_used=spent - before,
            logs_bloom=bloom,
            logs=events,
            first_log=first_log,
            created=address(generate_contract_address(sender, transaction.nonce)) if creates else None,
            price=transaction.price(block.header.base_fee),
            blob_price=blob_price if transaction.blob_hashes else None,
            raw=raw,
        )
        before, first_log = spent, first_log + len(events)
