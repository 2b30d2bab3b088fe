"""`taishan node` beside Anvil: one client that sends a signed transaction, waits for its receipt, and sends the next.

    python benchmarks/bench_rpc.py [--count 25] [--rounds 24] [--blocks 20000]

The same client code sends the same signed bytes to each node over HTTP, half of them payments in ether, half ERC-20 transfers.
The nodes take short turns, so that whatever else the machine does meets all of them. A rate is that of the median transaction;
the ratios are the figures. Exit status 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.bars import Row, show  # noqa: E402
from benchmarks.workload import HERE, token  # noqa: E402
from sandbox.domain.units import Address, BaseUnits  # noqa: E402
from sandbox.engines.base import Transaction  # noqa: E402
from sandbox.engines.pyevm.transactions import sign  # noqa: E402
from sandbox.rpc.wallet import prefunded  # noqa: E402

CHAIN_ID = 31_337
GWEI = 10**9
SUPPLY = 10**24
ACCOUNTS = prefunded(7)
ANVIL = ROOT / "node_modules" / ".bin" / "anvil"
ANVIL_PORT = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
TAISHAN_PORT = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
WARM = 1_000
KINDS = ("ether", "ERC-20")
BAR = 0.5
"""Share of Anvil's rate that must be reached."""


@dataclass
class Peer:
    """A node and a client's connection to it. taken: seconds for each transaction, by kind."""

    process: subprocess.Popen[str]
    connection: HTTPConnection
    taken: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def ask(self, method: str, *params: Any) -> Any:
        """A result."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self.connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']}")
        return answer["result"]

    def settle(self, raw: bytes) -> dict[str, Any]:
        """Send a transaction and ask until there is a receipt."""
        digest = self.ask("eth_sendRawTransaction", "0x" + raw.hex())
        while (receipt := self.ask("eth_getTransactionReceipt", digest)) is None:
            pass
        assert receipt["status"] == "0x1", receipt
        return dict(receipt)


@contextmanager
def started(command: list[str], announced: re.Pattern[str], folder: str) -> Iterator[Peer]:
    """A node, ended with the block."""
    out = Path(folder) / "out.txt"
    with out.open("w") as written:
        process = subprocess.Popen(command, stdout=written, cwd=folder, text=True)
    try:
        deadline = time.monotonic() + 60
        while (found := announced.search(out.read_text())) is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} does not answer: {out.read_text()}")
            time.sleep(0.05)
        yield Peer(process, HTTPConnection("127.0.0.1", int(found[1])))
    finally:
        process.terminate()
        process.wait(10)


def signed(sender: int, nonce: int, to: Address | None, *, data: bytes = b"", value: int = 0, gas: int = 1_500_000) -> bytes:
    """A transaction of one of the accounts every node has."""
    body = Transaction(
        ACCOUNTS[sender].key, to, data, BaseUnits(value), gas, nonce=nonce, max_fee=10 * GWEI, tip=GWEI
    )
    return sign(body, nonce, 0, CHAIN_ID).raw


def transfer(to: Address, amount: int) -> bytes:
    """Calldata of an ERC-20 transfer."""
    return bytes.fromhex("a9059cbb") + bytes(12) + bytes.fromhex(to[2:]) + amount.to_bytes(32, "big")


def prepare(peer: Peer, init_code: bytes) -> Address:
    """Deploy the token and give some to the account that will send; where it is."""
    receipt = peer.settle(signed(0, 0, None, data=init_code + SUPPLY.to_bytes(32, "big")))
    coin = Address(receipt["contractAddress"].lower())
    peer.settle(signed(0, 1, coin, data=transfer(ACCOUNTS[1].address, SUPPLY // 2)))
    return coin


def batch(kind: str, coin: Address, nonce: int, count: int) -> list[bytes]:
    """So many transactions from a nonce on."""
    made = []
    for at in range(nonce, nonce + count):
        to = ACCOUNTS[2 + at % 5].address
        if kind == "ether":
            made.append(signed(1, at, to, value=1, gas=21_000))
        else:
            made.append(signed(1, at, coin, data=transfer(to, 1), gas=100_000))
    return made


@contextmanager
def nodes(names: list[str]) -> Iterator[dict[str, Peer]]:
    """The nodes that are compared, each a process of its own."""
    taishan = [sys.executable, "-m", "sandbox", "node", "--port", "0"]
    commands = {
        "anvil": ([str(ANVIL), "--port", "0"], ANVIL_PORT),
        "open": (taishan, TAISHAN_PORT),
        "supervised": ([*taishan, "--pilot", str(HERE / "token")], TAISHAN_PORT),
    }
    with ExitStack() as stack:
        peers = {}
        for name in names:
            folder = stack.enter_context(TemporaryDirectory())
            peers[name] = stack.enter_context(started(*commands[name], folder))
        yield peers


def rates(count: int, rounds: int, names: list[str]) -> dict[str, dict[str, float]]:
    """Node -> kind -> transactions per second, that of the median one."""
    init_code = token().init_code
    with nodes(names) as peers:
        coins = {name: prepare(peer, init_code) for name, peer in peers.items()}
        assert len(set(coins.values())) == 1, "the nodes disagree about where the token is"
        coin, nonce = next(iter(coins.values())), 0
        for turn in range(rounds + 1):
            if turn == 1:  # the first round warmed up
                for peer in peers.values():
                    peer.taken = {kind: [] for kind in KINDS}
            for kind in KINDS:
                raws = batch(kind, coin, nonce, count)
                nonce += count
                for peer in peers.values():
                    peer.connection.connect()
                    for raw in raws:
                        began = time.perf_counter()
                        peer.settle(raw)
                        peer.taken[kind].append(time.perf_counter() - began)
                    peer.connection.close()
        return {name: {kind: 1 / statistics.median(peer.taken[kind]) for kind in KINDS} for name, peer in peers.items()}


def resident(peer: Peer) -> float:
    """Megabytes of memory a node has."""
    pages = int(Path(f"/proc/{peer.process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def growth(name: str, blocks: int) -> float:
    """Megabytes a node's memory grows by after its first 1,000 blocks. Every fourth block holds a transfer, the others are
    empty, which is what makes so many affordable."""
    init_code = token().init_code
    with nodes([name]) as peers:
        (peer,), memory = peers.values(), list[float]()
        coin, nonce = prepare(peer, init_code), 0
        for _ in range(0, blocks, WARM):
            for raw in batch("ERC-20", coin, nonce, WARM // 4):
                peer.settle(raw)
            nonce += WARM // 4
            peer.ask("hardhat_mine", hex(WARM - WARM // 4))
            memory.append(resident(peer))
        return memory[-1] - memory[0]


def rows(count: int, rounds: int, blocks: int) -> list[Row]:
    """All figures."""
    ours = {"open": "taishan node", "supervised": "taishan node --pilot"}
    measured, made = rates(count, rounds, ["anvil", *ours]), list[Row]()
    for kind in KINDS:
        made.append(Row(f"Anvil, {kind} transfers sent and looked up over HTTP, per second", measured["anvil"][kind], digits=0))
        for name, words in ours.items():
            made.append(Row(f"{words}, the same", measured[name][kind], digits=0))
            made.append(Row(f"{words}, share of Anvil's rate", measured[name][kind] / measured["anvil"][kind], least=BAR))
    for name, words in ours.items() if blocks > WARM else ():
        text = f"{words}: memory growth over {blocks} blocks after 1,000, MB"
        made.append(Row(text, growth(name, blocks), most=50, digits=1))
    return made


def main() -> int:
    """Measure, print, say which bars hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=25, help="transactions of each kind in a turn")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--blocks", type=int, default=20_000, help="length of the chain whose memory is measured; 0 for none")
    options = parser.parse_args()
    return show(rows(options.count, options.rounds, options.blocks))


if __name__ == "__main__":
    sys.exit(main())
