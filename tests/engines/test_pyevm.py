"""The pyevm engine keeps the contract, and its blocks are anybody's blocks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.domain.units import Address, BaseUnits
from sandbox.engines import ENGINES, create
from sandbox.engines.base import Account, ChainEngine, Genesis, Transaction
from sandbox.errors import EngineError, InputError
from tests.engines.assembler import asm, calling, creating, initcode, logging
from tests.engines.contract import COUNTER, NOBODY, START, ChainEngineContract, at, genesis, to

ROOT = Path(__file__).resolve().parents[2]


class TestPyEvm(ChainEngineContract):
    """Everything every engine does."""

    def make(self, genesis: Genesis, *, seconds: float = 30.0) -> ChainEngine:
        return create("pyevm", genesis, seconds=seconds)


def play(engine: ChainEngine) -> None:
    """A few blocks with a bit of everything, long enough for two-byte keys in the tries."""
    for number in range(140):
        engine.execute(to(at(0)))
        if number == 70:
            engine.execute(to(None, initcode(COUNTER), value=number))
            engine.execute(to(at(1), gas=200_000))
            engine.execute(to(at(2)))
    engine.seal()
    engine.set_time(engine.pending.timestamp + 86_400)
    engine.execute(to(NOBODY, value=1, tip=3))
    engine.seal()
    engine.seal()


CODES = (
    COUNTER + b"",
    calling(at(0)) + logging(1, 2, 3, data=b"abc") + asm("INVALID"),
    logging(5, data=b"x" * 70) + creating(initcode(asm("STOP")), salt=3) + asm(NOBODY, "SELFDESTRUCT"),
)


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT")
def test_a_fresh_py_evm_chain_imports_the_blocks_with_full_validation() -> None:
    import rlp
    from eth.chains.base import Chain
    from eth.db.atomic import AtomicDB
    from eth.db.backends.memory import MemoryDB
    from eth.vm.forks.prague import PragueVM
    from eth.vm.forks.prague.blocks import PragueBlock, PragueBlockHeader

    from sandbox.engines.pyevm.engine import PyEvmEngine

    engine = PyEvmEngine(genesis(*CODES, base_fee=1_000, balance=10))
    at_genesis = dict(engine._ledger.database.wrapped_db.kv_store)
    header = rlp.decode(engine.head.header, PragueBlockHeader)
    blocks = []
    seal = engine.seal
    engine.seal = lambda: blocks.append(seal()) or blocks[-1]  # type: ignore[func-returns-value, method-assign]
    play(engine)

    plain = Chain.configure(__name__="Plain", vm_configuration=((0, PragueVM),), chain_id=engine.chain_id)
    chain = plain.from_genesis_header(AtomicDB(MemoryDB(at_genesis)), header)
    decode = PragueVM.get_transaction_builder().decode
    for block in blocks:
        one = PragueBlock(rlp.decode(block.header, PragueBlockHeader), [decode(raw) for raw in block.raw], [], [])
        chain.import_block(one, perform_validation=True)
    assert chain.get_canonical_head().hash == engine.head.hash
    assert chain.get_canonical_head().state_root == engine.head.state_root


def test_py_evm_opens_the_engines_own_database_as_a_chain() -> None:
    from eth.chains.base import Chain
    from eth.db.atomic import AtomicDB
    from eth.db.backends.memory import MemoryDB
    from eth.vm.forks.prague import PragueVM

    from sandbox.engines.pyevm.engine import PyEvmEngine

    store: dict[bytes, bytes] = {}
    engine = PyEvmEngine(genesis(*CODES, balance=10), store=store)
    executions = [engine.execute(to(at(0))), engine.execute(to(at(2)))]
    block = engine.seal()
    chain = Chain.configure(__name__="Plain", vm_configuration=((0, PragueVM),), chain_id=31_337)(AtomicDB(MemoryDB(store)))
    assert chain.get_canonical_head().hash == block.hash
    found = chain.get_canonical_block_by_number(1)
    assert [one.hash for one in found.transactions] == [execution.hash for execution in executions]
    receipts = found.get_receipts(chain.chaindb)
    assert [len(one.logs) for one in receipts] == [len(execution.logs) for execution in executions]
    assert chain.get_canonical_transaction(executions[1].hash).nonce == 1


PROGRAM = """
from tests.engines.contract import genesis
from tests.engines.test_pyevm import CODES, play
from sandbox.engines import create
engine = create("pyevm", genesis(*CODES, balance=10))
play(engine)
print(engine.head.hash.hex())
"""


def test_two_processes_with_different_hash_seeds_make_the_same_blocks() -> None:
    heads = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(heads) == 1


def test_importing_the_engines_does_not_import_py_evm() -> None:
    program = "import sys, sandbox.engines, sandbox.engines.base; sys.exit('eth' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_an_unknown_engine_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        create("revm", genesis())
    assert "pyevm" in (caught.value.do or "")
    assert set(ENGINES) == {"pyevm", "rpc"}


PAIR = b"".join(
    word.to_bytes(32, "big")
    for word in (
        1,
        2,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
    )
)


@pytest.mark.parametrize(
    ("number", "data"),
    [
        pytest.param(0x08, PAIR * 100, id="pairing"),
        pytest.param(0x09, (29_000_000).to_bytes(4, "big") + bytes(208) + b"\x01", id="blake2"),
        pytest.param(0x0C, (bytes(128) + b"\xff" * 32) * 1_000, id="bls-msm"),
    ],
)
def test_a_slow_precompile_ends_at_the_time_budget_too(number: int, data: bytes) -> None:
    engine = create("pyevm", genesis(), seconds=0.2)
    with pytest.raises(EngineError, match="time budget"):
        engine.execute(to(Address(f"0x{number:040x}"), data, gas=30_000_000))
    assert sys.getprofile() is None
    assert engine.pending.count == 0


def test_a_store_wiped_twice_in_one_transaction_can_still_be_taken_back() -> None:
    wiped = creating(asm(1, 1, "SSTORE", NOBODY, "SELFDESTRUCT"), salt=1) + asm("POP")
    engine, plain = (create("pyevm", genesis(wiped + asm("STOP"), COUNTER)) for _ in range(2))
    for one in (engine, plain):
        one.execute(to(at(1)))
    point = engine.snapshot()
    engine.execute(to(at(0)))
    engine.revert(point)
    assert engine.execute(to(at(0))) == plain.execute(to(at(0)))
    assert engine.seal() == plain.seal()


def test_the_gas_bound_is_per_transaction() -> None:
    engine = create("pyevm", genesis(), gas_limit=100_000)
    with pytest.raises(InputError, match="100000"):
        engine.execute(to(NOBODY, gas=100_001))
    assert engine.execute(to(NOBODY, gas=100_000)).succeeded


def test_a_key_can_act_for_code_it_delegated_to() -> None:
    """EIP-7702: a signed authorization from outside gives an account code."""
    from eth_account import Account as Wallet

    wallet = Wallet.from_key((1).to_bytes(32, "big"))
    authorization = wallet.sign_authorization({"chainId": 31_337, "address": at(0), "nonce": 1})
    signed = wallet.sign_transaction(
        {
            "chainId": 31_337, "nonce": 0, "gas": 200_000, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0,
            "to": wallet.address, "value": 0, "authorizationList": [authorization], "type": 4,
        }
    )  # fmt: skip
    engine = create("pyevm", genesis(COUNTER))
    sender = Address(wallet.address.lower())
    assert engine.execute(bytes(signed.raw_transaction)).succeeded
    assert engine.storage(sender, 0) == 1
    assert engine.account(sender).nonce == 2


def test_a_genesis_may_hold_storage() -> None:
    alloc = {at(0): Account(BaseUnits(0), code=COUNTER, storage={0: 41})}
    engine = create("pyevm", Genesis(START, alloc))
    assert engine.execute(Transaction((3).to_bytes(32, "big"), at(0))).output == (42).to_bytes(32, "big")
