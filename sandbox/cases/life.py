"""Use cases about a pilot's life: acts on its dossier, with the wall clock for time.

A dossier is folded from the acts the sandbox's own log tells of; the registry only knows where they stand in the log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sandbox.cases.opened import SANDBOX_LOG, Opened
from sandbox.cases.places import chain_of, contract_of, deployed_on, standing
from sandbox.domain import recording_acts
from sandbox.domain.acts import Act, Elapse, Enrol, Freeze, OpenViolation, Transition
from sandbox.domain.deeds import Deed, perform, replay
from sandbox.domain.dossier import Consequence, Dossier, Overdue
from sandbox.domain.events import FindingRaised
from sandbox.domain.governing import declared_facts
from sandbox.domain.limits import Grade
from sandbox.domain.pilot import BUILT_IN_ROLES
from sandbox.domain.profiles import load_limits
from sandbox.domain.standing import RUNNING, SYSTEM, TERMINAL, Officer, Role, State
from sandbox.domain.terms import Facts, Terms, terms_of
from sandbox.domain.units import Value
from sandbox.errors import Conflict, InputError, NotFound, VerificationFailed
from sandbox.scenario_files import parse_declaration, parse_manifest, parse_profile
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import ActRepository, PilotRepository, PilotRow, RunRepository
from sandbox.submissions import holidays, stored

RESUBMITTABLE = frozenset({State.DRAFT, State.SUBMITTED})
"""States in which a firm may hand in its papers again."""


@dataclass(frozen=True, slots=True)
class PilotFile:
    """A pilot's dossier as of now, the terms it is kept under and what is known besides."""

    dossier: Dossier
    terms: Terms
    facts: Facts


class LifeCases(Opened):
    """Everything that is done to a pilot's supervision file."""

    def dossier(self, slug: str) -> PilotFile:
        """The pilot's file. Raises NotFound."""
        with self._database.begin() as connection:
            return self._file(connection, self._pilot_row(connection, slug))

    def act(self, slug: str, act: Act, by: Officer) -> tuple[Dossier, tuple[Consequence, ...]]:
        """Let somebody act on a pilot. Raises NotFound, InputError or Conflict; what was refused is on record, and nothing else
        has changed."""
        try:
            with self._database.begin() as connection:
                return self._act(connection, self._pilot_row(connection, slug), act, by)
        except InputError as refusal:
            with self._database.begin() as connection:
                self._pilot_row(connection, slug)  # on a pilot that is not there, nothing can be on record
                entry = recording_acts.refused(0, slug, act, by, self._now(), refusal.what)
                self._record(connection, self._clock(), entry)
            raise

    def claimed(self) -> tuple[int, int]:
        """(pilots with a mentor, pilots whose life is not over): the claim rate (认领率)."""
        with self._database.begin() as connection:
            rows = [row for row in PilotRepository(connection).all() if State(row.status) not in TERMINAL]
        return sum(bool(row.mentor) for row in rows), len(rows)

    def _hand_in(self, connection: Connection, slug: str, firm: str) -> None:
        """A firm's papers arrived: a draft becomes a submission."""
        row = self._pilot_row(connection, slug)
        if self._file(connection, row).dossier.state is State.DRAFT:
            by = Officer(firm, Role.FIRM)
            self._act(connection, row, Transition(State.SUBMITTED, "papers handed in and admitted"), by)

    def elapse(self) -> list[tuple[str, tuple[Consequence, ...]]]:
        """Let the time that has passed do its work on every pilot whose life is not over; (pilot, what it brought), for those
        it brought anything."""
        with self._database.begin() as connection:
            rows = [row for row in PilotRepository(connection).all() if State(row.status) not in TERMINAL]
            done = [(row.slug, self._pass_time(connection, row)) for row in rows]
        return [(slug, brought) for slug, brought in done if brought]

    def _pass_time(self, connection: Connection, row: PilotRow) -> tuple[Consequence, ...]:
        if not ActRepository(connection).entries(row.slug):
            return ()
        file = self._file(connection, row)
        _, brought = perform(file.dossier, Elapse(), SYSTEM, self._now(), file.facts, file.terms)
        if not brought:
            return ()
        self._act(connection, row, Elapse(), SYSTEM)
        limits = file.terms.limits
        bound = limits is not None and limits.bound("reporting_deadline") is not None
        for missed in (one for one in brought if isinstance(one, Overdue) and bound):
            late = f"{missed.observed} s, bound {missed.bound} s"
            act = OpenViolation(missed.limit, missed.grade, missed.ref, Value(0), missed.grade is Grade.S1, late)
            self._act(connection, row, act, SYSTEM)
        return brought

    def _answer_for(self, connection: Connection, pilot: str, run: str, findings: Mapping[int, FindingRaised]) -> None:
        """What a run of a pilot under test shows, and did not mean to, is a violation: one for each rule, by its gravest."""
        row = PilotRepository(connection).get(pilot)
        if row is None or State(row.status) not in RUNNING:
            return
        gravest: dict[str, tuple[Grade, int]] = {}
        for index, raised in findings.items():
            found, grade = raised.finding, Grade[str(raised.finding["grade"])]
            stands = not (raised.expected or found["refused"]) and found["mode"] != "observe" and grade > Grade.S0
            if stands and grade > gravest.get(str(found["code"]), (Grade.S0, 0))[0]:
                gravest[str(found["code"])] = (grade, index)
        for code, (grade, index) in gravest.items():
            found = findings[index].finding
            detail = f"{found['observed']}, bound {found['bound']}"
            ref = f"run {run}, entry {index}"
            act = OpenViolation(code, grade, ref, Value(0), bool(found["tolerable"]), detail)
            self._act(connection, row, act, SYSTEM)

    def _act(
        self, connection: Connection, row: PilotRow, act: Act, by: Officer, facts: Facts | None = None
    ) -> tuple[Dossier, tuple[Consequence, ...]]:
        """facts: where somebody knows better than the registry."""
        file = self._file(connection, row)
        now = max(self._now(), file.dossier.seen)  # a clock that was set back stops no order and hides no violation
        known = file.facts if facts is None else facts
        if isinstance(act, Enrol):
            _check_role(act, row)
            owner = contract_of(connection, chain_of(stored(row.summary), row.slug), act.address)
            if owner is not None:
                do = "enrol the address of a person or an institution"
                raise Conflict(f"{act.address} is a contract of pilot {owner}", where=row.slug, do=do)
        if isinstance(act, Freeze):
            _check_known(act, file.dossier)
        dossier, brought = perform(file.dossier, act, by, now, known, file.terms)
        entry = recording_acts.taken(0, Deed(act, by, now, known), dossier, brought)
        ActRepository(connection).add(row.slug, self._record(connection, self._clock(), entry))
        PilotRepository(connection).stand(row.slug, dossier.state.value, dossier.stage.value, dossier.mentor)
        return dossier, brought

    def _file(self, connection: Connection, row: PilotRow) -> PilotFile:
        logs, summary = LogRepository(connection), json.loads(row.summary)
        if "profile_text" not in summary:
            what = f"pilot {row.slug} was handed in under an earlier version of the sandbox, which kept no file of it"
            raise Conflict(what, do="hand it in again: taishan pilot submit PATH")
        profile = parse_profile(summary["profile_text"].encode(), f"{row.profile}.yaml")
        terms = terms_of(profile, load_limits(summary["limits"]), holidays())
        entries = [logs.entry(SANDBOX_LOG, index) for index in ActRepository(connection).entries(row.slug)]
        try:
            deeds = [recording_acts.deed_of({} if entry is None else json.loads(entry.body)) for entry in entries]
            dossier = replay(row.slug, deeds, terms)
        except (InputError, ValueError) as error:
            what = f"the acts on record for pilot {row.slug} cannot have taken place: {error}"
            raise VerificationFailed(what, do="see taishan log verify, and restore the database from a backup") from error
        return PilotFile(dossier, terms, self._facts(connection, row, summary))

    def _facts(self, connection: Connection, row: PilotRow, summary: Mapping[str, Any]) -> Facts:
        """What is known of a registered pilot: what its clients hold is what they hold on its durable chain."""
        declared = declared_facts(parse_declaration(summary["declaration"]), self._now())
        head, outstanding = standing(connection, chain_of(summary, row.slug), row.slug)
        contracts = {one.name for one in PilotRepository(connection).contracts(row.slug)}
        deployed = deployed_on(connection, chain_of(summary, row.slug), row.slug)
        matches = contracts <= deployed or self._code_matches(connection, row.slug)
        return replace(declared, code_matches=matches, outstanding=outstanding, head=head)

    def _code_matches(self, connection: Connection, slug: str) -> bool | None:
        """Whether the newest run that passed ran the code that is registered; None while none has."""
        registered = {one.name: one.source_hash for one in PilotRepository(connection).contracts(slug)}
        passed = [run for run in RunRepository(connection).of_pilot(slug) if run.passed]
        first = LogRepository(connection).entry(passed[-1].log_id, 0) if passed else None
        return None if first is None else json.loads(first.body)["artifacts"] == registered

    def _pilot_row(self, connection: Connection, slug: str) -> PilotRow:
        pilots = PilotRepository(connection)
        row = pilots.get(slug)
        if row is None:
            known = ", ".join(pilot.slug for pilot in pilots.all()) or "none yet"
            raise NotFound(f"there is no pilot {slug!r}", do=f"registered are: {known}")
        return row

    def _now(self) -> int:
        """Unix seconds of the clock."""
        return round(datetime.fromisoformat(self._clock()).timestamp())


def _check_role(act: Enrol, row: PilotRow) -> None:
    """Raises InputError for a role the pilot's manifest does not have."""
    known = {*parse_manifest(stored(row.summary)["manifest_text"].encode()).roles, *BUILT_IN_ROLES}
    if act.role and act.role not in known:
        do = "use one of: " + ", ".join(sorted(known))
        raise InputError(f"pilot {row.slug} has no role {act.role!r}", where=row.slug, do=do)


def _check_known(act: Freeze, dossier: Dossier) -> None:
    """Raises InputError for an order against nobody where everybody is enrolled: it would bind nobody and look as if it did."""
    who = act.who.lower() if act.who[:2].lower() == "0x" else act.who
    known = {one.client for one in dossier.enrolled if one.client} | {one.address for one in dossier.enrolled}
    if dossier.enrolled and who not in known:
        do = "freeze one of: " + ", ".join(sorted(known))
        raise InputError(f"there is no client and no address {act.who!r}", where=dossier.pilot, do=do)


def check_resubmission(known: PilotRow, uscc: str) -> None:
    """Raises Conflict where a pilot's papers cannot be handed in again: another firm's, or one whose review has begun."""
    if known.uscc != uscc:
        raise Conflict(f"pilot {known.slug!r} is registered by another firm", do="choose another slug for this pilot")
    if State(known.status) not in RESUBMITTABLE:
        what = f"pilot {known.slug!r} is {known.status}: its papers cannot be exchanged now"
        raise Conflict(what, do="ask the regulator to return it, or hand it in under another slug")

