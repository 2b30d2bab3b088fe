"""The durable chain: kills, memory over a long run, look-ups on a long chain, and what storing a block costs.

    python benchmarks/bench_durable.py [--kills 200] [--blocks 20000] [--long 100000]

Every payment is judged, sealed in a block of its own, stored and logged in one database transaction. Exit status 1 if a bar is
missed.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from eth.db.atomic import AtomicDB  # noqa: E402
from eth.db.backends.memory import MemoryDB  # noqa: E402
from eth.db.schema import SchemaV1  # noqa: E402

from benchmarks.bars import Row, show  # noqa: E402
from benchmarks.bench_rpc import CHAIN_ID, GWEI  # noqa: E402
from sandbox.chain.nodes import NodeStore  # noqa: E402
from sandbox.chain.receipts import encode  # noqa: E402
from sandbox.chain.stored import StoredHistory  # noqa: E402
from sandbox.domain.units import BaseUnits  # noqa: E402
from sandbox.engines.base import Transaction  # noqa: E402
from sandbox.engines.pyevm.archive import PyEvmArchive  # noqa: E402
from sandbox.engines.pyevm.forks import ChainConfig  # noqa: E402
from sandbox.engines.pyevm.sealing import ordered_root, receipt_of  # noqa: E402
from sandbox.engines.pyevm.transactions import sign  # noqa: E402
from sandbox.engines.rlp_items import encode as rlp_encode  # noqa: E402
from sandbox.engines.rlp_items import number as rlp_number  # noqa: E402
from sandbox.engines.wire import Header  # noqa: E402
from sandbox.rpc.node import Node  # noqa: E402
from sandbox.rpc.pool import Pool  # noqa: E402
from sandbox.rpc.server import Server  # noqa: E402
from sandbox.storage.chain_blocks import BlockRepository, BlockRow, TransactionRow  # noqa: E402
from sandbox.storage.chains import ChainRepository, ChainRow  # noqa: E402
from sandbox.storage.database import Database  # noqa: E402
from tests.chain.teller import ADDRESSES, KEYS, NOW, Teller, agree, killed  # noqa: E402

PAGE = resource.getpagesize()
WARM = 1_000
CHUNK = 1_000
LOOKUPS = 600


def kills(folder: str, count: int) -> tuple[int, int, int]:
    """Blocks stored, payments acknowledged, and times a block was stored but not yet acknowledged, over so many kills. Raises
    AssertionError where chain, book and log do not agree."""
    url = f"sqlite:///{folder}/kills.db"
    database = Database.open(url)
    Teller(database, fresh=True).chain.close()
    database.close()
    acknowledged: list[bytes] = []
    height = between = 0
    for seed in range(count):
        fresh = killed(url, seed, longest=0.5)
        acknowledged += fresh
        database = Database.open(url)
        before, height = height, agree(database, acknowledged)
        database.close()
        between += height - before > len(fresh)
    return height, len(acknowledged), between


def resident() -> int:
    """Bytes of memory this process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def long_run(folder: str, blocks: int) -> dict[str, float]:
    """Growth of memory after the first 1,000 blocks, milliseconds a block early and late, seconds to open the chain again."""
    database = Database.open(f"sqlite:///{folder}/long.db")
    teller, chance = Teller(database, fresh=True), random.Random(1)
    stamps, memory = [time.perf_counter()], [resident()]
    for number in range(1, blocks + 1):
        teller.pay(chance.randrange(4), 4, 1)
        if number % WARM == 0:
            stamps.append(time.perf_counter())
            memory.append(resident())
    height = teller.chain.head.number
    teller.chain.close()
    started = time.perf_counter()
    again = Teller(database)
    opened = time.perf_counter() - started
    assert (again.chain.head.number, again.kept.book.transactions) == (height, height) == (blocks, blocks)
    middle = blocks // 2
    assert sum(again.chain.state_at(middle).balance(one) for one in again.policy.parties) == 5 * 10**6
    again.chain.close()
    database.close()
    return {
        "growth": (memory[-1] - memory[1]) / 2**20,
        "first": (stamps[1] - stamps[0]) / WARM * 1e3,
        "last": (stamps[-1] - stamps[-2]) / WARM * 1e3,
        "opened": opened,
        "bytes": Path(f"{folder}/long.db").stat().st_size / blocks,
    }


@dataclass
class Long:
    """A long chain as it is read. hashes: of each block and its transaction. fetch: what an engine kept, by its key."""

    history: StoredHistory
    fetch: Callable[[bytes], bytes | None]
    hashes: list[tuple[bytes, bytes]]

    def ask(self, method: str, *values: str | bool) -> object:
        """A JSON-RPC result, with nothing at hand but the head."""
        archive = PyEvmArchive(AtomicDB(MemoryDB(NodeStore(self.fetch))), ChainConfig.all_prague(CHAIN_ID))
        return Server(Node(archive, Pool(archive))).call(method, list(values))


def synthetic(folder: str, blocks: int, header: Header, receipt: Any) -> Long:
    """A chain of so many blocks with a payment each, written without being run: what repositories and archives read is all
    there, the state is the same after every block."""
    database = Database.open(f"sqlite:///{folder}/{blocks}.db")
    with database.begin() as connection:
        chain = ChainRepository(connection).create(ChainRow("long", "pyevm", 1, header.coinbase, bytes(32), NOW, 0))
    reader = database.reader()

    def fetch(key: bytes) -> bytes | None:
        with reader.look() as connection:
            return ChainRepository(connection).node(chain, key)

    hashes = []
    for first in range(0, blocks, CHUNK):
        rows, nodes = [], dict[bytes, bytes | None]()
        for number in range(first, min(first + CHUNK, blocks)):
            row, kept = block_of(number, header, receipt)
            rows.append(row)
            nodes |= kept
            hashes.append((row.hash, row.transactions[0].hash))
        with database.begin() as connection:
            BlockRepository(connection, chain).add(rows)
            ChainRepository(connection).put(chain, nodes)
    return Long(StoredHistory(reader, chain), fetch, hashes)


def block_of(number: int, header: Header, receipt: Any) -> tuple[BlockRow, dict[bytes, bytes]]:
    """A block as a repository keeps it, and what the engine keeps of it."""
    payment = Transaction(KEYS[0], ADDRESSES[1], value=BaseUnits(1), gas=21_000, nonce=number, max_fee=GWEI, tip=1)
    sent, nodes = sign(payment, number, 0, CHAIN_ID), dict[bytes, bytes]()
    roots = {
        "transactions_root": ordered_root([sent.raw], nodes),
        "receipts_root": ordered_root([receipt_of(2, True, 21_000, 0, [])], nodes),
    }
    one = replace(header, number=number, **roots)
    nodes |= {
        one.hash: one.raw,
        SchemaV1.make_block_number_to_hash_lookup_key(number): rlp_encode(one.hash),
        SchemaV1.make_canonical_head_hash_lookup_key(): one.hash,
        SchemaV1.make_transaction_hash_to_block_lookup_key(sent.hash): rlp_encode([rlp_number(number), b""]),
    }
    body = encode(replace(receipt, block=number))
    return BlockRow(number, one.hash, number, one.raw, (TransactionRow(sent.hash, sent.raw, body),)), nodes


QUESTIONS: dict[str, Callable[[Long, int, tuple[bytes, bytes]], object]] = {
    "block by number": lambda chain, number, _: chain.history.block(number),
    "block by hash": lambda chain, _, hashes: chain.history.block(hashes[0]),
    "receipt by hash": lambda chain, _, hashes: chain.history.receipt(hashes[1]),
    "receipts of a block": lambda chain, number, _: chain.history.receipts(number),
    "eth_getBlockByNumber": lambda chain, number, _: chain.ask("eth_getBlockByNumber", hex(number), False),
    "eth_getTransactionByHash": lambda chain, _, hashes: chain.ask("eth_getTransactionByHash", "0x" + hashes[1].hex()),
    "eth_getTransactionReceipt": lambda chain, _, hashes: chain.ask("eth_getTransactionReceipt", "0x" + hashes[1].hex()),
}


def lookups(folder: str, long: int) -> dict[str, float]:
    """How many times longer each look-up takes on a long chain than on one of 1,000 blocks; the two in turn, and with nothing
    at hand from the look-ups before."""
    database = Database.open(f"sqlite:///{folder}/sample.db")
    teller = Teller(database, fresh=True)
    teller.pay(0, 1, 1)
    header, (receipt,) = Header.decode(teller.chain.head.header), teller.chain.receipts(1)
    chains = [synthetic(folder, blocks, header, receipt) for blocks in (WARM, long)]
    chance, ratios = random.Random(7), {}
    for name, ask in QUESTIONS.items():
        taken: list[list[float]] = [[], []]
        for _ in range(LOOKUPS):
            for chain, times in zip(chains, taken, strict=True):
                number = chance.randrange(len(chain.hashes))
                started = time.perf_counter()
                assert ask(chain, number, chain.hashes[number])
                times.append(time.perf_counter() - started)
        near, far = (statistics.median(times) for times in taken)
        ratios[f"{name} ({near * 1e6:.0f} µs)"] = far / near
    return ratios


def cost(folder: str, count: int) -> tuple[float, float]:
    """Milliseconds of a payment with and without storing it."""
    taken = []
    for name, stored in (("stored", True), ("kept", False)):
        database = Database.open(f"sqlite:///{folder}/{name}.db")
        teller = Teller(database, fresh=True)
        if not stored:
            teller.store = lambda _: None  # type: ignore[method-assign]
        started = time.perf_counter()
        for number in range(count):
            teller.pay(number % 4, 4, 1)
        taken.append((time.perf_counter() - started) / count * 1e3)
        database.close()
    return taken[0], taken[1]


def rows(kill: int, blocks: int, long: int) -> list[Row]:
    """All figures."""
    made = []
    with TemporaryDirectory() as folder:
        stored, kept = cost(folder, 500)
        made.append(Row("durable chain: a judged payment in a block of its own, not stored, ms", kept))
        made.append(Row("the same, stored and logged, ms", stored))
        if long:
            made += [Row(f"{name}, {long} blocks / 1,000", ratio, most=1.5) for name, ratio in lookups(folder, long).items()]
        if kill:
            height, acknowledged, between = kills(folder, kill)
            made.append(Row(f"{kill} kills: blocks stored, book and log agreeing each time", height, digits=0))
            made.append(Row("  payments acknowledged, none of them lost", acknowledged, digits=0))
            made.append(Row("  kills between storing and acknowledging", between, digits=0))
        if blocks > WARM:
            run = long_run(folder, blocks)
            name = f"durable chain: memory growth over {blocks} blocks after 1,000, MB"
            made.append(Row(name, run["growth"], most=50, digits=1))
            made.append(Row("  time per block, first 1,000, ms", run["first"]))
            made.append(Row("  time per block, last 1,000, ms", run["last"]))
            made.append(Row("  opening it again, s", run["opened"]))
            made.append(Row("  database per block, bytes", run["bytes"], digits=0))
    return made


def main() -> int:
    """Measure, print, say which bars hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--blocks", type=int, default=20_000)
    parser.add_argument("--long", type=int, default=100_000)
    options = parser.parse_args()
    return show(rows(options.kills, options.blocks, options.long))


if __name__ == "__main__":
    sys.exit(main())
