"""What a transaction would come to, and the room it leaves."""

from __future__ import annotations

import pytest

from sandbox.domain.asking import Answer, answer, headrooms
from sandbox.domain.book import Book
from sandbox.domain.effects import Effects
from sandbox.domain.limits import Amount, Bound, Count, Mode, Required
from sandbox.domain.reading import Reading
from sandbox.domain.supervision import judge
from tests.domain.builders import ALICE, BOB, MALLORY, cny, mint, move, policy, take, transaction


def ask(effects: Effects, mode: Mode = Mode.ENFORCE, /, **bounds: Bound) -> Answer:
    """Alice holds 50 shares at 10 CNY; then this is asked."""
    under, book = policy(mode, **bounds), Book()
    take(policy(max_clients=Count(99)), book, transaction(mint(ALICE, 50)))
    return answer("alice: transfer", effects, judge(under, book, effects), "CNY", "<what-if>:1:1")


def test_a_transaction_within_its_limits_passes_and_tells_the_room_after_it() -> None:
    said = ask(transaction(move(ALICE, BOB, 20)), max_tx_amount=Amount(cny(300)))
    assert (said.status, said.passes, said.findings) == ("success", True, ())
    (row,) = said.headroom
    assert (row.limit, row.observed, row.bound, row.room, row.unit) == ("max_tx_amount", "200", "300", "100", "money")
    assert (row.share, row.who) == (6_667, "C-alice")  # rounded up: never less used than it is


def test_one_beyond_a_limit_is_refused_and_the_room_is_below_zero() -> None:
    said = ask(transaction(move(ALICE, BOB, 31)), max_tx_amount=Amount(cny(300)))
    assert (said.status, said.passes) == ("blocked", False)
    assert [(f.code, f.observed, f.bound) for f in said.findings] == [("max_tx_amount", "310", "300")]
    assert said.headroom[0].room == "-10" and said.headroom[0].share == 10_334


@pytest.mark.parametrize(("mode", "status"), [(Mode.WARN, "flagged"), (Mode.OBSERVE, "success")])
def test_a_milder_mode_lets_it_pass_and_tells_the_finding(mode: Mode, status: str) -> None:
    said = ask(transaction(move(ALICE, BOB, 31)), mode, max_tx_amount=Amount(cny(300)))
    assert (said.status, said.passes, len(said.findings)) == (status, True, 1)


def test_a_revert_does_not_pass_and_says_why() -> None:
    said = ask(transaction(reverted=True), max_clients=Count(9))
    assert (said.status, said.passes, said.reverted) == ("reverted", False, "no")


def test_near_a_limit_is_a_warning_beside_the_verdict() -> None:
    said = ask(transaction(move(ALICE, BOB, 29)), max_tx_amount=Amount(cny(300)))
    assert said.passes and [warning.code for warning in said.warnings] == ["max_tx_amount"]


def test_questions_of_yes_and_no_have_no_room() -> None:
    said = ask(transaction(move(ALICE, MALLORY)), whitelist=Required(True))
    assert said.status == "blocked" and said.headroom == ()


def test_the_limit_nearest_to_its_bound_stands_first_and_one_that_allows_nothing_before_it() -> None:
    rows = headrooms(
        {"max_clients": Reading(1, 4, False), "call_depth": Reading(3, 4, False), "creations": Reading(0, 0, False)}
    )
    assert [row.limit for row in rows] == ["creations", "call_depth", "max_clients"]
    assert rows[0].share is None


def test_a_floor_counts_the_other_way_round() -> None:
    (row,) = headrooms({"reserve": Reading(9_500, 10_000, True, least=True)})
    assert row.room == "-500"


def test_plain_data_has_a_key_for_everything() -> None:
    data = ask(transaction(move(ALICE, BOB, 31)), max_tx_amount=Amount(cny(300))).as_data()
    assert data["passes"] is False and data["where"] == "<what-if>:1:1"
    assert data["headroom"] == [
        {
            "limit": "max_tx_amount", "observed": "310", "bound": "300", "headroom": "-10", "unit": "money", "share_bp": 10_334,
            "who": "C-alice",
        }
    ]  # fmt: skip
