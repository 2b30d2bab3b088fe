"""An answer of a contract stands exactly as long as nothing it was made of has changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits
from sandbox.engines.base import Account, Genesis
from sandbox.engines.pyevm.development import DevEngine
from tests.engines.assembler import asm, calling

HERE = Address("0x" + "aa" * 20)
THERE = Address("0x" + "bb" * 20)
_WORD = asm(0, "MSTORE", 32, 0, "RETURN")
SLOT = asm(0, "SLOAD") + _WORD
OTHERS = calling(THERE) + asm("POP", 32, 0, 0, "RETURNDATACOPY", 32, 0, "RETURN")


class Counting(DevEngine):
    """Counts the views that were run."""

    ran = 0

    def _view(self, *question: Any) -> Any:
        self.ran += 1
        return super()._view(*question)


@pytest.fixture
def engine() -> Iterator[Counting]:
    made = Counting(Genesis(1_800_000_000, {HERE: Account(code=SLOT), THERE: Account(BaseUnits(7), code=SLOT)}))
    yield made
    made.close()


def answer(engine: Counting, to: Address = HERE) -> int:
    return int.from_bytes(engine.call(to, b"").output, "big")


def test_a_view_is_not_run_again_while_what_it_read_stands(engine: Counting) -> None:
    assert [answer(engine) for _ in range(3)] == [0, 0, 0]
    engine.seal()
    engine.alter(THERE, slots={0: 9})
    assert (answer(engine), engine.ran) == (0, 1)


def test_a_slot_that_changed_changes_the_answer_and_changes_it_back(engine: Counting) -> None:
    values = []
    for value in (5, 6, 5, 0):
        engine.alter(HERE, slots={0: value})
        values.append(answer(engine))
    assert values == [5, 6, 5, 0]


def test_an_answer_depends_on_the_storage_and_the_code_of_contracts_it_called(engine: Counting) -> None:
    engine.alter(HERE, code=OTHERS)
    assert answer(engine) == 0
    engine.alter(THERE, slots={0: 4})
    assert answer(engine) == 4
    engine.alter(THERE, code=asm(8) + _WORD)
    assert answer(engine) == 8


@pytest.mark.parametrize("what", ["TIMESTAMP", "NUMBER", "PREVRANDAO"])
def test_an_answer_that_looks_at_the_block_does_not_outlast_it(engine: Counting, what: str) -> None:
    engine.alter(HERE, code=asm(what) + _WORD)
    first = answer(engine)
    assert answer(engine) == first and engine.ran == 1
    engine.seal()
    assert answer(engine) != first


def test_a_balance_that_changed_changes_the_answer(engine: Counting) -> None:
    engine.alter(HERE, code=asm(THERE, "BALANCE") + _WORD)
    assert answer(engine) == 7
    engine.alter(THERE, balance=8)
    assert answer(engine) == 8


def test_what_a_view_wrote_is_neither_kept_nor_taken_for_what_it_read(engine: Counting) -> None:
    engine.alter(HERE, code=asm(0, "SLOAD", 1, "ADD DUP1", 0, "SSTORE") + _WORD)
    assert [answer(engine), answer(engine)] == [1, 1]
    assert engine.storage(HERE, 0) == 0
    engine.alter(HERE, slots={0: 1})
    assert answer(engine) == 2


def test_questions_that_differ_in_anything_have_answers_of_their_own(engine: Counting) -> None:
    engine.alter(HERE, code=asm("CALLER", "CALLVALUE ADD", 0, "CALLDATALOAD ADD") + _WORD)
    engine.alter(ZERO_ADDRESS, balance=10)
    engine.alter(Address("0x" + "00" * 19 + "01"), balance=10)
    one = int.from_bytes(engine.call(HERE, b"", sender=Address("0x" + "00" * 19 + "01")).output, "big")
    paid = int.from_bytes(engine.call(HERE, b"", value=3).output, "big")
    asked = int.from_bytes(engine.call(HERE, (4).to_bytes(32, "big")).output, "big")
    assert (answer(engine), one, paid, asked) == (0, 1, 3, 4)
