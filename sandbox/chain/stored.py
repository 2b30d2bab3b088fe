"""A chain's sealed blocks in the database: new ones wait in memory for their transaction, old ones are looked up one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.chain.receipts import Receipt, decode, encode
from sandbox.engines.base import Block
from sandbox.engines.wire import Header
from sandbox.errors import InputError, VerificationFailed
from sandbox.storage.chain_blocks import BlockRepository, BlockRow, LogRow, TransactionRow
from sandbox.storage.database import Reader

Sealed = tuple[Block, tuple[Receipt, ...]]


class StoredHistory:
    """Sealed blocks of one chain. chain: its number in the database."""

    def __init__(self, reader: Reader, chain: int) -> None:
        self._reader = reader
        self._chain = chain
        self._fresh: list[Sealed] = []
        self._handed: list[Sealed] = []
        self.reload()

    @property
    def head(self) -> Block:
        """The last block."""
        return self._head

    def add(self, block: Block, receipts: tuple[Receipt, ...]) -> None:
        """Put a block on top."""
        self._fresh.append((block, receipts))
        self._head = block

    def block(self, key: int | bytes) -> Block | None:
        """A block by number or hash."""
        for block, _ in self._recent():
            if key in (block.number, block.hash):
                return block
        with self._reader.look() as connection:
            return stored_block(BlockRepository(connection, self._chain), key)

    def receipts(self, number: int) -> tuple[Receipt, ...]:
        """Receipts of a block."""
        for block, receipts in self._recent():
            if block.number == number:
                return receipts
        with self._reader.look() as connection:
            found = BlockRepository(connection, self._chain).transactions(number)
        return tuple(decode(one.hash, one.raw, one.receipt) for one in found)

    def receipt(self, digest: bytes) -> Receipt | None:
        """Receipt of a transaction by its hash."""
        for _, receipts in self._recent():
            for receipt in receipts:
                if receipt.hash == digest:
                    return receipt
        with self._reader.look() as connection:
            found = BlockRepository(connection, self._chain).transaction(digest)
        return None if found is None else decode(found.hash, found.raw, found.receipt)

    @property
    def waiting(self) -> bool:
        """True if there are blocks the database does not have for certain."""
        return bool(self._fresh or self._handed)

    def hand_over(self) -> list[BlockRow]:
        """The new blocks, to be written; they stay readable until `settle` or `reload`."""
        fresh, self._fresh = self._fresh, []
        self._handed += fresh
        return [_row(block, receipts) for block, receipts in fresh]

    def settle(self) -> None:
        """What was handed over is in the database now."""
        self._handed = []

    def reload(self, blocks: BlockRepository | None = None) -> Block:
        """What is not in the database is no more; the head is the last block there is, which is returned. blocks: to read what
        somebody is still writing. Raises VerificationFailed if there is none."""
        self._fresh, self._handed = [], []
        with self._reader.look() as connection:
            known = blocks or BlockRepository(connection, self._chain)
            found = stored_block(known, known.highest())
        if found is None:
            raise VerificationFailed("a chain has lost its blocks", do="restore the database from a backup")
        self._head = found
        return found

    def _recent(self) -> Iterator[Sealed]:
        yield from reversed(self._fresh)
        yield from reversed(self._handed)


def stored_block(blocks: BlockRepository, key: int | bytes) -> Block | None:
    """A block by number or hash, as it is stored. Raises VerificationFailed if what is stored is no block."""
    found = blocks.block(key)
    if found is None:
        return None
    number, raw = found
    try:
        header = Header.decode(raw)
    except InputError as error:
        raise VerificationFailed(f"block {number} is damaged: {error.what}", do="restore the database from a backup") from error
    return _block(header, raw, blocks.transactions(number))


def _block(header: Header, raw: bytes, transactions: Iterable[TransactionRow]) -> Block:
    rows = tuple(transactions)
    return Block(
        number=header.number,
        hash=header.hash,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        state_root=header.state_root,
        transactions_root=header.transactions_root,
        receipts_root=header.receipts_root,
        logs_bloom=header.logs_bloom,
        gas_limit=header.gas_limit,
        gas_used=header.gas_used,
        base_fee=header.base_fee or 0,
        coinbase=header.coinbase,
        mix_hash=header.mix_hash,
        header=raw,
        transactions=tuple(row.hash for row in rows),
        raw=tuple(row.raw for row in rows),
    )


def _row(block: Block, receipts: tuple[Receipt, ...]) -> BlockRow:
    transactions = tuple(TransactionRow(one.hash, one.raw, encode(one), tuple(_logs(one))) for one in receipts)
    return BlockRow(block.number, block.hash, block.timestamp, block.header, transactions)


def _logs(receipt: Receipt) -> Iterator[LogRow]:
    for log in receipt.logs:
        yield LogRow(receipt.first_log + log.index, bytes.fromhex(log.address[2:]), log.topics)
