"""Every rule that judges transactions, at its bound and one beyond it; those judged elsewhere have tables of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from sandbox.domain.effects import Effects, FrameKind, Measured
from sandbox.domain.limits import (
    CATALOGUE,
    Allowed,
    Amount,
    AmountPer,
    Bound,
    Count,
    CountPer,
    Forbidden,
    Grade,
    Hold,
    Mode,
    Rates,
    Required,
    Resources,
    Span,
    Timing,
)
from sandbox.domain.policy import Orders, Policy
from sandbox.domain.rules import BY_CODE, RULES, elsewhere
from sandbox.domain.supervision import Allow, Block, Flag, judge
from sandbox.domain.units import Seconds
from tests.domain import test_admission, test_rules_block, test_rules_clock
from tests.domain.builders import (
    AGENT,
    ALICE,
    BOB,
    CAROL,
    DAY,
    ISSUER,
    LIBRARY,
    MALLORY,
    ROGUE,
    START,
    VAULT,
    book_of,
    burn,
    by_other_wallet,
    cny,
    codes,
    contents,
    creation,
    findings,
    frame,
    mint,
    move,
    opcode,
    policy,
    transaction,
    wei,
)


@dataclass(frozen=True)
class Case:
    """A bound, what came before, the last transaction that keeps within it and the first that does not. grade: of that one,
    which is more than the rule's own where the smallest step past the bound is a large one."""

    bound: Bound
    keeps: Effects
    breaks: Effects
    observed: str
    grade: Grade
    history: tuple[Effects, ...] = ()
    orders: Orders = Orders()


def issue(receiver: str, amount: int, time: int = START) -> Effects:
    return transaction(mint(receiver, amount), sender=ISSUER, time=time)  # type: ignore[arg-type]


def measured(to: str, amount: int) -> Measured:
    return Measured("drawn", to, ALICE, amount, 0)


NESTED = (frame(), frame(index=1, depth=1, parent=0), frame(VAULT, "deposit", index=2, depth=2, parent=1))
INTO_LIBRARY = frame(index=1, depth=1, parent=0, kind=FrameKind.DELEGATECALL, code_address=LIBRARY)
INTO_ROGUE = frame(index=1, depth=1, parent=0, kind=FrameKind.DELEGATECALL, code_address=ROGUE)

CASES = {
    "max_clients": Case(
        Count(2), issue(BOB, 1), transaction(mint(BOB), mint(CAROL), sender=ISSUER), "3", Grade.S3, (issue(ALICE, 1),)
    ),
    "max_client_exposure": Case(Amount(cny(100)), issue(ALICE, 10), issue(ALICE, 11), "110", Grade.S2),
    "max_total_exposure": Case(Amount(cny(100)), issue(BOB, 4), issue(BOB, 5), "110", Grade.S3, (issue(ALICE, 6),)),
    "wind_down_trigger": Case(Amount(cny(100)), issue(BOB, 3), issue(BOB, 4), "100", Grade.S3, (issue(ALICE, 6),)),
    "max_tx_amount": Case(Amount(cny(100)), issue(ALICE, 10), issue(ALICE, 11), "110", Grade.S1),
    "max_client_volume": Case(
        AmountPer(cny(100), DAY),
        transaction(move(ALICE, BOB, 4), time=START + 1),
        transaction(move(ALICE, BOB, 5), time=START + 1),
        "110",
        Grade.S1,
        (issue(ALICE, 50), transaction(move(ALICE, BOB, 6))),
    ),
    "max_pilot_volume": Case(
        AmountPer(cny(100), DAY), issue(BOB, 4, START + 1), issue(BOB, 5, START + 1), "110", Grade.S2, (issue(ALICE, 6),)
    ),
    "max_tx_rate": Case(
        CountPer(2, DAY),
        transaction(time=START + DAY),
        transaction(time=START + DAY - 1),
        "3",
        Grade.S2,
        (transaction(time=START), transaction(time=START + 1)),
    ),
    "max_issue_size": Case(Amount(cny(100)), issue(BOB, 4), issue(BOB, 5), "110", Grade.S3, (issue(ISSUER, 6),)),
    "concentration": Case(
        Count(5_000), issue(ALICE, 1), issue(ALICE, 2), "5001", Grade.S1, (issue(ALICE, 4_999), issue(BOB, 5_000))
    ),
    "holder_count": Case(
        Count(2),
        transaction(move(ALICE, CAROL, 5)),
        transaction(move(ALICE, CAROL, 4)),
        "3",
        Grade.S3,
        (issue(ALICE, 5), issue(BOB, 5)),
    ),
    "whitelist": Case(
        Required(True), transaction(move(ALICE, BOB)), transaction(move(ALICE, MALLORY)), "receiver unknown", Grade.S3
    ),
    "investor_class": Case(
        Allowed(frozenset({"qualified"})), transaction(mint(ALICE)), transaction(mint(BOB)), "retail", Grade.S3
    ),
    "jurisdiction": Case(Allowed(frozenset({"CN"})), transaction(mint(ALICE)), transaction(mint(BOB)), "SG", Grade.S3),
    "asset_class": Case(
        Allowed(frozenset({"bond"})), transaction(), transaction(move(ALICE, BOB)), "equity", Grade.S3
    ),
    "allowed_contracts": Case(
        Required(True), transaction(), transaction(frames=[frame(ROGUE)], target=ROGUE), "unregistered code", Grade.S3
    ),
    "allowed_functions": Case(
        Required(True), transaction(), transaction(frames=[frame(data=b"\xde\xad\xbe\xef")]), "0xdeadbeef", Grade.S1
    ),
    "price_rate_cap": Case(
        Rates(1_500, 100),
        transaction(measured=[measured("rate", 1_500), measured("fee", 100)]),
        transaction(measured=[measured("rate", 1_501), measured("fee", 100)]),
        "1501",
        Grade.S2,
    ),
    "min_holding": Case(
        Hold(DAY),
        transaction(move(ALICE, BOB, 1), time=START + DAY),
        transaction(move(ALICE, BOB, 1), time=START + DAY - 1),
        "1 of shares held for less",
        Grade.S2,
        (issue(ALICE, 10),),
    ),
    "loss_floor": Case(
        Amount(cny(100)),
        transaction(measured=[measured("loss", 40)]),
        transaction(measured=[measured("loss", 41)]),
        "101",
        Grade.S4,
        (transaction(measured=[measured("loss", 60)]),),
    ),
    "supervisory_order": Case(
        Required(True),
        transaction(sender=ALICE),
        transaction(sender=BOB),
        "takes part",
        Grade.S3,
        orders=Orders(frozen=frozenset({"C-bob"})),
    ),
    "time_box": Case(
        Span(DAY), transaction(time=START + DAY), transaction(time=START + DAY + 1), str(DAY + 1), Grade.S3
    ),
    "privileged_op": Case(
        Required(True),
        transaction(mint(ALICE), sender=ISSUER, frames=[frame(function="mint")], request="REQ-1"),
        transaction(mint(ALICE), sender=AGENT, frames=[frame(function="mint")], request="REQ-1"),
        "mint by agent",
        Grade.S3,
    ),
    "resource": Case(
        Resources(50_000, 100), transaction(data=b"\x01" * 100), transaction(gas_used=50_001), "50001", Grade.S1
    ),
    "opcodes": Case(
        Forbidden(frozenset({"SELFDESTRUCT"})),
        transaction(opcodes=[opcode("CREATE2")]),
        transaction(opcodes=[opcode("SELFDESTRUCT")]),
        "SELFDESTRUCT",
        Grade.S2,
    ),
    "call_targets": Case(
        Allowed(frozenset({"Token"})),
        transaction(),
        transaction(frames=[frame(), frame(VAULT, "deposit", index=1, depth=1, parent=0)]),
        "Vault",
        Grade.S2,
    ),
    "call_depth": Case(Count(1), transaction(frames=NESTED[:2]), transaction(frames=NESTED), "2", Grade.S3),
    "creations": Case(
        Count(1), transaction(creations=[creation()]), transaction(creations=[creation(), creation(ROGUE)]), "2", Grade.S3
    ),
    "delegatecall": Case(
        Required(True),
        transaction(frames=[frame(), INTO_LIBRARY]),
        transaction(frames=[frame(), INTO_ROGUE]),
        "delegatecall",
        Grade.S2,
    ),
    "frame_value": Case(
        Count(100),
        transaction(native=[wei(ALICE, BOB, 100), wei(ALICE, BOB, 100)]),
        transaction(native=[wei(ALICE, BOB, 1), wei(ALICE, BOB, 101)]),
        "101",
        Grade.S2,
    ),
    "code_size": Case(
        Count(100), transaction(creations=[creation(size=100)]), transaction(creations=[creation(size=101)]), "101", Grade.S2
    ),
    "gas_budget": Case(
        CountPer(100_000, DAY),
        transaction(gas_used=50_000, time=START + 1),
        transaction(gas_used=50_001, time=START + 1),
        "100001",
        Grade.S1,
        (transaction(gas_used=50_000),),
    ),
    "duration_budget": Case(
        Span(Seconds(60)), transaction(time=START + 60), transaction(time=START + 61), "61", Grade.S1, (transaction(),)
    ),
}
each_case = pytest.mark.parametrize("limit", CASES)
PREVENTIVE = [code for code in CASES if BY_CODE[code].timing is Timing.PREVENTIVE]


def under(limit: str, mode: Mode = Mode.ENFORCE) -> Policy:
    """The pilot under the case's bound and orders."""
    return replace(policy(mode, **{limit: CASES[limit].bound}), orders=CASES[limit].orders)


ELSEWHERE = {*test_rules_block.CASES, *test_rules_clock.CASES, *test_admission.CASES}


def test_every_rule_has_its_last_keeping_and_first_breaking_case_here_or_where_it_is_judged() -> None:
    assert set(CASES) | ELSEWHERE == set(BY_CODE)
    assert not set(CASES) & ELSEWHERE
    assert {rule.code for rule in RULES if rule.check is elsewhere} == ELSEWHERE
    assert {rule.code for rule in RULES if rule.at_block is not None} == set(test_rules_block.CASES)


@each_case
def test_a_transaction_at_the_bound_is_allowed(limit: str) -> None:
    case = CASES[limit]
    assert judge(under(limit), book_of(*case.history), case.keeps).verdict == Allow()


@each_case
def test_a_transaction_one_beyond_the_bound_is_found_with_observed_value_and_grade(limit: str) -> None:
    case = CASES[limit]
    (finding,) = findings(under(limit), case.breaks, book_of(*case.history))
    assert (finding.code, finding.observed, finding.grade) == (limit, case.observed, case.grade)
    assert finding.base_grade is BY_CODE[limit].grade
    assert finding.why or finding.grade is finding.base_grade
    assert finding.refused is (limit in PREVENTIVE)


@each_case
def test_without_the_limit_nothing_is_found(limit: str) -> None:
    case = CASES[limit]
    assert judge(replace(policy(), orders=case.orders), book_of(*case.history), case.breaks).verdict == Allow()


@each_case
def test_the_ladder_changes_the_verdict_and_neither_the_finding_nor_the_counters(limit: str) -> None:
    case = CASES[limit]
    judged = {mode: judge(under(limit, mode), book_of(*case.history), case.breaks) for mode in Mode}
    enforced = Block if limit in PREVENTIVE else Flag
    assert [type(judged[mode].verdict) for mode in Mode] == [Allow, Flag, enforced]
    said = {(f.code, f.grade, f.observed, f.bound, f.who) for j in judged.values() for f in j.findings}
    assert len(said) == 1 and all(len(j.findings) == 1 for j in judged.values())
    books = []
    for judgement in judged.values():
        book = book_of(*case.history)
        book.apply(judgement.draft)
        books.append(contents(book))
    assert books[0] == books[1] == books[2]


@each_case
def test_judging_leaves_the_book_untouched_whatever_the_verdict(limit: str) -> None:
    case = CASES[limit]
    book = book_of(*case.history)
    before = contents(book)
    for effects in (case.keeps, case.breaks):
        judge(under(limit), book, effects)
    assert contents(book) == before


@pytest.mark.parametrize("limit", [code for code, case in CASES.items() if isinstance(case.bound, Required)])
def test_a_duty_that_is_off_finds_nothing(limit: str) -> None:
    off = replace(policy(**{limit: Required(False)}), orders=CASES[limit].orders)
    assert codes(off, CASES[limit].breaks) == []


@each_case
def test_another_wallet_of_the_same_client_changes_no_finding(limit: str) -> None:
    case = CASES[limit]
    book = book_of(*case.history)
    assert judge(under(limit), book, by_other_wallet(case.keeps)).verdict == Allow()
    one, other = (findings(under(limit), effects, book) for effects in (case.breaks, by_other_wallet(case.breaks)))
    assert one == other


def test_every_limit_of_the_catalogue_has_exactly_one_rule_and_no_rule_lacks_a_limit() -> None:
    assert sorted(rule.code for rule in RULES) == sorted(spec.id for spec in CATALOGUE)
    assert len(BY_CODE) == len(RULES) == 38


@pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.id)
def test_every_limit_has_a_title_in_both_languages_and_a_unit(spec: object) -> None:
    assert spec.zh.strip() and spec.en.strip() and spec.unit  # type: ignore[attr-defined]
    assert not spec.zh.isascii() and spec.en.isascii()  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_names_its_source_and_only_minor_ones_are_tolerable(rule: object) -> None:
    assert rule.source.strip() and rule.spec.id == rule.code  # type: ignore[attr-defined]
    assert not rule.tolerable or rule.grade <= Grade.S1  # type: ignore[attr-defined]
    assert rule.grade <= rule.ceiling  # type: ignore[attr-defined]


def test_burning_what_is_held_makes_room_again() -> None:
    under = policy(max_total_exposure=Amount(cny(100)))
    assert codes(under, issue(BOB, 1), book_of(issue(ALICE, 10))) == ["max_total_exposure"]
    assert codes(under, issue(BOB, 1), book_of(issue(ALICE, 10), transaction(burn(ALICE, 1)))) == []
