"""Tolerance (宽容): 行政处罚法 Art. 33 as a table of outcomes and of what bars each.

The order is: record, correct, decide. Eligibility is computed; only the regulator decides. An exempted violation stays on
record and counts as a prior; nothing is ever exempted on a red line or on the no-tolerance list.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from sandbox.domain.limits import Grade
from sandbox.domain.terms import WHOLE, Terms
from sandbox.domain.units import Value
from sandbox.domain.working_days import DAY


class Outcome(enum.StrEnum):
    """How a violation can end. The three exemptions are those of Art. 33: minor and without harm, mandatory; first offence with
    slight harm, discretionary; no subjective fault, proven by the party."""

    NO_PENALTY_MINOR = "no_penalty_minor"
    NO_PENALTY_FIRST = "no_penalty_first"
    NO_PENALTY_NO_FAULT = "no_penalty_no_fault"
    PENALTY = "penalty"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Rectification:
    """What the firm filed to correct a violation, and whether a regulator found it sufficient (None: not looked at yet)."""

    text: str
    hash: str
    by: str
    time: int
    satisfied: bool | None = None
    verified_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """How a violation ended, for good. education: what the firm was taught (Art. 33: 应当对当事人进行教育)."""

    outcome: Outcome
    reason: str
    education: str
    by: str
    time: int


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation on record. code: of the rule. ref: where it was observed (a finding, an obligation). harm: a Value.
    tolerable: whether the rule is. deadline: unix seconds. no_fault: hash or text of the firm's evidence."""

    number: int
    code: str
    grade: Grade
    ref: str
    harm: Value
    tolerable: bool
    detail: str
    opened_at: int
    deadline: int
    rectifications: tuple[Rectification, ...] = ()
    no_fault: str = ""
    decision: Decision | None = None

    @property
    def dismissed(self) -> bool:
        """Decided to be no violation at all."""
        return self.decision is not None and self.decision.outcome is Outcome.DISMISSED

    @property
    def exempted(self) -> bool:
        """Decided without penalty under Art. 33."""
        return self.decision is not None and self.decision.outcome in EXEMPTIONS

    @property
    def verified(self) -> bool:
        """The latest rectification was found sufficient."""
        return bool(self.rectifications) and self.rectifications[-1].satisfied is True

    @property
    def corrected(self) -> bool:
        """Corrected in time (及时改正): what was found sufficient had been filed by the deadline."""
        return self.verified and self.rectifications[-1].time <= self.deadline

    @property
    def settled(self) -> bool:
        """Nothing left to do: verified and decided, or dismissed."""
        return self.dismissed or (self.verified and self.decision is not None)

    def awaits_correction(self, now: int) -> bool:
        """A correction in time is still possible: the deadline lies ahead, or what was filed by it is not looked at yet."""
        unseen = bool(self.rectifications) and self.rectifications[-1].satisfied is None
        return not self.verified and (now <= self.deadline or (unseen and self.rectifications[-1].time <= self.deadline))

    def overran(self, now: int) -> bool:
        """The deadline is past and no correction stands."""
        return not (self.settled or self.verified or self.awaits_correction(now))


class Reason(enum.StrEnum):
    """Why an exemption is barred; sentences in `REASONS`."""

    RED_LINE = "red_line"
    NO_TOLERANCE_LIST = "no_tolerance_list"
    NOT_TOLERABLE = "not_tolerable"
    OUTSIDE_PERIOD = "outside_period"
    NOT_MINOR = "not_minor"
    NOT_FIRST = "not_first"
    NOT_SLIGHT = "not_slight"
    NOT_HARMLESS = "not_harmless"
    NOT_CORRECTED = "not_corrected"
    NO_CLAIM = "no_claim"


REASONS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.RED_LINE: ("触及红线（S4），一律不适用宽容。", "It crossed a red line (S4), which is never tolerated."),
    Reason.NO_TOLERANCE_LIST: ("属于不予宽容清单所列情形。", "It is on the list of what is never tolerated."),
    Reason.NOT_TOLERABLE: ("该规则不在可宽容范围内。", "Its rule is not one that may be tolerated."),
    Reason.OUTSIDE_PERIOD: ("发生在宽容期之外。", "It happened outside the tolerance period."),
    Reason.NOT_MINOR: ("违规等级不是轻微（S1）。", "Its grade is not minor (S1)."),
    Reason.NOT_FIRST: ("回溯期内已有同类违规，不属于初次。", "There is an earlier violation of its kind within the lookback."),
    Reason.NOT_SLIGHT: ("危害后果超过轻微标准。", "Its harm is more than slight."),
    Reason.NOT_HARMLESS: ("造成了危害后果。", "It did harm."),
    Reason.NOT_CORRECTED: ("未在期限内改正并经核验。", "It was not corrected by the deadline and verified."),
    Reason.NO_CLAIM: ("当事人未提交没有主观过错的证据。", "The firm has handed in no evidence that it was not at fault."),
}
"""reason -> sentence in Chinese and English."""

NO_TOLERANCE: Final[Mapping[str, tuple[str, str]]] = {
    "whitelist": ("价值流向未登记身份", "Value moved to or by an unknown identity"),
    "investor_class": ("价值流向不合格投资者", "Value moved to an investor class not permitted"),
    "jurisdiction": ("价值流向准入地域之外", "Value moved outside the permitted jurisdictions"),
    "asset_class": ("交易未准入的资产类别", "Value moved in an instrument not permitted"),
    "allowed_contracts": ("未登记合约转移价值", "An unregistered contract moved value"),
    "privileged_op": ("无申请的特权操作（含擅自增发）", "A privileged operation without request, minting included"),
    "supply_integrity": ("供应量与事件不符", "Supply and events disagree"),
    "loss_floor": ("客户损失超过补偿准备", "Clients' loss exceeds the compensation reserve"),
    "supervision_evasion": ("规避或解除监管", "Supervision evaded or disabled"),
    "misreport": ("虚假或误导性申报", "A false or misleading report or declaration"),
    "misappropriation": ("挪用客户资金", "Clients' funds misappropriated"),
    "sanctions": ("命中制裁或反洗钱名单", "A hit on a sanctions or anti-money-laundering list"),
    "inspection_refused": ("拒绝检查", "An inspection refused"),
}
"""code -> why it is never tolerated (不予宽容清单), in Chinese and English. Whether value moved is not asked: what is on
the list stays barred, and a finding that was none is dismissed."""


class Ledger(Protocol):
    """What eligibility is computed from: a dossier."""

    @property
    def violations(self) -> tuple[Violation, ...]:
        """All of them, in the order in which they were opened."""

    @property
    def first_active_at(self) -> int | None:
        """Start of the tolerance period, None while the test has not begun."""


@dataclass(frozen=True, slots=True)
class Eligible:
    """These exemptions are open to the regulator. mandatory: one of them must be granted."""

    outcomes: tuple[Outcome, ...]
    mandatory: bool


@dataclass(frozen=True, slots=True)
class NotEligible:
    """No exemption is open, for these reasons."""

    reasons: tuple[Reason, ...]


Eligibility = Eligible | NotEligible

_Test = Callable[[Violation, Ledger, Terms], bool]


def is_first(violation: Violation, ledger: Ledger, terms: Terms) -> bool:
    """No earlier violation of the same code within the lookback `(t - W, t]`. One that was exempted counts, and so does one
    that is not decided yet; one that was dismissed does not."""
    horizon = violation.opened_at - terms.lookback_days * DAY
    return not any(
        prior.code == violation.code and prior.number < violation.number and prior.opened_at > horizon and not prior.dismissed
        for prior in ledger.violations
    )


def within_period(violation: Violation, ledger: Ledger, terms: Terms) -> bool:
    """It was opened in the tolerance period, whose both ends count."""
    start = ledger.first_active_at
    return start is not None and start <= violation.opened_at <= start + terms.tolerance_days * DAY


_TESTS: Final[Mapping[Reason, _Test]] = {
    Reason.RED_LINE: lambda violation, _, __: violation.grade < Grade.S4,
    Reason.NO_TOLERANCE_LIST: lambda violation, _, __: violation.code not in NO_TOLERANCE,
    Reason.NOT_TOLERABLE: lambda violation, _, __: violation.tolerable,
    Reason.OUTSIDE_PERIOD: within_period,
    Reason.NOT_MINOR: lambda violation, _, __: violation.grade <= Grade.S1,
    Reason.NOT_FIRST: is_first,
    Reason.NOT_SLIGHT: lambda violation, _, terms: violation.harm <= terms.slight_harm,
    Reason.NOT_HARMLESS: lambda violation, _, __: violation.harm == 0,
    Reason.NOT_CORRECTED: lambda violation, _, __: violation.corrected,
    Reason.NO_CLAIM: lambda violation, _, __: bool(violation.no_fault),
}
"""reason -> the test that must hold for the reason not to apply."""

_FLOOR: Final = (Reason.RED_LINE, Reason.NO_TOLERANCE_LIST)

EXEMPTIONS: Final[Mapping[Outcome, tuple[Reason, ...]]] = {
    Outcome.NO_PENALTY_MINOR: (*_FLOOR, Reason.NOT_TOLERABLE, Reason.NOT_MINOR, Reason.NOT_HARMLESS, Reason.NOT_CORRECTED),
    Outcome.NO_PENALTY_FIRST: (
        *_FLOOR,
        Reason.NOT_TOLERABLE,
        Reason.OUTSIDE_PERIOD,
        Reason.NOT_MINOR,
        Reason.NOT_FIRST,
        Reason.NOT_SLIGHT,
        Reason.NOT_CORRECTED,
    ),
    Outcome.NO_PENALTY_NO_FAULT: (*_FLOOR, Reason.NO_CLAIM),
}
"""exemption -> what bars it. The first and the last are law at any time; the tolerance period (宽容期) and the lookback belong
to the discretionary one alone."""

CLAUSES: Final[Mapping[Outcome, str]] = {
    Outcome.NO_PENALTY_MINOR: "行政处罚法第三十三条第一款前段",
    Outcome.NO_PENALTY_FIRST: "行政处罚法第三十三条第一款后段",
    Outcome.NO_PENALTY_NO_FAULT: "行政处罚法第三十三条第二款",
}
"""exemption -> the clause it rests on."""


def bars(outcome: Outcome, violation: Violation, ledger: Ledger, terms: Terms) -> Iterator[Reason]:
    """Everything that stands against this exemption, in order; nothing for PENALTY and DISMISSED."""
    return (reason for reason in EXEMPTIONS.get(outcome, ()) if not _TESTS[reason](violation, ledger, terms))


def eligibility(violation: Violation, ledger: Ledger, terms: Terms) -> Eligibility:
    """Which exemptions are open. When none is, the reasons are those against the first-offence exemption (首错免罚)."""
    barred = {outcome: tuple(bars(outcome, violation, ledger, terms)) for outcome in EXEMPTIONS}
    outcomes = tuple(outcome for outcome, reasons in barred.items() if not reasons)
    if outcomes:
        return Eligible(outcomes, mandatory=Outcome.NO_PENALTY_MINOR in outcomes)
    return NotEligible(barred[Outcome.NO_PENALTY_FIRST])


def correctable(violation: Violation, ledger: Ledger, terms: Terms, now: int) -> bool:
    """A timely correction is still possible and would open an exemption: too early to punish (责令改正在先)."""
    only = (Reason.NOT_CORRECTED,)
    return violation.awaits_correction(now) and any(
        tuple(bars(outcome, violation, ledger, terms)) == only for outcome in EXEMPTIONS
    )


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of something."""

    numerator: int
    denominator: int

    @property
    def basis_points(self) -> int:
        """The share, rounded down; 0 of nothing."""
        return self.numerator * WHOLE // self.denominator if self.denominator else 0


@dataclass(frozen=True, slots=True)
class ToleranceRates:
    """exemption: exempted among those decided to be violations. repeat: not the first of their kind among all not dismissed."""

    exemption: Rate
    repeat: Rate


def rates(ledger: Ledger, terms: Terms) -> ToleranceRates:
    """How often the regulator exempts and how often the firm repeats, so that tolerance which breeds violations shows."""
    standing = [violation for violation in ledger.violations if not violation.dismissed]
    decided = [violation for violation in standing if violation.decision is not None]
    repeated = [violation for violation in standing if not is_first(violation, ledger, terms)]
    exempted = [violation for violation in decided if violation.exempted]
    return ToleranceRates(Rate(len(exempted), len(decided)), Rate(len(repeated), len(standing)))
