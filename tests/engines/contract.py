"""What every engine must do. An engine's own test file subclasses `ChainEngineContract` and says how to make one."""

from __future__ import annotations

import pytest
from eth_hash.auto import keccak

from sandbox.domain.effects import FrameKind
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import Account, ChainEngine, Execution, Genesis, Transaction, anchor
from sandbox.errors import EngineError, InputError
from tests.engines.assembler import LOOP, asm, calling, creating, initcode, logging, returning, reverting

KEY = (1).to_bytes(32, "big")
OTHER_KEY = (2).to_bytes(32, "big")
SENDER = Address("0x7e5f4552091a69125d5dfcb7b8c2659029395bdf")
OTHER = Address("0x2b5ad5c4795c026514f8317c7a215e218dccd6cf")
COINBASE = Address("0x" + "c0" * 20)
NOBODY = Address("0x" + "11" * 20)
START = 1_767_225_600
ETHER = 10**18


def at(number: int) -> Address:
    """A contract address of the genesis."""
    return Address(f"0x{0xC0DE0000 + number:040x}")


def genesis(*codes: bytes, base_fee: int = 0, balance: int = 0) -> Genesis:
    """Two funded accounts, and the codes at `at(0)`, `at(1)` …, each with `balance` wei."""
    alloc = {
        SENDER: Account(BaseUnits(1_000 * ETHER)),
        OTHER: Account(BaseUnits(1_000 * ETHER)),
        COINBASE: Account(BaseUnits(1)),
    }
    alloc |= {at(number): Account(BaseUnits(balance), code=code) for number, code in enumerate(codes)}
    return Genesis(timestamp=START, alloc=alloc, coinbase=COINBASE, base_fee=base_fee)


def to(target: Address | None, data: bytes = b"", value: int = 0, gas: int = 3_000_000, **more: object) -> Transaction:
    """A transaction of the first account."""
    return Transaction(KEY, target, data, BaseUnits(value), gas, **more)  # type: ignore[arg-type]


STORE_CALLDATA = asm(0, "CALLDATALOAD", 1, "SSTORE")
"""Keeps the first word of calldata in slot 1."""

COUNTER = asm(0, "SLOAD", 1, "ADD", "DUP1", 0, "SSTORE", 0, "MSTORE", 32, 0, "RETURN")
"""Adds one to slot 0 and returns it."""


class ChainEngineContract:
    """Subclass as `class TestMyEngine(ChainEngineContract)` with `make`. runaway_gas: more than can be burnt in a fifth of a
    second."""

    runaway_gas = 30_000_000

    def make(self, genesis: Genesis, *, seconds: float = 30.0) -> ChainEngine:
        raise AssertionError("a subclass says how to make the engine under test")

    def run(self, *codes: bytes, data: bytes = b"", value: int = 0, balance: int = 0) -> Execution:
        """Call the first of the codes."""
        return self.make(genesis(*codes, balance=balance)).execute(to(at(0), data, value))

    # status, output, gas

    def test_a_plain_send_moves_wei_and_costs_21000_gas(self) -> None:
        engine = self.make(genesis())
        execution = engine.execute(to(NOBODY, value=5))
        assert (execution.succeeded, execution.gas_used, execution.error) == (True, 21_000, None)
        assert engine.account(NOBODY).balance == 5
        assert engine.account(SENDER).nonce == 1
        assert [(m.sender, m.receiver, m.amount, m.frame) for m in execution.native] == [(SENDER, NOBODY, 5, 0)]

    def test_a_revert_is_data_and_moves_nothing(self) -> None:
        execution = self.run(asm(1, 1, "SSTORE") + logging(7) + reverting(b"no!"), value=5)
        assert (execution.succeeded, execution.error, execution.output) == (False, "Revert", b"no!")
        assert execution.native == execution.logs == execution.writes == execution.creations == ()
        assert [frame.committed for frame in execution.frames] == [False]

    @pytest.mark.parametrize(
        ("code", "word"),
        [
            (asm("INVALID"), "InvalidOpcode"),
            (asm("ADD"), "StackUnderflow"),
            (asm(3, "JUMP"), "InvalidJumpDestination"),
            (LOOP, "OutOfGas"),
        ],
    )
    def test_other_failures_have_a_word_and_burn_the_gas(self, code: bytes, word: str) -> None:
        execution = self.make(genesis(code)).execute(to(at(0), gas=60_000))
        assert (execution.error, execution.gas_used) == (word, 60_000)

    def test_return_data_comes_back(self) -> None:
        assert self.run(returning(b"hello")).output == b"hello"

    def test_a_receipt_shows_the_floor_of_calldata_even_where_a_refund_was_bounded(self) -> None:
        """EIP-7623 over EIP-3529: what is shown is what is paid."""
        clearing = b"".join(asm(0, slot, "SSTORE") for slot in range(4)) + asm("STOP")
        begun = genesis(base_fee=1_000)
        held = Account(BaseUnits(0), code=clearing, storage=dict.fromkeys(range(4), 1))
        engine = self.make(Genesis(START, {**begun.alloc, at(0): held}, coinbase=COINBASE, base_fee=1_000))
        execution = engine.execute(to(at(0), bytes(3_000)))
        assert execution.gas_used == 21_000 + 10 * 3_000
        assert engine.account(SENDER).balance == 1_000 * ETHER - execution.gas_used * execution.gas_price

    # frames

    @pytest.mark.parametrize("data", [b"", b"\x01" * 300], ids=["bare", "with data"])
    def test_a_send_to_somebody_without_code_runs_none(self, data: bytes) -> None:
        frame = self.make(genesis()).execute(to(NOBODY, data, value=5)).frames[0]
        assert (frame.gas_used, frame.output, frame.data) == (0, b"", data)

    def test_nested_frames_come_depth_first_with_their_callers(self) -> None:
        outer = calling(at(1)) + calling(at(3)) + asm("STOP")
        execution = self.run(outer, calling(at(2)) + asm("STOP"), asm("STOP"), asm("STOP"))
        assert [(f.target, f.caller, f.depth, f.parent) for f in execution.frames] == [
            (at(0), SENDER, 0, -1),
            (at(1), at(0), 1, 0),
            (at(2), at(1), 2, 1),
            (at(3), at(0), 1, 0),
        ]
        assert all(frame.committed for frame in execution.frames)

    def test_each_kind_of_call_is_told_apart_also_inside_a_static_one(self) -> None:
        inner = calling(at(2)) + calling(at(2), kind="DELEGATECALL") + asm("STOP")
        outer = calling(at(1), kind="STATICCALL") + calling(at(2), kind="CALLCODE") + asm("STOP")
        execution = self.run(outer, inner, asm("STOP"))
        assert [f.kind for f in execution.frames] == [
            FrameKind.CALL,
            FrameKind.STATICCALL,
            FrameKind.CALL,
            FrameKind.DELEGATECALL,
            FrameKind.CALLCODE,
        ]

    def test_a_delegatecall_runs_foreign_code_on_its_own_storage(self) -> None:
        execution = self.run(calling(at(1), kind="DELEGATECALL", data=b"\x09" * 32) + asm("STOP"), STORE_CALLDATA, value=3)
        frame = execution.frames[1]
        assert (frame.target, frame.code_address, frame.caller, frame.value) == (at(0), at(1), SENDER, 0)
        assert [(w.address, w.slot) for w in execution.writes] == [(at(0), 1)]
        assert [m.amount for m in execution.native] == [3]

    def test_what_an_inner_revert_undid_is_left_out_and_its_frames_say_so(self) -> None:
        inner = asm(5, 1, "SSTORE") + logging(1) + calling(at(2), value=1) + reverting(b"")
        outer = asm(4, 1, "SSTORE") + calling(at(1)) + logging(2) + asm("STOP")
        execution = self.run(outer, inner, logging(3) + asm("STOP"), balance=10)
        assert execution.succeeded
        assert [frame.committed for frame in execution.frames] == [True, False, False]
        assert [frame.error for frame in execution.frames] == [None, "Revert", None]
        assert [int.from_bytes(log.topics[0], "big") for log in execution.logs] == [2]
        assert [(w.address, w.value) for w in execution.writes] == [(at(0), 4)]
        assert execution.native == ()

    def test_wei_is_seen_at_any_depth(self) -> None:
        execution = self.run(calling(at(1), value=7) + asm("STOP"), calling(NOBODY, value=3) + asm("STOP"), value=9)
        assert [(m.sender, m.receiver, m.amount) for m in execution.native] == [
            (SENDER, at(0), 9),
            (at(0), at(1), 7),
            (at(1), NOBODY, 3),
        ]

    def test_logs_keep_their_order_and_topics(self) -> None:
        execution = self.run(logging(1, 2, data=b"a") + calling(at(1)) + logging(data=b"c") + asm("STOP"), logging(9, 8, 7, 6))
        assert [(log.index, log.address, len(log.topics), log.data) for log in execution.logs] == [
            (0, at(0), 2, b"a"),
            (1, at(1), 4, b""),
            (2, at(0), 0, b"c"),
        ]

    def test_the_last_committed_value_of_a_slot_is_the_one_reported(self) -> None:
        execution = self.run(asm(1, 5, "SSTORE", 2, 5, "SSTORE", 3, 6, "SSTORE"))
        assert [(w.slot, w.value) for w in execution.writes] == [(5, 2), (6, 3)]

    # creations and selfdestructs

    def test_a_creating_transaction_reports_its_contract(self) -> None:
        runtime, init = asm("STOP"), initcode(asm("STOP"))
        engine = self.make(genesis())
        execution = engine.execute(to(None, init, value=4))
        (creation,) = execution.creations
        assert execution.created == creation.address == execution.frames[0].target
        assert (creation.code_hash, creation.code_size) == (keccak(runtime), len(runtime))
        assert (creation.init_hash, creation.init_size) == (keccak(init), len(init))
        assert engine.account(creation.address).code == runtime
        assert [(m.receiver, m.amount) for m in execution.native] == [(creation.address, 4)]

    def test_a_creation_inside_a_creation_is_seen(self) -> None:
        innermost = initcode(asm("STOP"))
        middle = initcode(asm("STOP"), before=creating(innermost, value=1))
        execution = self.run(creating(middle, value=2, salt=7) + asm("STOP"), balance=5)
        assert [f.kind for f in execution.frames] == [FrameKind.CALL, FrameKind.CREATE2, FrameKind.CREATE]
        outer, inner = execution.creations
        assert (outer.creator, inner.creator) == (at(0), outer.address)
        assert [(m.sender, m.amount) for m in execution.native] == [(at(0), 2), (outer.address, 1)]

    def test_a_failed_creation_creates_nothing(self) -> None:
        engine = self.make(genesis())
        execution = engine.execute(to(None, reverting(b"x"), value=1))
        assert (execution.created, execution.creations, execution.native) == (None, (), ())
        assert execution.output == b"x"

    def test_a_selfdestruct_sends_its_balance_to_the_heir(self) -> None:
        execution = self.run(calling(at(1)) + asm("STOP"), asm(NOBODY, "SELFDESTRUCT"), balance=8)
        frame = execution.frames[2]
        assert (frame.kind, frame.caller, frame.target, frame.value) == (FrameKind.SELFDESTRUCT, at(1), NOBODY, 8)
        assert [(m.sender, m.receiver, m.amount, m.frame) for m in execution.native] == [(at(1), NOBODY, 8, 2)]

    def test_a_selfdestruct_that_is_rolled_back_sends_nothing(self) -> None:
        engine = self.make(genesis(calling(at(1)) + reverting(b""), asm(NOBODY, "SELFDESTRUCT"), balance=8))
        execution = engine.execute(to(at(0)))
        assert execution.native == ()
        assert [frame.committed for frame in execution.frames] == [False, False, False]
        assert engine.account(NOBODY).balance == 0

    def test_code_outlives_a_selfdestruct_unless_it_was_made_in_the_same_transaction(self) -> None:
        engine = self.make(genesis(asm(NOBODY, "SELFDESTRUCT"), balance=1))
        engine.execute(to(at(0)))
        assert engine.account(at(0)).code
        made = engine.execute(to(None, asm(7, 1, "SSTORE", NOBODY, "SELFDESTRUCT"), value=1))
        assert made.created is not None
        assert engine.account(made.created).code == b""
        assert made.writes == ()

    def test_watched_opcodes_name_the_code_that_ran_them(self) -> None:
        code = asm("ORIGIN", "POP") + calling(at(1), kind="DELEGATECALL") + asm("STOP")
        execution = self.run(code, asm("PREVRANDAO", "POP", 0, "BLOCKHASH", "STOP"))
        uses = {use.name: use for use in execution.opcodes}
        assert (uses["ORIGIN"].code_address, uses["ORIGIN"].pc, uses["ORIGIN"].depth) == (at(0), 0, 0)
        assert (uses["BLOCKHASH"].code_address, uses["BLOCKHASH"].depth) == (at(1), 1)
        assert set(uses) == {"ORIGIN", "DELEGATECALL", "PREVRANDAO", "BLOCKHASH"}

    def test_an_opcode_in_a_loop_is_reported_once(self) -> None:
        execution = self.make(genesis(asm("JUMPDEST", "ORIGIN", "POP", 0, "JUMP"))).execute(to(at(0), gas=100_000))
        assert [use.name for use in execution.opcodes] == ["ORIGIN"]

    # taking back

    def test_a_refused_transaction_leaves_no_trace_at_all(self) -> None:
        codes = (COUNTER + b"", STORE_CALLDATA, asm(1, 1, "TSTORE", 1, "TLOAD", 2, "SSTORE"))
        first = [to(at(0)), to(at(1), b"\x01" * 32)]
        rest = [to(at(2)), to(at(0)), to(at(1), b"\x02" * 32), to(None, initcode(COUNTER))]
        refused = [
            to(at(0)),
            to(at(1), b"\x03" * 32),
            to(at(2)),
            to(None, asm(1, 1, "SSTORE") + initcode(COUNTER), value=3),
            to(None, creating(initcode(asm(NOBODY, "SELFDESTRUCT")), salt=1) + asm("SELFDESTRUCT"), value=2),
            to(NOBODY, value=9),
            to(at(0), gas=22_000),
        ]
        plain, judged = self.make(genesis(*codes)), self.make(genesis(*codes))
        expected = [plain.execute(one) for one in first]
        assert [judged.execute(one) for one in first] == expected
        for one in refused:
            with anchor(judged):
                judged.execute(one)
        assert judged.pending == plain.pending
        assert [judged.execute(one) for one in rest] == [plain.execute(one) for one in rest]
        assert judged.seal() == plain.seal()

    def test_several_transactions_are_taken_back_as_one(self) -> None:
        plain, judged = self.make(genesis(COUNTER)), self.make(genesis(COUNTER))
        for engine in (plain, judged):
            engine.execute(to(at(0)))
        with anchor(judged):
            judged.execute(to(at(0)))
            judged.execute(to(None, initcode(COUNTER)))
            with anchor(judged) as keep:
                judged.execute(to(at(0)))
                keep()
        assert judged.execute(to(at(0))) == plain.execute(to(at(0)))
        assert judged.seal() == plain.seal()

    def test_a_snapshot_reaches_back_over_sealed_blocks(self) -> None:
        plain, judged = self.make(genesis(COUNTER)), self.make(genesis(COUNTER))
        for engine in (plain, judged):
            engine.execute(to(at(0)))
        point = judged.snapshot()
        judged.execute(to(at(0)))
        judged.seal()
        judged.set_time(START + 1_000)
        judged.execute(to(at(0)))
        judged.revert(point)
        assert judged.pending == plain.pending
        assert judged.head == plain.head
        assert judged.seal() == plain.seal()

    def test_what_is_kept_stays(self) -> None:
        engine = self.make(genesis(COUNTER))
        with anchor(engine) as keep:
            engine.execute(to(at(0)))
            keep()
        assert engine.storage(at(0), 0) == 1
        assert engine.seal().gas_used > 0

    def test_an_exception_inside_an_anchor_takes_back_what_was_to_be_kept(self) -> None:
        engine = self.make(genesis(COUNTER))
        with pytest.raises(ZeroDivisionError), anchor(engine) as keep:
            engine.execute(to(at(0)))
            keep()
            raise ZeroDivisionError
        assert engine.storage(at(0), 0) == 0

    def test_a_snapshot_can_be_used_once(self) -> None:
        engine = self.make(genesis())
        earlier, later = engine.snapshot(), engine.snapshot()
        engine.revert(earlier)
        for gone in (earlier, later):
            with pytest.raises(EngineError):
                engine.revert(gone)

    def test_a_view_sees_the_transaction_that_is_being_judged_and_leaves_nothing(self) -> None:
        plain, judged = self.make(genesis(COUNTER)), self.make(genesis(COUNTER))
        plain.execute(to(at(0)))
        with anchor(judged) as keep:
            judged.execute(to(at(0)))
            for _ in range(2):
                assert judged.call(at(0), b"").output == (2).to_bytes(32, "big")
            keep()
        assert judged.execute(to(at(0))) == plain.execute(to(at(0)))
        assert judged.seal() == plain.seal()

    def test_a_view_can_revert(self) -> None:
        engine = self.make(genesis(reverting(b"no")))
        viewed = engine.call(at(0), b"")
        assert (viewed.succeeded, viewed.error, viewed.output) == (False, "Revert", b"no")

    # what no block can hold

    def test_a_transaction_no_block_can_hold_is_refused_without_a_trace(self) -> None:
        plain, engine = self.make(genesis(COUNTER)), self.make(genesis(COUNTER))
        bad = [
            to(NOBODY, nonce=1),
            to(NOBODY, value=10_000 * ETHER),
            to(NOBODY, gas=20_999),
            to(NOBODY, b"\xff" * 1_000, gas=30_000),
            to(NOBODY, gas=10**12),
            to(None, b"\x00" * 50_000, gas=10_000_000),
            Transaction(b"\0" * 32, NOBODY),
        ]
        for one in bad:
            with pytest.raises(InputError) as caught:
                engine.execute(one)
            assert caught.value.do
        assert engine.execute(to(at(0))) == plain.execute(to(at(0)))
        assert engine.seal() == plain.seal()

    def test_malformed_bytes_are_not_a_transaction(self) -> None:
        engine = self.make(genesis())
        for raw in (b"", b"\x02", b"\x02\xc0", b"\xff" * 40, b"\xc0", b"\x05abc", b"\x02" + b"\xf8" * 50):
            with pytest.raises(InputError):
                engine.execute(raw)

    def test_a_transaction_signed_elsewhere_runs_like_ones_own(self) -> None:
        plain, engine = self.make(genesis(COUNTER)), self.make(genesis(COUNTER))
        expected = plain.execute(to(at(0)))
        assert engine.execute(expected.raw) == expected
        with pytest.raises(InputError):
            engine.execute(expected.raw)

    def test_a_transaction_for_another_chain_is_refused(self) -> None:
        with_id = Genesis(START, genesis().alloc, chain_id=99)
        raw = self.make(with_id).execute(to(NOBODY)).raw
        with pytest.raises(InputError, match="99"):
            self.make(genesis()).execute(raw)

    @pytest.mark.parametrize(
        "code", [LOOP, asm("JUMPDEST") + calling(at(0), gas=2**60) + asm("POP", 0, "JUMP")], ids=["jump", "call"]
    )
    def test_an_endless_loop_ends_at_the_time_budget_and_leaves_no_trace(self, code: bytes) -> None:
        swallowing = calling(at(0), gas=2**60) + asm(1, 1, "SSTORE", "STOP")
        plain, engine = (self.make(genesis(code, swallowing, COUNTER), seconds=0.2) for _ in range(2))
        for target in (at(0), at(1)):
            with pytest.raises(EngineError, match="time budget") as caught:
                engine.execute(to(target, gas=self.runaway_gas))
            assert caught.value.do
        assert engine.execute(to(at(2))) == plain.execute(to(at(2)))
        assert engine.seal() == plain.seal()

    def test_a_call_without_end_ends_at_the_time_budget_too(self) -> None:
        engine = self.make(genesis(LOOP), seconds=0.2)
        with pytest.raises(EngineError, match="time budget"):
            engine.call(at(0), b"", gas=30_000_000)

    # blocks and time

    def test_time_moves_one_second_per_block_and_by_order(self) -> None:
        code = asm("TIMESTAMP", 0, "MSTORE", 32, 0, "RETURN")
        engine = self.make(genesis(code))
        assert (engine.head.timestamp, engine.pending.timestamp) == (START, START + 1)
        engine.seal()
        assert engine.pending.timestamp == START + 2
        engine.set_time(START + 86_400)
        assert int.from_bytes(engine.execute(to(at(0))).output, "big") == START + 86_400
        assert engine.seal().timestamp == START + 86_400

    def test_time_never_moves_backwards_nor_under_a_transaction(self) -> None:
        engine = self.make(genesis())
        engine.seal()
        with pytest.raises(InputError):
            engine.set_time(START + 1)
        engine.execute(to(NOBODY))
        with pytest.raises(InputError):
            engine.set_time(START + 100)

    def test_blocks_are_chained_and_know_their_transactions(self) -> None:
        engine = self.make(genesis(COUNTER))
        first = [engine.execute(to(at(0))) for _ in range(3)]
        one = engine.seal()
        two = engine.seal()
        assert (one.number, two.number, two.parent_hash) == (1, 2, one.hash)
        assert one.transactions == tuple(execution.hash for execution in first)
        assert one.gas_used == sum(execution.gas_used for execution in first)
        assert two.state_root == one.state_root

    def test_a_contract_sees_the_hashes_of_earlier_blocks_twice_alike(self) -> None:
        code = asm(1, "BLOCKHASH", 0, "MSTORE", 0, "BLOCKHASH", 32, "MSTORE", 64, 0, "RETURN")
        engine = self.make(genesis(code))
        zero, one = engine.head, engine.seal()
        for _ in range(2):
            assert engine.execute(to(at(0))).output == one.hash + zero.hash

    def test_fees_are_paid_from_the_senders_balance(self) -> None:
        engine = self.make(genesis(base_fee=1_000))
        execution = engine.execute(to(NOBODY, tip=5))
        assert execution.gas_price == engine.pending.base_fee + 5
        assert engine.account(SENDER).balance == 1_000 * ETHER - 21_000 * execution.gas_price
        assert engine.account(COINBASE).balance == 1 + 21_000 * 5

    def test_whoever_has_nothing_can_act_while_gas_is_free(self) -> None:
        engine = self.make(genesis(COUNTER))
        assert engine.execute(Transaction((77).to_bytes(32, "big"), at(0))).succeeded

    def test_a_closed_engine_can_be_closed_again(self) -> None:
        engine = self.make(genesis())
        engine.close()
        engine.close()
