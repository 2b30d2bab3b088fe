"""Deeds: what comes of an act. `perform` is the one door through which a dossier changes.

    (1) time does its work    (2) who, when, where    (3) the act    (4) what follows from it by itself

Pure: the same dossier, act and occasion give the same result, so the log of accepted deeds is all that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from sandbox.domain import acts
from sandbox.domain import deeds_file as on_file
from sandbox.domain import deeds_limits as limits
from sandbox.domain import deeds_parties as parties
from sandbox.domain import deeds_violations as violations
from sandbox.domain.act_fields import act_data, act_name, check_act, parse_act
from sandbox.domain.act_table import ACTS
from sandbox.domain.acts import Act, Elapse
from sandbox.domain.dossier import Dossier
from sandbox.domain.duties import overdue
from sandbox.domain.moving import Occasion, Step, settle, transition, vote
from sandbox.domain.standing import APPROVERS, Officer, Role
from sandbox.domain.terms import Facts, Terms
from sandbox.domain.working_days import local_text
from sandbox.errors import Conflict, InputError


@dataclass(frozen=True, slots=True)
class Deed:
    """An accepted act with everything that decided on it, as it stands in the log."""

    act: Act
    by: Officer
    time: int
    facts: Facts = Facts()


def perform(dossier: Dossier, act: Act, by: Officer, now: int, facts: Facts, terms: Terms) -> Step:
    """The dossier after the act, and what the act brought about. Raises InputError for an act that says nothing sensible and
    Conflict for one that is not possible now, with every reason; then nothing has changed."""
    check_act(act)
    if now < dossier.seen:
        what = f"{local_text(now)} lies before the latest act on {dossier.pilot}, {local_text(dossier.seen)}"
        raise Conflict(what, where=dossier.pilot, do="time does not go backwards")
    at = Occasion(by, now, facts, terms)
    # (1): an act after a deadline meets the pilot as the deadline left it
    dossier, brought = settle(replace(dossier, seen=now), at)
    # (2)
    _permit(dossier, act, by)
    # (3)
    dossier, done = _DEEDS[type(act)](dossier, act, at)
    # (4)
    dossier, followed = settle(dossier, at)
    return dossier, (*brought, *done, *followed)


def replay(pilot: str, deeds: Iterable[Deed], terms: Terms) -> Dossier:
    """The dossier folded again from its accepted deeds. Raises Conflict for a deed that cannot have been accepted."""
    dossier = Dossier(pilot)
    for deed in deeds:
        dossier, _ = perform(dossier, deed.act, deed.by, deed.time, deed.facts, terms)
    return dossier


def deed_data(deed: Deed) -> dict[str, object]:
    """A deed as plain data for the log. Facts that are not known are left out; exposure left is decimal text."""
    facts = {key: value for key, value in asdict(deed.facts).items() if value is not None}
    facts |= {"outstanding": str(deed.facts.outstanding)} if deed.facts.outstanding is not None else {}
    by = {"name": deed.by.name, "role": deed.by.role.value, "department": deed.by.department}
    return {"act": act_name(deed.act), "fields": act_data(deed.act), "by": by, "time": deed.time, "facts": facts}


def parse_deed(data: Mapping[str, Any]) -> Deed:
    """The deed that `deed_data` wrote. Raises InputError."""
    try:
        by = Officer(data["by"]["name"], Role(data["by"]["role"]), data["by"]["department"])
        facts = {each.name: data["facts"].get(each.name) for each in fields(Facts)}
        facts["outstanding"] = None if facts["outstanding"] is None else int(facts["outstanding"])
        return Deed(parse_act(data["act"], data["fields"]), by, data["time"], Facts(**facts))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"this is no recorded act ({error})") from error


def _permit(dossier: Dossier, act: Act, by: Officer) -> None:
    name = act_name(act)
    row = ACTS[name]
    if by.role not in row.roles:
        do = f"ask the {' or '.join(sorted(row.roles))}"
        raise Conflict(f"{name} is not the {by.role}'s to do", where=dossier.pilot, do=do)
    if dossier.state not in row.states:
        do = "it is possible while: " + ", ".join(sorted(row.states))
        raise Conflict(f"{name} is not possible while {dossier.state}", where=dossier.pilot, do=do)
    if by.role in APPROVERS and by.is_one_of(dossier.submitters):
        do = "somebody who did not submit the pilot must act on it"
        raise Conflict(f"{by.name} submitted {dossier.pilot} and cannot supervise it", where=dossier.pilot, do=do)
    if by.role in APPROVERS and by.is_one_of([dossier.mentor]):
        do = "a mentor annotates; let somebody else decide"
        raise Conflict(f"{by.name} is the mentor of {dossier.pilot} and cannot supervise it", where=dossier.pilot, do=do)


def _elapse(dossier: Dossier, _: Elapse, at: Occasion) -> Step:
    return dossier, overdue(dossier, at.now, at.terms)


_DEEDS: Final[Mapping[type[Act], Callable[[Dossier, Any, Occasion], Step]]] = {
    acts.Transition: transition,
    acts.Vote: vote,
    acts.AssignMentor: on_file.assign_mentor,
    acts.Note: on_file.note,
    acts.Comment: on_file.comment,
    acts.AnswerComment: on_file.answer_comment,
    acts.Complain: on_file.complain,
    acts.AnswerComplaint: on_file.answer_complaint,
    acts.FileEvidence: on_file.file_evidence,
    acts.Score: on_file.score,
    acts.ProposeLimits: limits.propose_limits,
    acts.ApproveLimits: limits.approve_limits,
    acts.RejectLimits: limits.reject_limits,
    acts.CapDown: limits.cap_down,
    acts.OpenViolation: violations.open_violation,
    acts.FileRectification: violations.file_rectification,
    acts.VerifyRectification: violations.verify_rectification,
    acts.ClaimNoFault: violations.claim_no_fault,
    acts.Decide: violations.decide,
    acts.Freeze: on_file.freeze,
    acts.Unfreeze: on_file.unfreeze,
    acts.Pause: on_file.pause,
    acts.Resume: on_file.resume,
    acts.FileReport: on_file.file_report,
    acts.ReportIncident: on_file.report_incident,
    acts.Enrol: parties.enrol,
    acts.Elapse: _elapse,
}
"""act -> what happens on it."""
