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
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sandbox.chain.receipts import encode  # noqa: E402
from sandbox.chain.stored import StoredHistory  # noqa: E402
from sandbox.engines.wire import Header  # noqa: E402
from sandbox.storage.chain_blocks import BlockRepository, BlockRow, TransactionRow  # noqa: E402
from sandbox.storage.chains import ChainRepository, ChainRow  # noqa: E402
from sandbox.storage.database import Database  # noqa: E402
from tests.chain.teller import NOW, Teller, agree, killed  # noqa: E402

PAGE = resource.getpagesize()
WARM = 1_000
CHUNK = 1_000


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


def synthetic(folder: str, blocks: int, header: Header, receipt: Any) -> tuple[StoredHistory, list[tuple[bytes, bytes]]]:
    """A chain of so many blocks with a transaction each, as it is read; and their hashes with those of the transactions."""
    database = Database.open(f"sqlite:///{folder}/{blocks}.db")
    hashes = []
    with database.begin() as connection:
        chain = ChainRepository(connection).create(ChainRow("long", "pyevm", 1, header.coinbase, bytes(32), NOW, 0))
    chance = random.Random(blocks)
    for first in range(0, blocks, CHUNK):
        rows = []
        for number in range(first, min(first + CHUNK, blocks)):
            one, digest = replace(header, number=number), chance.randbytes(32)
            body = encode(replace(receipt, block=number))
            rows.append(BlockRow(number, one.hash, number, one.raw, (TransactionRow(digest, receipt.raw, body),)))
            hashes.append((one.hash, digest))
        with database.begin() as connection:
            BlockRepository(connection, chain).add(rows)
    return StoredHistory(database.reader(), chain), hashes


def lookups(folder: str, long: int) -> dict[str, float]:
    """How many times longer each look-up takes on a long chain than on one of 1,000 blocks; the two in turn."""
    database = Database.open(f"sqlite:///{folder}/sample.db")
    teller = Teller(database, fresh=True)
    teller.pay(0, 1, 1)
    header, (receipt,) = Header.decode(teller.chain.head.header), teller.chain.receipts(1)
    chains = [synthetic(folder, blocks, header, receipt) for blocks in (1_000, long)]
    questions: dict[str, Callable[[StoredHistory, int, tuple[bytes, bytes]], object]] = {
        "block by number": lambda chain, number, _: chain.block(number),
        "block by hash": lambda chain, _, hashes: chain.block(hashes[0]),
        "receipt by hash": lambda chain, _, hashes: chain.receipt(hashes[1]),
        "receipts of a block": lambda chain, number, _: chain.receipts(number),
    }
    chance, ratios = random.Random(7), {}
    for name, ask in questions.items():
        taken: list[list[float]] = [[], []]
        for _ in range(3_000):
            for (chain, hashes), times in zip(chains, taken, strict=True):
                number = chance.randrange(len(hashes))
                started = time.perf_counter()
                assert ask(chain, number, hashes[number])
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


def main() -> int:
    """Measure, print, say which bars hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--blocks", type=int, default=20_000)
    parser.add_argument("--long", type=int, default=100_000)
    options = parser.parse_args()
    held = True

    def show(name: str, value: float, unit: str, bar: float | None = None) -> None:
        nonlocal held
        good = bar is None or value <= bar
        held = held and good
        print(f"{name:<52} {value:10.2f} {unit:<6}" + ("" if bar is None else f" ≤ {bar:g}  {'holds' if good else 'MISSED'}"))

    with TemporaryDirectory() as folder:
        stored, kept = cost(folder, 500)
        show("a judged payment in a block of its own, not stored", kept, "ms")
        show("the same, stored and logged", stored, "ms")
        for name, ratio in lookups(folder, options.long).items():
            show(f"{name}, {options.long} blocks / 1,000", ratio, "times", 1.5)
        if options.kills:
            height, acknowledged, between = kills(folder, options.kills)
            show(f"{options.kills} kills: blocks that do not agree or are lost", 0, "")
            show("  blocks stored", height, "")
            show("  payments acknowledged", acknowledged, "")
            show("  kills between storing and acknowledging", between, "")
        if options.blocks > WARM:
            run = long_run(folder, options.blocks)
            show(f"memory growth, {options.blocks} blocks after the first 1,000", run["growth"], "MB", 50)
            show("time per block, first 1,000", run["first"], "ms")
            show("time per block, last 1,000", run["last"], "ms")
            show("opening it again", run["opened"], "s")
            show("database per block", run["bytes"], "bytes")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
