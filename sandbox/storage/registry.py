"""Repositories of pilots and runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from sandbox.storage.tables import ACTS, CONTRACTS, FINDINGS, PILOTS, RUNS


@dataclass(frozen=True, slots=True)
class PilotRow:
    """A registered pilot. version counts submissions. status: state of its life cycle. summary: JSON, the declaration, the
    limits as bound and the profile they were bound to."""

    slug: str
    version: int
    name_zh: str
    name_en: str
    category: str
    firm: str
    uscc: str
    status: str
    profile: str
    manifest_hash: str
    limits_hash: str
    summary: str
    submitted_at: str
    stage: str = ""
    mentor: str = ""


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract of a registered pilot. artifact: JSON, as `Artifact.to_json` gives it."""

    pilot: str
    name: str
    source_path: str
    compiler: str
    source_hash: str
    init_code_hash: str
    artifact: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run that ended. summary: JSON, as `RunOutcome.as_data` gives it plus what reports need."""

    id: str
    pilot: str
    scenario: str
    seed: int
    engine: str
    passed: bool
    log_id: str
    log_root: str
    ended_at: str
    summary: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding, found by its entry in the run's log."""

    run_id: str
    entry: int
    pilot: str
    code: str
    grade: str
    mode: str
    refused: bool
    observed: str
    bound: str
    transaction: str | None


FINDING_KEYS: Final = ("code", "grade", "mode", "refused", "observed", "bound")
"""What a finding's row repeats of the finding itself."""

_COUNT: Final = select(func.count()).select_from(ACTS).where(ACTS.c.pilot == bindparam("pilot"))

T = TypeVar("T")


class PilotRepository:
    """Pilots and their contracts, within the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, slug: str) -> PilotRow | None:
        """One pilot, None if it is not registered."""
        row = self._connection.execute(select(PILOTS).where(PILOTS.c.slug == slug)).first()
        return None if row is None else _record(PilotRow, row)

    def all(self) -> list[PilotRow]:
        """Every pilot by its slug."""
        return [_record(PilotRow, row) for row in self._connection.execute(select(PILOTS).order_by(PILOTS.c.slug))]

    def save(self, pilot: PilotRow, contracts: Sequence[ContractRow]) -> None:
        """Register a pilot, or a newer version of it; its contracts become these."""
        if self.get(pilot.slug) is None:
            self._connection.execute(insert(PILOTS).values(asdict(pilot)))
        else:
            self._connection.execute(update(PILOTS).where(PILOTS.c.slug == pilot.slug).values(asdict(pilot)))
            self._connection.execute(delete(CONTRACTS).where(CONTRACTS.c.pilot == pilot.slug))
        _insert(self._connection, CONTRACTS, contracts)

    def stand(self, slug: str, status: str, stage: str, mentor: str) -> None:
        """Where the pilot stands now, as its dossier tells."""
        row = {"status": status, "stage": stage, "mentor": mentor}
        self._connection.execute(update(PILOTS).where(PILOTS.c.slug == slug).values(row))

    def contracts(self, slug: str) -> list[ContractRow]:
        """Contracts of a pilot by name."""
        query = select(CONTRACTS).where(CONTRACTS.c.pilot == slug).order_by(CONTRACTS.c.name)
        return [_record(ContractRow, row) for row in self._connection.execute(query)]


class ActRepository:
    """Where the sandbox's own log tells of the acts on each pilot, within the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, pilot: str, entry: int) -> None:
        """Note that an entry of the log is the next act on the pilot."""
        number = len(self.entries(pilot)) + 1
        self._connection.execute(insert(ACTS).values(pilot=pilot, number=number, entry=entry))

    def entries(self, pilot: str) -> list[int]:
        """Entries of the pilot's acts, in order."""
        query = select(ACTS.c.entry).where(ACTS.c.pilot == pilot).order_by(ACTS.c.number)
        return list(self._connection.execute(query).scalars())

    def count(self, pilot: str) -> int:
        """How many acts there are on a pilot."""
        return int(self._connection.execute(_COUNT, {"pilot": pilot}).scalar_one())

    def all(self) -> list[tuple[str, int]]:
        """(pilot, entry) of every act, by pilot and in the order of its acts."""
        query = select(ACTS.c.pilot, ACTS.c.entry).order_by(ACTS.c.pilot, ACTS.c.number)
        return [(row.pilot, row.entry) for row in self._connection.execute(query)]


class RunRepository:
    """Runs and their findings, within the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, run: RunRow, findings: Sequence[FindingRow]) -> None:
        """Keep a run."""
        self._connection.execute(insert(RUNS).values(asdict(run)))
        _insert(self._connection, FINDINGS, findings)

    def get(self, run_id: str) -> RunRow | None:
        """One run, None if there is none."""
        row = self._connection.execute(select(RUNS).where(RUNS.c.id == run_id)).first()
        return None if row is None else _record(RunRow, row)

    def of_pilot(self, slug: str) -> list[RunRow]:
        """Runs of a pilot in the order they ended."""
        rows = [_record(RunRow, row) for row in self._connection.execute(select(RUNS).where(RUNS.c.pilot == slug))]
        return sorted(rows, key=lambda row: (row.ended_at, _number(row.id)))

    def findings(self, run_id: str) -> list[FindingRow]:
        """The rows of a run's findings, by their entries in its log."""
        query = select(FINDINGS).where(FINDINGS.c.run_id == run_id).order_by(FINDINGS.c.entry)
        return [_record(FindingRow, row) for row in self._connection.execute(query)]

    def count(self) -> int:
        """How many runs there are."""
        return int(self._connection.execute(select(func.count()).select_from(RUNS)).scalar_one())


def _number(run_id: str) -> tuple[int, str]:
    """The running number a run's id ends in; several runs can end within one second."""
    last = run_id.rpartition(".")[2]
    return (int(last) if last.isdecimal() else 0, run_id)


def _insert(connection: Connection, table: Table, rows: Sequence[Any]) -> None:
    if rows:
        connection.execute(insert(table), [asdict(row) for row in rows])


def _record(kind: type[T], row: Any) -> T:
    return kind(**{f.name: getattr(row, f.name) for f in fields(kind)})  # type: ignore[arg-type]
