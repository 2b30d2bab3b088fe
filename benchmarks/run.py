"""The performance table of the README, peers included: `make bench`.

Every figure of one table comes from one run on one machine, the peers in turn, so the ratios hold even where the absolute
numbers are noisy. Exit status 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import bench_durable, bench_judging, bench_rpc  # noqa: E402
from benchmarks.bars import Row, show  # noqa: E402
from benchmarks.workload import BLOCK, ONE_TRANSFER, supervised, token, transfers  # noqa: E402
from sandbox.domain.artifact import Artifact  # noqa: E402
from sandbox.domain.events import Event  # noqa: E402

KEYS = [bytes(31) + bytes([number]) for number in range(1, 6)]


def vm_level(artifact: Artifact, count: int, *, seal: bool) -> float:
    """Seconds for py-evm's own route: sign, apply at the VM level, and (`seal`) `mine_all` with 50 transactions a block."""
    from eth.chains.base import MiningChain
    from eth.consensus import ConsensusApplier, NoProofConsensus
    from eth.db.atomic import AtomicDB
    from eth.vm.forks.prague import PragueVM
    from eth_keys.datatypes import PrivateKey

    rules = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))
    kind = type("Chain", (MiningChain,), {"chain_id": 1337, "vm_configuration": rules})
    accounts = [PrivateKey(key) for key in KEYS]
    addresses = [account.public_key.to_canonical_address() for account in accounts]
    state = {address: {"balance": 10**24, "nonce": 0, "code": b"", "storage": {}} for address in addresses}
    genesis = {"difficulty": 0, "gas_limit": 100_000_000, "timestamp": 1, "coinbase": bytes(20), "extra_data": b"",
               "nonce": bytes(8), "mix_hash": bytes(32)}  # fmt: skip
    chain = kind.from_genesis(AtomicDB(), genesis, state)
    builder = chain.get_vm().get_transaction_builder()

    def signed(nonce: int, to: bytes, data: bytes, gas: int) -> Any:
        fields = {"chain_id": 1337, "max_priority_fee_per_gas": 0, "max_fee_per_gas": 10**10, "value": 0, "access_list": ()}
        unsigned = builder.new_unsigned_dynamic_fee_transaction(nonce=nonce, to=to, data=data, gas=gas, **fields)
        return unsigned.as_signed_transaction(accounts[0])

    _, _, created = chain.mine_all([signed(0, b"", artifact.init_code + (10**24).to_bytes(32, "big"), 3_000_000)])
    contract = created[0].msg.storage_address
    calls = [_transfer(addresses[1 + turn % 4], 1) for turn in range(count)]
    started = time.perf_counter()
    if seal:
        for first in range(0, count, BLOCK):
            batch = [signed(1 + n, contract, calls[n], 200_000) for n in range(first, min(first + BLOCK, count))]
            _, _, computations = chain.mine_all(batch)
            assert all(computation.is_success for computation in computations)
    else:
        vm, header = chain.get_vm(), chain.header
        for nonce, data in enumerate(calls, start=1):
            _, computation = vm.apply_transaction(header, signed(nonce, contract, data, 200_000))
            assert computation.is_success
    return time.perf_counter() - started


def eth_tester(artifact: Artifact, count: int) -> float:
    """Seconds for web3 on eth-tester as documented: one `transact` a transfer, gas and fees given, a block each."""
    from eth_tester import EthereumTester, PyEVMBackend
    from web3 import EthereumTesterProvider, Web3

    web3 = Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend())))
    accounts = web3.eth.accounts
    factory = web3.eth.contract(abi=[dict(entry) for entry in artifact.abi], bytecode=artifact.init_code)
    created = web3.eth.get_transaction_receipt(factory.constructor(10**24).transact({"from": accounts[0]}))
    contract = web3.eth.contract(created["contractAddress"], abi=factory.abi)
    fields = {"from": accounts[0], "gas": 100_000, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 0}
    started = time.perf_counter()
    for turn in range(count):
        contract.functions.transfer(accounts[1 + turn % 4], 1).transact(fields)
    return time.perf_counter() - started


def growth(artifact: Artifact, blocks: int) -> tuple[float, float]:
    """Milliseconds per transaction over the first and the last tenth of a chain with one transaction a block."""
    tenth, stamps = blocks // 10, dict[int, float]()

    def watch(event: Event) -> None:
        if event.type == "block_sealed":
            stamps[event.number] = time.perf_counter()  # type: ignore[union-attr]  # block_sealed has a number

    supervised(artifact, ONE_TRANSFER, blocks, watch)
    first, last = 2, 2 + blocks
    return (
        (stamps[first + tenth] - stamps[first]) / tenth * 1000,
        (stamps[last] - stamps[last - tenth]) / tenth * 1000,
    )


def command(*words: str, times: int = 5) -> float:
    """Median seconds of a whole command, after one run that warms the caches."""
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def rates(artifact: Artifact, count: int, rounds: int) -> dict[str, list[float]]:
    """Transactions per second of each peer, the peers in turn."""
    peers: dict[str, Callable[[], float]] = {
        "taishan": lambda: supervised(artifact, transfers(count)),
        "vm sealed": lambda: vm_level(artifact, count, seal=True),
        "vm apply": lambda: vm_level(artifact, count, seal=False),
        "eth-tester": lambda: eth_tester(artifact, min(count, 300)),
    }
    measured: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        for name, peer in peers.items():
            done = min(count, 300) if name == "eth-tester" else count
            measured[name].append(done / peer())
    return measured


def main() -> int:
    """Measure, print the table, say which bars hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="transfers per measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=10_000, help="length of the chain whose growth is measured")
    parser.add_argument("--markdown", action="store_true", help="print the table as it stands in the README")
    options = parser.parse_args()
    artifact = token()
    measured = rates(artifact, options.count, options.rounds)
    rate = {name: statistics.median(values) for name, values in measured.items()}
    early, late = growth(artifact, options.blocks)
    taishan = str(ROOT / ".venv" / "bin" / "taishan")
    shown = command(taishan, "--help")
    with TemporaryDirectory() as folder:
        scenario = str(ROOT / "scenarios" / "quick-loan" / "draw-and-repay.yaml")
        five = command(taishan, "run", scenario, "--out", folder)
    few, many = bench_judging.rounds(2_000, min(options.rounds, 3))
    rows = [
        Row("web3 + eth-tester, tx/s", rate["eth-tester"], digits=0),
        Row("py-evm, VM level, apply only, tx/s", rate["vm apply"], digits=0),
        Row("py-evm, VM level, 50 to a block, tx/s", rate["vm sealed"], digits=0),
        Row("Taishan, supervised and logged, tx/s", rate["taishan"], digits=0),
        Row("share of py-evm's VM-level rate (sealed)", rate["taishan"] / rate["vm sealed"], least=0.70),
        Row("times web3 + eth-tester", rate["taishan"] / rate["eth-tester"], least=4.0),
        Row(f"time per tx, last tenth of {options.blocks} blocks / first", late / early, most=1.3),
        Row("a verdict by all limits, 1,000 clients, µs", few, most=200, digits=0),
        Row("a verdict at 100,000 clients / at 1,000", many / few, most=1.5),
        Row("taishan --help, s", shown, most=0.5),
        Row("a 12-step scenario, warm cache, s (bar for 5)", five, most=2.0),
        *bench_rpc.rows(25, 24, 20_000),
        *bench_durable.rows(200, 20_000, 100_000),
    ]
    print(f"medians of {options.rounds} rounds of {options.count} transfers; one run, one machine")
    return show(rows, markdown=options.markdown)


def _transfer(to: bytes, amount: int) -> bytes:
    return bytes.fromhex("a9059cbb") + bytes(12) + to + amount.to_bytes(32, "big")


if __name__ == "__main__":
    sys.exit(main())
