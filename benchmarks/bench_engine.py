"""What the pyevm engine costs over py-evm itself: ERC-20 transfers, the same code and transactions on both.

    python benchmarks/bench_engine.py [--count 2000] [--block-size 100] [--long]

`--long` also measures how the time per transaction changes over 10,000 blocks of one transaction.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;
import "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract Coin is ERC20 { constructor() ERC20("Coin", "C") { _mint(msg.sender, 1e30); } }
"""
KEY = (1).to_bytes(32, "big")
SENDER = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"
COINBASE = "0x" + "c0" * 20
GENESIS_TIME = 1_767_225_600


def compile_coin() -> bytes:
    """Init code of an OpenZeppelin ERC-20."""
    package = ROOT / "node_modules" / "@openzeppelin" / "contracts"
    files = {
        f"@openzeppelin/contracts/{path.relative_to(package)}": {"content": path.read_text()}
        for path in package.rglob("*.sol")
        if path.name in ("ERC20.sol", "IERC20.sol", "IERC20Metadata.sol", "Context.sol", "draft-IERC6093.sol")
    }
    request = {
        "language": "Solidity",
        "sources": {"Coin.sol": {"content": SOURCE}, **files},
        "settings": {
            "optimizer": {"enabled": True, "runs": 200},
            "evmVersion": "prague",
            "outputSelection": {"Coin.sol": {"Coin": ["evm.bytecode.object"]}},
        },
    }
    answer = subprocess.run(
        ["node", str(ROOT / "node_modules/solc/solc.js"), "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    contracts = json.loads(answer[answer.index("{") :])["contracts"]
    return bytes.fromhex(contracts["Coin.sol"]["Coin"]["evm"]["bytecode"]["object"])


def transfer(number: int) -> bytes:
    """Calldata of a transfer to one of 200 receivers."""
    receiver = (0xBEEF0000 + number % 200).to_bytes(32, "big")
    return bytes.fromhex("a9059cbb") + receiver + (1).to_bytes(32, "big")


def genesis():
    """The genesis both sides start from; the coinbase holds a wei, so that it is never empty."""
    from sandbox.domain.units import Address, BaseUnits
    from sandbox.engines.base import Account, Genesis

    alloc = {Address(SENDER): Account(BaseUnits(10**24)), Address(COINBASE): Account(BaseUnits(1))}
    return Genesis(timestamp=GENESIS_TIME, alloc=alloc, coinbase=Address(COINBASE))


def deployed(block_size: int):
    """A chain with the coin on it."""
    from sandbox.chain.chain import Chain
    from sandbox.domain.effects import Standard
    from sandbox.engines import create
    from sandbox.engines.base import Transaction

    chain = Chain(create("pyevm", genesis()), block_size=block_size)
    coin = chain.send(Transaction(KEY, None, compile_coin())).created
    chain.observer.watch_asset(coin, Standard.ERC20)
    chain.seal()
    return chain, coin


def ours(count: int, block_size: int) -> tuple[float, list[bytes], bytes, bytes]:
    """Seconds per transaction through send() in an anchor, sealing included; then the raw transactions, the head's state."""
    from sandbox.engines.base import Transaction

    chain, coin = deployed(block_size)
    start = time.perf_counter()
    for number in range(count):
        with chain.anchor() as keep:
            effects = chain.send(Transaction(KEY, coin, transfer(number), gas=200_000))
            assert effects.succeeded and len(effects.tokens) == 1
            keep()
    chain.seal()
    spent = (time.perf_counter() - start) / count
    raws = [raw for number in range(1, chain.head.number + 1) for raw in chain.block(number).raw]
    return spent, raws, chain.head.state_root, chain.head.hash


def theirs(raws: list[bytes], block_size: int) -> tuple[float, float, float, bytes]:
    """Seconds per transaction: `mine_all`, bare `apply_transaction` with the sender recovered, and with it known."""
    from eth.chains.base import MiningChain
    from eth.db.atomic import AtomicDB
    from eth.vm.forks.prague import PragueVM

    from sandbox.engines.pyevm.ledger import Ledger

    ledger = Ledger(genesis(), None)
    chain_class = MiningChain.configure(__name__="Bare", vm_configuration=((0, PragueVM),), chain_id=31_337)
    chain = chain_class.from_genesis_header(AtomicDB(ledger.database.wrapped_db), ledger.header)
    decode = PragueVM.get_transaction_builder().decode

    def mine(some: list[bytes]) -> None:
        parent = chain.get_canonical_head()
        chain.mine_all([decode(raw) for raw in some], parent, coinbase=bytes.fromhex(COINBASE[2:]), gas_limit=10**9)

    mine(raws[:1])
    start = time.perf_counter()
    for at in range(1, len(raws), block_size):
        mine(raws[at : at + block_size])
    mined = (time.perf_counter() - start) / (len(raws) - 1)
    root = chain.get_canonical_head().state_root

    bare = []
    for known in (False, True):
        parent = chain.chaindb.get_canonical_block_header_by_number(1)
        vm = chain.get_vm(chain.create_header_from_parent(parent, gas_limit=10**9))
        header, some = vm.get_header(), [decode(raw) for raw in raws[1 : min(len(raws), 501)]]
        if known:
            for one in some:
                _ = one.sender
        start = time.perf_counter()
        for one in some:
            vm.apply_transaction(header, one)
        bare.append((time.perf_counter() - start) / len(some))
    return mined, bare[0], bare[1], root


def growth(blocks: int) -> tuple[float, float]:
    """Seconds per block of one transaction over the first and the last tenth."""
    from sandbox.engines.base import Transaction

    chain, coin = deployed(1)
    marks = []
    start = time.perf_counter()
    for number in range(blocks):
        if number in (blocks // 10, blocks - blocks // 10):
            marks.append(time.perf_counter())
        with chain.anchor() as keep:
            chain.send(Transaction(KEY, coin, transfer(number), gas=200_000))
            keep()
        chain.seal()
    end = time.perf_counter()
    tenth = blocks // 10
    return (marks[0] - start) / tenth, (end - marks[1]) / tenth


def main() -> None:
    """Print the figures as JSON, times in microseconds per transaction."""
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=2_000)
    options.add_argument("--block-size", type=int, default=100)
    options.add_argument("--long", action="store_true")
    options.add_argument("--blocks", type=int, default=10_000)
    chosen = options.parse_args()
    start = time.perf_counter()
    import sandbox.engines.pyevm.engine  # noqa: F401

    result: dict[str, float] = {"import_ms": (time.perf_counter() - start) * 1e3}
    spent, raws, state_root, _ = ours(chosen.count, chosen.block_size)
    mined, bare, bare_known, root = theirs(raws, chosen.block_size)
    assert root == state_root, "the two chains disagree"
    result |= {"ours": spent * 1e6, "mine_all": mined * 1e6, "bare": bare * 1e6, "bare_sender_known": bare_known * 1e6}
    result["ours_over_mine_all"] = spent / mined
    if chosen.long:
        first, last = growth(chosen.blocks)
        result |= {"first_tenth": first * 1e6, "last_tenth": last * 1e6, "growth": last / first}
    print(json.dumps({name: round(value, 3) for name, value in result.items()}, indent=2))


if __name__ == "__main__":
    main()
