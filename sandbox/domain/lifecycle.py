"""Life cycle: TRANSITIONS, every arrow a pilot can move along, and the launch gates.

Synthesis (a) of the domain study (JR/T 0198-2020), one row for each arrow and actor. What is not a row is not possible; a row
whose guards are not met, or that lacks the approvals it needs, is refused with every reason at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sandbox.domain.dossier import Dossier
from sandbox.domain.evaluation import DIMENSIONS, scorecard
from sandbox.domain.limits import Grade
from sandbox.domain.standing import Role, Stage, State
from sandbox.domain.terms import Facts, Terms
from sandbox.domain.working_days import DAY, local_text

Guard = Callable[[Dossier, Facts, Terms, int], Iterator[str]]
"""Yields every condition that is not met, as text; nothing when the way is free."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One row of `TRANSITIONS`. quorum: approvals needed, the mover's among them. because: of an arrow that time or a violation
    brings by itself, the reason to record; "" for one that somebody has to ask for."""

    origin: State
    to: State
    actors: frozenset[Role]
    source: str
    guards: tuple[Guard, ...] = ()
    quorum: int = 1
    because: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """One launch gate. needs: what opens it. Shut unless the fact is known to hold."""

    code: str
    zh: str
    needs: str
    opened: Callable[[Dossier, Facts], bool]


GATES: Final = (
    Gate("code", "代码一致", "bytecode with the hash that was approved", lambda _, facts: facts.code_matches is True),
    Gate("limits", "限额已绑定", "limits bound within the profile", lambda _, facts: facts.limits_bound is True),
    Gate("exit_plan", "退出方案", "an exit plan", lambda _, facts: facts.exit_plan is True),
    Gate("complaint_channel", "投诉渠道", "a complaint channel", lambda _, facts: facts.complaint_channel is True),
    Gate("kill_switch", "紧急停止已演练", "a pause and a resume, tried once", lambda dossier, _: dossier.kill_switch_tried),
    Gate("assessments", "评估在有效期内", "assessments in date", lambda _, facts: facts.assessments_valid is True),
)
"""What must be so before the first client's transaction (BillSure's fail-closed gates; JR/T 0198-2020 风险控制)."""


def shut_gates(dossier: Dossier, facts: Facts) -> tuple[Gate, ...]:
    """The launch gates that are not open."""
    return tuple(gate for gate in GATES if not gate.opened(dossier, facts))


@dataclass(frozen=True, slots=True)
class _Known:
    """Guard: a fact is known to hold."""

    fact: str
    unmet: str

    def __call__(self, _: Dossier, facts: Facts, *__: object) -> Iterator[str]:
        if getattr(facts, self.fact) is not True:
            yield self.unmet


def _launch(dossier: Dossier, facts: Facts, *_: object) -> Iterator[str]:
    for gate in shut_gates(dossier, facts):
        yield f"gate {gate.code} is shut, it needs {gate.needs}"


def _notice_over(dossier: Dossier, _: Facts, terms: Terms, now: int) -> Iterator[str]:
    end = dossier.since + terms.notice_days * DAY
    if now < end:
        yield f"the public notice of {terms.notice_days} days runs until {local_text(end)}"


def _comments_answered(dossier: Dossier, *_: object) -> Iterator[str]:
    waiting = [str(comment.number) for comment in dossier.comments if not comment.answer]
    if waiting:
        yield f"comments without an answer: {', '.join(waiting)}"


def _mentor_assigned(dossier: Dossier, *_: object) -> Iterator[str]:
    if not dossier.mentor:
        yield "no mentor is assigned"


def _settled(dossier: Dossier, *_: object) -> Iterator[str]:
    waiting = [f"{violation.number} ({violation.code})" for violation in dossier.open_violations]
    if waiting:
        yield f"violations not yet verified and decided: {', '.join(waiting)}"


def _no_red_line(dossier: Dossier, *_: object) -> Iterator[str]:
    crossed = [str(each.number) for each in dossier.violations if each.grade is Grade.S4 and not each.dismissed]
    if crossed:
        yield f"red lines (S4) were crossed, violations {', '.join(crossed)}: such a suspension is never lifted"


def _stage_left(dossier: Dossier, *_: object) -> Iterator[str]:
    if dossier.stage.following is None:
        yield f"{dossier.stage} is the last stage"


def _not_extended(dossier: Dossier, *_: object) -> Iterator[str]:
    if dossier.extended:
        yield "the test was extended before, which is possible once"


def _evaluated(dossier: Dossier, *_: object) -> Iterator[str]:
    card = scorecard(dossier)
    if card.missing_papers:
        yield "papers not on file: " + ", ".join(paper.kind for paper in card.missing_papers)
    if card.unscored:
        yield "dimensions without a score: " + ", ".join(DIMENSIONS[dimension][1] for dimension in card.unscored)


def _nothing_outstanding(_: Dossier, facts: Facts, *__: object) -> Iterator[str]:
    if facts.outstanding is None:
        yield "what clients still hold is not known"
    elif facts.outstanding != 0:
        yield "clients still hold an exposure"


def _grave(dossier: Dossier, *_: object) -> Iterator[str]:
    if not any(violation.grade >= Grade.S3 for violation in dossier.open_violations):
        yield "no violation of grade S3 or S4 is open"


def _to_rectify(dossier: Dossier, *_: object) -> Iterator[str]:
    if not dossier.open_violations:
        yield "no violation is open"


def _overran(dossier: Dossier, _: Facts, __: Terms, now: int) -> Iterator[str]:
    if not any(violation.overran(now) for violation in dossier.violations):
        yield "no deadline of a rectification is past"


def _ended(dossier: Dossier, _: Facts, __: Terms, now: int) -> Iterator[str]:
    if dossier.ends_at is None or now < dossier.ends_at:
        yield "the test has not come to its end"


def _suspended_too_long(dossier: Dossier, _: Facts, terms: Terms, now: int) -> Iterator[str]:
    end = dossier.since + terms.max_suspension_days * DAY
    if now < end:
        yield f"the suspension may last until {local_text(end)}"


def _expired(dossier: Dossier, facts: Facts, terms: Terms, now: int) -> Iterator[str]:
    triggered = any(each.code == "wind_down_trigger" and not each.dismissed for each in dossier.violations)
    if not triggered:
        yield from _ended(dossier, facts, terms, now)


_F, _R, _S = frozenset({Role.FIRM}), frozenset({Role.REGULATOR}), frozenset({Role.SYSTEM})
_APPLY, _TEST, _END = "JR/T 0198-2020 测试声明与登记", "JR/T 0198-2020 测试运行", "JR/T 0198-2020 测试结束"
_FORCE: Final = "JR/T 0184-2020 15.5, 15.6"
_ART_33: Final = "行政处罚法 Art. 28, 33"
_EXIT_PLAN: Final = _Known("exit_plan", "the exit plan is not on file")
_DECLARED: Final = _Known("declaration_complete", "the declaration is not complete")
_ASSESSED: Final = _Known("assessments_valid", "the assessments are not in date")
_BOUND: Final = _Known("limits_bound", "the limits are not bound within the profile and its ceilings")
_REGISTER: Final = (_notice_over, _comments_answered, _mentor_assigned)

TRANSITIONS: Final[tuple[Arrow, ...]] = (
    Arrow(State.DRAFT, State.SUBMITTED, _F, _APPLY, (_DECLARED,)),
    Arrow(State.SUBMITTED, State.UNDER_REVIEW, _R, _APPLY),
    Arrow(State.SUBMITTED, State.DRAFT, _R, _APPLY),
    Arrow(State.UNDER_REVIEW, State.PUBLIC_NOTICE, _R, _APPLY, (_ASSESSED, _BOUND)),
    Arrow(State.UNDER_REVIEW, State.REJECTED, _R, _APPLY),
    Arrow(State.UNDER_REVIEW, State.DRAFT, _R, _APPLY),
    Arrow(State.PUBLIC_NOTICE, State.REGISTERED, _R, _APPLY, _REGISTER, quorum=2),
    Arrow(State.PUBLIC_NOTICE, State.UNDER_REVIEW, _R, _APPLY),
    Arrow(State.REGISTERED, State.ACTIVE, _F, _TEST, (_launch, _settled)),
    Arrow(State.SUBMITTED, State.WITHDRAWN, _F, _END),
    Arrow(State.UNDER_REVIEW, State.WITHDRAWN, _F, _END),
    Arrow(State.PUBLIC_NOTICE, State.WITHDRAWN, _F, _END),
    Arrow(State.REGISTERED, State.WITHDRAWN, _F, _END),
    Arrow(State.ACTIVE, State.ACTIVE, _R, _TEST, (_stage_left,), quorum=2),
    Arrow(State.ACTIVE, State.SUSPENDED, _S, _FORCE, (_grave,), because="a violation of grade S3 or S4"),
    Arrow(State.ACTIVE, State.SUSPENDED, _R | _F, _FORCE),
    Arrow(State.ACTIVE, State.RECTIFYING, _S, _ART_33, (_to_rectify,), because="a violation to rectify"),
    Arrow(State.ACTIVE, State.RECTIFYING, _R, _ART_33),
    Arrow(State.ACTIVE, State.EVALUATING, _S, _END, (_ended,), because="the test has come to its end"),
    Arrow(State.ACTIVE, State.EVALUATING, _F, _END),
    Arrow(State.ACTIVE, State.WIND_DOWN, _R, _END),
    Arrow(State.ACTIVE, State.WIND_DOWN, _F, _END, (_EXIT_PLAN,)),
    Arrow(State.ACTIVE, State.WIND_DOWN, _S, "Regulation (EU) 2022/858 Art. 3(3)", (_expired,)),
    Arrow(State.RECTIFYING, State.SUSPENDED, _S, _FORCE, (_grave,), because="a violation of grade S3 or S4"),
    Arrow(State.RECTIFYING, State.SUSPENDED, _S, _ART_33, (_overran,), because="a deadline of a rectification is past"),
    Arrow(State.RECTIFYING, State.SUSPENDED, _R, _FORCE),
    Arrow(State.RECTIFYING, State.ACTIVE, _R, _ART_33, (_settled,)),
    Arrow(State.RECTIFYING, State.WIND_DOWN, _R, _END),
    Arrow(State.RECTIFYING, State.WIND_DOWN, _F, _END, (_EXIT_PLAN,)),
    Arrow(State.RECTIFYING, State.WIND_DOWN, _S, "Regulation (EU) 2022/858 Art. 3(3)", (_expired,)),
    Arrow(State.SUSPENDED, State.ACTIVE, _R, _FORCE, (_no_red_line, _settled), quorum=2),
    Arrow(State.SUSPENDED, State.WIND_DOWN, _S, _END, (_suspended_too_long,), because="suspended for longer than may be"),
    Arrow(State.SUSPENDED, State.WIND_DOWN, _S, "Regulation (EU) 2022/858 Art. 3(3)", (_expired,)),
    Arrow(State.SUSPENDED, State.WIND_DOWN, _R, _END),
    Arrow(State.SUSPENDED, State.WIND_DOWN, _F, _END, (_EXIT_PLAN,)),
    Arrow(State.EVALUATING, State.SUSPENDED, _S, _FORCE, (_grave,), because="a violation of grade S3 or S4"),
    Arrow(State.EVALUATING, State.GRADUATED, _R, _END, (_evaluated, _settled), quorum=2),
    Arrow(State.EVALUATING, State.ACTIVE, _R, _END, (_not_extended, _settled)),
    Arrow(State.EVALUATING, State.WIND_DOWN, _R, _END),
    Arrow(State.WIND_DOWN, State.EXITED, _R, _END, (_nothing_outstanding,)),
)
"""Every arrow. Several rows for one arrow and actor are alternatives: one of them must be free."""

MOTIONS: Final[Mapping[State, frozenset[State]]] = {
    origin: frozenset(arrow.to for arrow in TRANSITIONS if arrow.origin is origin and arrow.quorum > 1) for origin in State
}
"""state -> the moves out of it that need a vote."""


def arrows(origin: State, to: State, role: Role) -> tuple[Arrow, ...]:
    """The rows that let this role move a pilot from one state to another."""
    return tuple(arrow for arrow in TRANSITIONS if arrow.origin is origin and arrow.to is to and role in arrow.actors)


def unmet(arrow: Arrow, dossier: Dossier, facts: Facts, terms: Terms, now: int) -> tuple[str, ...]:
    """Every guard of the arrow that is not met, in words; approvals are not counted here."""
    return tuple(reason for guard in arrow.guards for reason in guard(dossier, facts, terms, now))


def arrived(dossier: Dossier, origin: State, now: int, terms: Terms) -> Dossier:
    """What else changes by arriving in the dossier's state from `origin`: a test starts, goes a stage up, is extended."""
    arrival = _ARRIVALS.get((origin, dossier.state))
    return dossier if arrival is None else arrival(dossier, now, terms)


def _started(dossier: Dossier, now: int, terms: Terms) -> Dossier:
    return replace(dossier, first_active_at=now, ends_at=now + terms.test_days * DAY)


def _stepped(dossier: Dossier, *_: object) -> Dossier:
    return replace(dossier, stage=dossier.stage.following or Stage.G3)


def _extended(dossier: Dossier, now: int, terms: Terms) -> Dossier:
    return replace(dossier, extended=True, ends_at=max(now, dossier.ends_at or now) + terms.extension_days * DAY)


_ARRIVALS: Final[Mapping[tuple[State, State], Callable[[Dossier, int, Terms], Dossier]]] = {
    (State.REGISTERED, State.ACTIVE): _started,
    (State.ACTIVE, State.ACTIVE): _stepped,
    (State.EVALUATING, State.ACTIVE): _extended,
}
