"""Two engines that must agree: what is equal passes, what is not is found, whichever field it is in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.engines import Remote, agreeing
from sandbox.engines.agreeing import Agreeing
from sandbox.engines.base import anchor
from sandbox.engines.rpc.anvil import Anvil, find
from sandbox.engines.rpc.client import Client
from sandbox.errors import Disagreement, InputError, MissingDependency
from tests.engines import programs
from tests.engines.assembler import asm, calling, creating, initcode, logging, returning
from tests.engines.contract import COUNTER, NOBODY, SENDER, START, at, genesis, to
from tests.engines.doctor import Alter, doctored

MODULES = Path(__file__).resolve().parents[2] / "node_modules"

BUSY = (
    asm(4, 1, "SSTORE")
    + logging(7, data=b"told")
    + calling(NOBODY, value=3)
    + calling(at(1))
    + asm("POP", "POP")
    + returning(b"answer")
)
HASHES = asm(1, "NUMBER", "SUB", "BLOCKHASH", 0, "SSTORE", "PREVRANDAO", 1, "SSTORE", "STOP")


@contextmanager
def compared(*codes: bytes, url: str | None = None, **more: int) -> Iterator[Agreeing]:
    """Two engines on the same codes."""
    engine = agreeing("pyevm", "rpc", genesis(*codes, **more), remote=Remote(url, MODULES))
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def node() -> Iterator[str]:
    """An Anvil as `--rpc-url` would name it."""
    anvil = Anvil(find(MODULES), genesis(), steps=False)
    try:
        yield anvil.url
    finally:
        anvil.stop()


def test_what_two_engines_do_alike_is_counted_blocks_and_refused_transactions_included() -> None:
    with compared(BUSY, COUNTER, balance=100) as engine:
        for _ in range(3):
            engine.execute(to(at(0)))
        with anchor(engine):
            engine.execute(to(None, creating(initcode(COUNTER), salt=1) + asm(NOBODY, "SELFDESTRUCT"), value=5))
        engine.execute(to(at(1)))
        block = engine.seal()
        engine.set_time(block.timestamp + 86_400)
        engine.execute(to(at(1)))
        engine.seal()
        assert engine.storage(at(1), 0) == 5
        agreement = engine.agreement
    assert (agreement.transactions, agreement.blocks, agreement.difference) == (6, 2, None)
    assert agreement.version.startswith("anvil/")


def test_the_second_engine_sees_the_same_randomness_block_after_block() -> None:
    drawing = asm("PREVRANDAO", "NUMBER", "SSTORE", "STOP")
    with compared(drawing) as engine:
        for _ in range(3):
            engine.execute(to(at(0)))
            engine.seal()
        engine.execute(to(at(0)))
        assert engine.agreement.transactions == 4


def test_a_transaction_that_reads_hashes_of_blocks_is_nothing_to_compare() -> None:
    with compared(HASHES) as engine:
        engine.seal()
        with pytest.raises(MissingDependency, match="BLOCKHASH") as caught:
            engine.execute(to(at(0)))
        assert "--agree" in (caught.value.do or "")


def _receipt(change: Callable[[dict[str, Any]], None]) -> Alter:
    def alter(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getTransactionReceipt":
            change(result)
        return result

    return alter


def _read(wanted: str, holder: str) -> Alter:
    def alter(method: str, params: list[Any], result: Any) -> Any:
        return hex(int(result, 16) + 1) if method == wanted and params[0] == holder else result

    return alter


def _traced(name: str, value: str) -> Alter:
    def alter(method: str, params: list[Any], result: Any) -> Any:
        top = method == "debug_traceTransaction" and params[1].get("tracer") == "callTracer"
        return {**result, name: value} if top else result

    return alter


def _first_log(name: str, value: Any) -> Alter:
    return _receipt(lambda receipt: receipt["logs"][0].update({name: value}))


DOCTORED: dict[str, tuple[Alter, str, str]] = {
    "status": (_traced("error", "out of gas"), "status", "failure"),
    "gas": (_receipt(lambda one: one.update(gasUsed="0x5209")), "gas", "21001"),
    "return data": (_traced("output", "0x77"), "return data", "0x77"),
    "a log too few": (_receipt(lambda one: one["logs"].clear()), "number of logs", "0"),
    "who logs": (_first_log("address", NOBODY), "log 0, address", NOBODY),
    "topics": (_first_log("topics", []), "log 0, topics", "[]"),
    "data of a log": (_first_log("data", "0x00"), "log 0, data", "0x00"),
    "balance of the receiver": (_read("eth_getBalance", NOBODY), f"balance of {NOBODY}", "4"),
    "nonce of the sender": (_read("eth_getTransactionCount", SENDER), f"nonce of {SENDER}", "2"),
    "storage": (_read("eth_getStorageAt", at(0)), f"storage of {at(0)}, slot 0x1", "5"),
    "code": (
        lambda method, params, result: "0x00" if method == "eth_getCode" and params[0] == at(0) else result,
        f"code of {at(0)}",
        "0x00",
    ),
    "price": (_receipt(lambda one: one.update(effectiveGasPrice="0x9")), "price of gas", "9"),
}
"""What a node gets wrong: how, the field it must be found in, the value shown for the node."""


@pytest.mark.parametrize("wrong", DOCTORED)
def test_a_node_that_differs_in_one_field_is_found_out(wrong: str) -> None:
    alter, field, there = DOCTORED[wrong]
    with node() as url, doctored(url, alter) as address, compared(BUSY, COUNTER, url=address, balance=100) as engine:
        with pytest.raises(Disagreement) as caught:
            engine.execute(to(at(0)))
        difference = engine.agreement.difference
        assert difference is not None
        assert (difference.field, difference.there) == (field, there)
        assert difference.here != there and difference.subject.startswith("transaction 0x")
        for piece in (difference.subject, field, difference.here, there, "pyevm", "anvil/"):
            assert piece in str(caught.value)
        with pytest.raises(Disagreement):  # and nothing is compared after it, as if it had not been
            engine.seal()


def test_a_node_that_does_not_take_what_the_first_engine_takes_is_found_out() -> None:
    def refuse(method: str, _params: list[Any], result: Any) -> Any:
        return {**result, "transactions": []} if method == "eth_getBlockByNumber" and result["number"] != "0x0" else result

    with node() as url, doctored(url, refuse) as address, compared(COUNTER, url=address) as engine:
        with pytest.raises(Disagreement, match="validity"):
            engine.execute(to(at(0)))


def test_a_block_that_differs_is_found_out() -> None:
    def alter(method: str, _params: list[Any], result: Any) -> Any:
        return {**result, "receiptsRoot": "0x" + "ab" * 32} if method == "eth_getBlockByNumber" else result

    with node() as url, doctored(url, alter) as address, compared(COUNTER, url=address) as engine:
        engine.execute(to(at(0)))
        with pytest.raises(Disagreement, match="receipts_root"):
            engine.seal()
        assert engine.agreement.difference is not None and engine.agreement.difference.subject == "block 1"


def test_an_untouched_node_behind_the_same_detour_agrees() -> None:
    """What the doctored ones are told apart by is what was altered, and nothing else."""
    unchanged: Alter = lambda _method, _params, result: result  # noqa: E731
    with node() as url, doctored(url, unchanged) as address, compared(BUSY, COUNTER, url=address, balance=100) as engine:
        engine.execute(to(at(0)))
        engine.seal()
        assert engine.agreement.difference is None and engine.agreement.transactions == 1


def test_a_node_serves_one_run_after_the_other() -> None:
    with node() as url:
        for _ in range(2):
            with compared(COUNTER, url=url) as engine:
                engine.execute(to(at(0)))
                engine.seal()
                assert engine.agreement.blocks == 1


def test_a_node_that_holds_blocks_already_is_nothing_to_compare_with() -> None:
    with node() as url:
        client = Client(url, 5.0)
        client.ask("evm_setNextBlockTimestamp", hex(START))
        client.ask("evm_mine")
        with pytest.raises(InputError, match="stands at block 1") as caught, compared(COUNTER, url=url):
            pass
        assert caught.value.do and client.ask("eth_getCode", at(0), "latest") == "0x"
        client.close()


def test_a_node_that_is_past_the_scenarios_start_is_refused_and_left_as_it_was() -> None:
    with node() as url:
        client = Client(url, 5.0)
        client.ask("evm_setNextBlockTimestamp", hex(START + 60))
        client.ask("evm_mine")
        with pytest.raises(InputError, match="past the scenario's start") as caught, compared(COUNTER, url=url):
            pass
        assert caught.value.do and client.ask("eth_blockNumber") == "0x1"
        assert client.ask("eth_getCode", at(0), "latest") == "0x"
        client.close()


@pytest.mark.parametrize(("first", "second"), [("pyevm", "pyevm"), ("rpc", "rpc"), ("pyevm", "revm")])
def test_engines_that_cannot_be_compared_are_refused_by_name(first: str, second: str) -> None:
    with pytest.raises(InputError, match=second) as caught:
        agreeing(first, second, genesis())
    assert caught.value.do


def compare_random(seed: int, wanted: int) -> None:
    """Seeded transactions over seeded contracts until so many were compared; a quarter of them taken back."""
    compared_so_far = 0
    while compared_so_far < wanted:
        source = random.Random(seed)
        engine = agreeing("pyevm", "rpc", programs.genesis(source), seconds=60.0, remote=Remote(node_modules=MODULES))
        try:
            for _ in range(25):
                step(engine, source)
            engine.seal()
            compared_so_far += engine.agreement.transactions
        except Disagreement as error:
            raise AssertionError(f"seed {seed}, after {engine.agreement.transactions} transactions: {error.what}") from error
        finally:
            engine.close()
        seed += 1


def step(engine: Agreeing, source: random.Random) -> None:
    """One transaction. A node's pool counts nonces from the head on: whoever's nonce moved otherwise waits for a new block."""
    before = sum(engine.account(sender).nonce for sender in programs.SENDERS)
    raw = programs.transaction(source, lambda who: engine.account(who).nonce, engine.pending.base_fee)
    try:
        with anchor(engine) as keep:
            engine.execute(raw)
            if source.random() < 0.75:
                keep()
    except Disagreement:
        raise
    except InputError:  # funds, or gas below what the data costs: no block could hold it
        return
    moved = sum(engine.account(sender).nonce for sender in programs.SENDERS) - before
    if moved > 1 or source.random() < 0.3:
        engine.seal()


def test_150_random_transactions_over_adversarial_contracts_agree() -> None:
    compare_random(seed=1, wanted=150)


@pytest.mark.slow
def test_2000_random_transactions_over_adversarial_contracts_agree() -> None:
    compare_random(seed=1_000, wanted=2_000)


def test_the_random_programs_do_not_just_fail() -> None:
    """What is compared is worth comparing: most of it runs, and the opcodes that matter are in it."""
    source = random.Random(5)
    codes = [programs.Programmer(source).program() for _ in range(300)]
    assert len(set(codes)) == len(codes)
    used = set(b"".join(codes))
    for opcode in (0x20, 0x55, 0x5D, 0x5E, 0xA4, 0xF0, 0xF1, 0xF2, 0xF4, 0xF5, 0xFA, 0xFD, 0xFF):
        assert opcode in used
