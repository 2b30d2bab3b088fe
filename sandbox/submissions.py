"""A submission on its way in: find the manifest, compile, scan, bind limits, admit."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from sandbox.compiler import Bounds, Compilers
from sandbox.domain.admission import Admission, Admitted, admit
from sandbox.domain.artifact import Artifact
from sandbox.domain.canonical import canonical
from sandbox.domain.events import FindingRaised
from sandbox.domain.limits import LimitSet
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.profiles import dump_limits
from sandbox.domain.standing import State
from sandbox.domain.terms import Terms, terms_of
from sandbox.domain.working_days import Calendar, calendar_from
from sandbox.errors import InputError, NotFound
from sandbox.scenario_files import load_manifest, load_profile
from sandbox.settings import Settings
from sandbox.storage.registry import FINDING_KEYS, ContractRow, FindingRow, PilotRow, RunRow

MANIFEST = "pilot.yaml"


@dataclass(frozen=True, slots=True)
class Checked:
    """A pilot that was read, compiled and judged. hashes: "manifest" and "limits", sha-256 as hex. terms: of its supervision.
    profile_text: the template as it was read, so that the terms can be read again."""

    path: Path
    manifest: PilotManifest
    artifacts: Mapping[str, Artifact]
    decision: Admission
    hashes: Mapping[str, str]
    terms: Terms
    profile_text: str

    def row(self, version: int, submitted_at: str) -> PilotRow:
        """The registry's row. Only for an admitted pilot."""
        assert isinstance(self.decision, Admitted)
        manifest = self.manifest
        return PilotRow(
            slug=manifest.slug,
            version=version,
            name_zh=manifest.name.zh,
            name_en=manifest.name.en,
            category=manifest.category.value,
            firm=manifest.firm.name,
            uscc=manifest.firm.uscc or "",
            status=State.DRAFT.value,
            profile=self.decision.limits.profile,
            manifest_hash=self.hashes["manifest"],
            limits_hash=self.hashes["limits"],
            summary=canonical({**self.summary(self.decision.limits), **self._texts}).decode(),
            submitted_at=submitted_at,
        )

    @property
    def _texts(self) -> dict[str, str]:
        """What the pilot lives by on its durable chain is read from these again, not from files that may have changed."""
        chain = "own" if self.manifest.own_chain else "shared"
        return {"profile_text": self.profile_text, "manifest_text": self.path.read_text(encoding="utf-8"), "chain": chain}

    def contract_rows(self) -> list[ContractRow]:
        """The registry's rows of its contracts, by name."""
        return [
            ContractRow(
                pilot=self.manifest.slug,
                name=name,
                source_path=artifact.source_path,
                compiler=artifact.compiler,
                source_hash=artifact.source_hash,
                init_code_hash=digest(artifact.init_code),
                artifact=artifact.to_json(),
            )
            for name, artifact in sorted(self.artifacts.items())
        ]

    def summary(self, limits: LimitSet) -> dict[str, Any]:
        """What reports and pages tell of the pilot, as plain data."""
        manifest = self.manifest
        notes = self.decision.notes if isinstance(self.decision, Admitted) else ()
        interfaces = {name: _signatures(artifact) for name, artifact in self.artifacts.items()}
        for key, code in manifest.contracts.items():
            if code.interface is not None:
                interfaces[key] = {**interfaces[code.interface], **interfaces[key]}
        return {
            "id": manifest.slug,
            "zh": manifest.name.zh,
            "en": manifest.name.en,
            "firm": manifest.firm.name,
            "uscc": manifest.firm.uscc or "",
            "category": manifest.category.value,
            "declaration": _plain(manifest.declaration),
            "notes": [note.as_data() for note in notes],
            "limits": dump_limits(limits),
            "interfaces": interfaces,
            "rectification_days": self.terms.rectification_days,
            "tolerance_days": self.terms.tolerance_days,
            "lookback_days": self.terms.lookback_days,
        }


@dataclass(frozen=True, slots=True)
class Submission:
    """A pilot that was handed in, and what became of it."""

    slug: str
    firm: str
    decision: Admission


@dataclass(frozen=True, slots=True)
class PilotDetail:
    """A registered pilot with its contracts and runs."""

    row: PilotRow
    contracts: list[ContractRow]
    runs: list[RunRow]


def run_row(outcome: RunOutcome, summary: Mapping[str, Any], ended_at: str) -> RunRow:
    """The registry's row of a run."""
    return RunRow(
        id=outcome.run,
        pilot=outcome.pilot,
        scenario=outcome.scenario,
        seed=outcome.seed,
        engine=outcome.engine,
        passed=outcome.passed,
        log_id=outcome.run,
        log_root=outcome.log_root,
        ended_at=ended_at,
        summary=canonical(summary).decode(),
    )


def finding_rows(outcome: RunOutcome, findings: Mapping[int, FindingRaised]) -> list[FindingRow]:
    """The registry's rows of a run's findings, by their entries in its log."""
    return [
        FindingRow(
            run_id=outcome.run,
            entry=index,
            pilot=outcome.pilot,
            transaction=event.transaction,
            **{key: cast(Any, event.finding[key]) for key in FINDING_KEYS},
        )
        for index, event in findings.items()
    ]


def find_manifest(path: Path, pilot: str | None = None) -> Path:
    """The manifest at `path` (itself, or its folder), or, for a scenario file, the nearest `pilot.yaml` in its folder or
    above. Raises NotFound; InputError if it is of another pilot than the scenario names."""
    if pilot is None:
        found = path / MANIFEST if path.is_dir() else path
        if not found.is_file():
            raise NotFound(f"there is no manifest at {found}", do=f"give a {MANIFEST} or the folder that holds one")
        return found
    for folder in path.absolute().parents:
        if (folder / MANIFEST).is_file():
            return folder / MANIFEST
    raise NotFound(f"no {MANIFEST} beside {path} or above it", do=f"put the scenario into the folder of pilot {pilot}")


def check(path: Path, settings: Settings) -> Checked:
    """Read, compile and judge the manifest at `path`. Raises InputError, CompileError, MissingDependency."""
    manifest = load_manifest(path)
    profile_file = settings.scenarios / "profiles" / f"{manifest.limits.profile}.yaml"
    if not profile_file.is_file():
        known = ", ".join(sorted(file.stem for file in profile_file.parent.glob("*.yaml")))
        raise InputError(f"there is no profile {manifest.limits.profile!r}", where=str(path), do=f"use one of: {known}")
    profile = load_profile(profile_file)
    compilers = Compilers(
        path.parent, settings.node_modules, settings.cache, settings.node, Bounds(seconds=settings.compile_seconds)
    )
    artifacts = compilers.build(manifest.contracts.values())
    decision = admit(manifest, artifacts, profile)
    admitted = decision.limits if isinstance(decision, Admitted) else None
    limits = {} if admitted is None else admitted.as_data()
    hashes = {"manifest": digest(path.read_bytes()), "limits": digest(canonical(limits))}
    terms = terms_of(profile, admitted, holidays())
    return Checked(path, manifest, artifacts, decision, hashes, terms, profile_file.read_text(encoding="utf-8"))


def holidays() -> Calendar:
    """Public holidays and make-up working days of the mainland, as shipped."""
    data = files("sandbox").joinpath("data/cn_holidays.json").read_text(encoding="utf-8")
    return calendar_from(json.loads(data))


def digest(data: bytes) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(data).hexdigest()


def _signatures(artifact: Artifact) -> dict[str, str]:
    """Selector -> `transfer(address to, uint256 amount) returns (bool)`; the bare signature where types are not plain."""
    named = {}
    for entry in artifact.abi:
        if entry.get("type") == "function":
            inputs, outputs = (cast(list[dict[str, Any]], entry.get(key) or []) for key in ("inputs", "outputs"))
            bare = f"{entry['name']}({','.join(one['type'] for one in inputs)})"
            text = f"{entry['name']}({', '.join(_parameter(one) for one in inputs)})"
            named[bare] = text + (f" returns ({', '.join(_parameter(one) for one in outputs)})" if outputs else "")
    return {"0x" + selector.hex(): named.get(bare, bare) for selector, bare in artifact.selectors.items()}


def _parameter(one: Mapping[str, Any]) -> str:
    return f"{one['type']} {one.get('name') or ''}".strip()


def _plain(value: Any) -> Any:
    """A dataclass as plain data, empty parts left out."""
    if dataclasses.is_dataclass(value):
        parts = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {key: part for key, part in parts.items() if part not in (None, [], {})}
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def stored(text: str) -> dict[str, Any]:
    """Plain data from one of the registry's JSON columns."""
    return dict(json.loads(text))
