"""What happens on acts that put something on file: notes, comments, complaints, evidence, scores, reports, incidents; and on
interventions, which take effect at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from sandbox.domain.acts import (
    AnswerComment,
    AnswerComplaint,
    AssignMentor,
    Comment,
    Complain,
    FileEvidence,
    FileReport,
    Freeze,
    Note,
    Pause,
    ReportIncident,
    Resume,
    Score,
    Unfreeze,
)
from sandbox.domain.dossier import Dossier, Incident, Intervened, Measure, Remark, Report
from sandbox.domain.evaluation import PAPER_KINDS, PAPERS, Evidence, Points, scorecard
from sandbox.domain.moving import Occasion, Step
from sandbox.domain.standing import Officer, Role, State
from sandbox.errors import Conflict, InputError, NotFound

_HASH: Final = re.compile(r"(0x)?[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")


def checked_hash(text: str) -> str:
    """The hash, if it is one. Raises InputError otherwise."""
    if not _HASH.fullmatch(text):
        raise InputError(f"{text!r} is no SHA-256 hash", do="write 64 lower-case hex digits")
    return text


def assign_mentor(dossier: Dossier, act: AssignMentor, at: Occasion) -> Step:
    """Raises Conflict for a mentor who is a submitter or the one who assigns: a mentor never decides."""
    if Officer(act.mentor, Role.MENTOR).is_one_of((*dossier.submitters, at.by.name)):
        do = "assign somebody who neither submitted the pilot nor decides on it"
        raise Conflict(f"{act.mentor} cannot be the mentor of {dossier.pilot}", where=dossier.pilot, do=do)
    return replace(dossier, mentor=act.mentor), ()


def note(dossier: Dossier, act: Note, at: Occasion) -> Step:
    """Raises Conflict for a mentor of another pilot."""
    if at.by.role is Role.MENTOR and not at.by.is_one_of([dossier.mentor]):
        raise Conflict(f"{at.by.name} is not the mentor of {dossier.pilot}", where=dossier.pilot, do="let its mentor write")
    return replace(dossier, notes=_with_remark(dossier.notes, act.text, at)), ()


def comment(dossier: Dossier, act: Comment, at: Occasion) -> Step:
    """A comment, numbered from 1."""
    return replace(dossier, comments=_with_remark(dossier.comments, act.text, at)), ()


def answer_comment(dossier: Dossier, act: AnswerComment, at: Occasion) -> Step:
    """Raises NotFound, or Conflict when it is answered already."""
    return replace(dossier, comments=_answered(dossier.comments, act.number, act.text, at)), ()


def complain(dossier: Dossier, act: Complain, at: Occasion) -> Step:
    """A complaint, numbered from 1."""
    return replace(dossier, complaints=_with_remark(dossier.complaints, act.text, at)), ()


def answer_complaint(dossier: Dossier, act: AnswerComplaint, at: Occasion) -> Step:
    """Raises NotFound, or Conflict when it is answered already."""
    return replace(dossier, complaints=_answered(dossier.complaints, act.number, act.text, at)), ()


def file_evidence(dossier: Dossier, act: FileEvidence, at: Occasion) -> Step:
    """Raises InputError for no hash, Conflict for a paper of the evaluation that is not next or not this role's."""
    if act.kind in PAPER_KINDS:
        _check_paper(dossier, act.kind, at)
    row = Evidence(act.kind, checked_hash(act.hash), act.title, at.by.name, at.by.role, at.now)
    return replace(dossier, evidence=(*dossier.evidence, row)), ()


def _check_paper(dossier: Dossier, kind: str, at: Occasion) -> None:
    paper = PAPERS[PAPER_KINDS.index(kind)]
    if dossier.state is not State.EVALUATING:
        raise Conflict(f"{kind} belongs to an evaluation", where=dossier.pilot, do="apply to finish the test first")
    if at.by.role not in paper.authors:
        do = f"ask the {' or '.join(sorted(paper.authors))}"
        raise Conflict(f"{kind} is not the {at.by.role}'s to file", where=dossier.pilot, do=do)
    missing = scorecard(dossier).missing_papers
    if missing[:1] != (paper,):
        do = f"the next paper is {missing[0].kind}" if missing else "all four papers are on file"
        raise Conflict(f"{kind} cannot be filed now", where=dossier.pilot, do=do)


def score(dossier: Dossier, act: Score, at: Occasion) -> Step:
    """A score; an earlier one in the dimension stays on file."""
    return replace(dossier, scores=(*dossier.scores, Points(act.dimension, act.points, act.reason, at.by.name, at.now))), ()


def file_report(dossier: Dossier, act: FileReport, at: Occasion) -> Step:
    """Raises InputError for no hash."""
    row = Report(act.kind, act.figures, checked_hash(act.hash), at.by.name, at.now)
    return replace(dossier, reports=(*dossier.reports, row)), ()


def report_incident(dossier: Dossier, act: ReportIncident, at: Occasion) -> Step:
    """An incident, numbered from 1."""
    row = Incident(len(dossier.incidents) + 1, act.text, at.by.name, at.now)
    return replace(dossier, incidents=(*dossier.incidents, row)), ()


def freeze(dossier: Dossier, act: Freeze, at: Occasion) -> Step:
    """Raises InputError for a broken address, Conflict when it is frozen already."""
    who = _client(act.who)
    if who in dossier.frozen:
        raise Conflict(f"{who} is frozen already", where=dossier.pilot)
    return _intervene(replace(dossier, frozen=dossier.frozen | {who}), Measure.FREEZE, who, act.reason, at)


def unfreeze(dossier: Dossier, act: Unfreeze, at: Occasion) -> Step:
    """Raises Conflict when it is not frozen."""
    who = _client(act.who)
    if who not in dossier.frozen:
        do = "frozen are: " + (", ".join(sorted(dossier.frozen)) or "none")
        raise Conflict(f"{who} is not frozen", where=dossier.pilot, do=do)
    return _intervene(replace(dossier, frozen=dossier.frozen - {who}), Measure.UNFREEZE, who, act.reason, at)


def pause(dossier: Dossier, act: Pause, at: Occasion) -> Step:
    """Raises Conflict when it is paused already; but a pause of the firm's own does not keep out the regulator's."""
    standing = [taken for taken in dossier.interventions if taken.measure is Measure.PAUSE][-1:] if dossier.paused else []
    if standing and (at.by.role is Role.FIRM or standing[0].role is not Role.FIRM):
        raise Conflict(f"{dossier.pilot} is paused already", where=dossier.pilot)
    return _intervene(replace(dossier, paused=True), Measure.PAUSE, "", act.reason, at)


def resume(dossier: Dossier, act: Resume, at: Occasion) -> Step:
    """Raises Conflict when it is not paused, or when the firm would end a pause that was not its own."""
    if not dossier.paused:
        raise Conflict(f"{dossier.pilot} is not paused", where=dossier.pilot)
    pauses = [taken for taken in dossier.interventions if taken.measure is Measure.PAUSE]
    if at.by.role is Role.FIRM and pauses[-1].role is not Role.FIRM:
        raise Conflict(f"the pause is the {pauses[-1].role}'s", where=dossier.pilot, do="ask the regulator to end it")
    return _intervene(replace(dossier, paused=False), Measure.RESUME, "", act.reason, at)


def _intervene(dossier: Dossier, measure: Measure, who: str, reason: str, at: Occasion) -> Step:
    row = Intervened(measure, who, reason, at.by.name, at.by.role, at.now)
    return replace(dossier, interventions=(*dossier.interventions, row)), (row,)


def _client(who: str) -> str:
    if who[:2].lower() != "0x":
        return who
    if not _ADDRESS.fullmatch(who.lower()):
        raise InputError(f"{who!r} is no address", do="write 0x and 40 hex digits, or a client id")
    return who.lower()


def _with_remark(remarks: tuple[Remark, ...], text: str, at: Occasion) -> tuple[Remark, ...]:
    return (*remarks, Remark(len(remarks) + 1, text, at.by.name, at.by.role, at.now))


def _answered(remarks: tuple[Remark, ...], number: int, text: str, at: Occasion) -> tuple[Remark, ...]:
    if not 1 <= number <= len(remarks):
        raise NotFound(f"there is no number {number}", do=f"the numbers go from 1 to {len(remarks)}" if remarks else None)
    remark = remarks[number - 1]
    if remark.answer:
        raise Conflict(f"number {number} is answered already")
    answered = replace(remark, answer=text, answered_by=at.by.name, answered_at=at.now)
    return (*remarks[: number - 1], answered, *remarks[number:])
