"""An application: what admission looks at, and what may come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.domain.artifact import Artifact
from sandbox.domain.bytecode import Scan
from sandbox.domain.limits import LimitSet
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.profiles import Loosened, Profile


@dataclass(frozen=True, slots=True)
class AdmissionFinding:
    """One departure found before anything ran. code: never reused. refuses: False for a note. where: contract or manifest
    path. tags: SWC or EthTrust entries."""

    code: str
    refuses: bool
    where: str
    what: str
    do: str
    tags: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Plain data for the log and for JSON output."""
        return {
            "code": self.code,
            "refuses": self.refuses,
            "where": self.where,
            "what": self.what,
            "do": self.do,
            "tags": list(self.tags),
        }


@dataclass(frozen=True, slots=True)
class Admitted:
    """It may run, under these limits. notes: what admission saw and let pass."""

    limits: LimitSet
    notes: tuple[AdmissionFinding, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not; every finding that refuses it, then the notes."""

    findings: tuple[AdmissionFinding, ...]


Admission = Admitted | Refused


@dataclass(frozen=True, slots=True)
class Application:
    """What admission looks at. limits: as bound to the profile, or the wishes that would loosen it. scans: of the runtime
    code of each contract."""

    manifest: PilotManifest
    artifacts: Mapping[str, Artifact]
    profile: Profile
    limits: LimitSet | tuple[Loosened, ...]
    scans: Mapping[str, Scan] = field(default_factory=dict)
