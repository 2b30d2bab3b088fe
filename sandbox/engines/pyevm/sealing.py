"""Blocks without detours: the roots, blooms and headers of py-evm's own classes, each computed once.

py-evm's `mine_block` builds both tries twice, validates what it has just made and reads parents back from the database;
here everything is at hand. The result is an ordinary Prague block that anyone's client can import and check.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import rlp
from eth.db.schema import SchemaV1
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.headers import calc_excess_blob_gas_prague
from eth_hash.auto import keccak

from sandbox.engines.pyevm.transactions import number
from sandbox.engines.pyevm.tries import EMPTY_TRIE, changed
from sandbox.engines.rlp_items import encode

_POST_MERGE_NONCE: Final = bytes(8)


@lru_cache(maxsize=8192)
def _bits(item: bytes) -> int:
    digest = keccak(item)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return bits


def bloom_of(entries: Sequence[tuple[bytes, tuple[int, ...], bytes]]) -> int:
    """Bloom filter of a transaction's logs, as py-evm hands them out: (address, topics, data)."""
    bloom = 0
    for address, topics, _ in entries:
        bloom |= _bits(address)
        for topic in topics:
            bloom |= _bits(topic.to_bytes(32, "big"))
    return bloom


def receipt_of(
    type_id: int | None,
    succeeded: bool,
    cumulative_gas: int,
    bloom: int,
    entries: Sequence[tuple[bytes, tuple[int, ...], bytes]],
) -> bytes:
    """A receipt as it goes into the receipts trie (EIP-2718, EIP-658)."""
    logs = [[address, [topic.to_bytes(32, "big") for topic in topics], data] for address, topics, data in entries]
    body = encode([b"\x01" if succeeded else b"", number(cumulative_gas), bloom.to_bytes(256, "big"), logs])
    return body if type_id is None else bytes([type_id]) + body


def ordered_root(items: Sequence[bytes], into: dict[bytes, bytes]) -> bytes:
    """Root of the trie that maps rlp(index) to item; its nodes are added to `into` by hash."""
    return changed(into.__getitem__, EMPTY_TRIE, {encode(number(index)): item for index, item in enumerate(items)}, into)


def next_header(parent: Any, timestamp: int, coinbase: bytes) -> Any:
    """Header of the block on top of `parent`, before its transactions are known. The randomness it shows to contracts
    (`mix_hash`) follows from parent and number, so that a chain can be made again."""
    block_number = parent.block_number + 1
    return PragueBlockHeader(
        difficulty=0,
        block_number=block_number,
        gas_limit=parent.gas_limit,
        timestamp=timestamp,
        coinbase=coinbase,
        parent_hash=parent.hash,
        state_root=parent.state_root,
        mix_hash=keccak(parent.hash + block_number.to_bytes(8, "little")),
        nonce=_POST_MERGE_NONCE,
        base_fee_per_gas=calculate_expected_base_fee_per_gas(parent),
        excess_blob_gas=calc_excess_blob_gas_prague(parent),
    )


def database_entries(header: Any, hashes: Sequence[bytes], score: int) -> dict[bytes, bytes]:
    """Where py-evm's `ChainDB` looks for a canonical block: header, number, score, head, and each transaction."""
    entries = {
        header.hash: rlp.encode(header),
        SchemaV1.make_block_number_to_hash_lookup_key(header.block_number): rlp.encode(header.hash),
        SchemaV1.make_block_hash_to_score_lookup_key(header.hash): rlp.encode(score),
        SchemaV1.make_canonical_head_hash_lookup_key(): header.hash,
    }
    for index, digest in enumerate(hashes):
        key = SchemaV1.make_transaction_hash_to_block_lookup_key(digest)
        entries[key] = encode([number(header.block_number), number(index)])
    return entries
