"""Admission: may this pilot enter the sandbox? One pure function over the manifest, its artifacts and the profile.

Every question is a row of `QUESTIONS`. A finding either refuses the pilot or is a note that the report carries on; all of
them are found in one go, so that a firm need not hand in again and again to learn the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sandbox.domain import admission_code as code
from sandbox.domain import admission_papers as papers
from sandbox.domain.application import Admission as Admission
from sandbox.domain.application import AdmissionFinding as AdmissionFinding
from sandbox.domain.application import Admitted as Admitted
from sandbox.domain.application import Application as Application
from sandbox.domain.application import Refused as Refused
from sandbox.domain.artifact import Artifact
from sandbox.domain.bytecode import scan
from sandbox.domain.limits import LimitSet
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.profiles import Profile, bind


def admit(manifest: PilotManifest, artifacts: Mapping[str, Artifact], profile: Profile) -> Admission:
    """Judge an application. Raises InputError only for a limit that does not exist or has not its shape."""
    limits = bind(profile, manifest.limits.set, manifest.limits.modes)
    scans = {name: scan(artifact.runtime_code) for name, artifact in artifacts.items()}
    application = Application(manifest, artifacts, profile, limits, scans)
    found = [finding for question in QUESTIONS for finding in question(application)]
    refusing = tuple(finding for finding in found if finding.refuses)
    notes = tuple(finding for finding in found if not finding.refuses)
    if refusing or not isinstance(limits, LimitSet):
        return Refused(refusing + notes)
    return Admitted(limits, notes)


QUESTIONS: Final[tuple[Callable[[Application], Iterator[AdmissionFinding]], ...]] = (
    papers.declaration,
    papers.identity,
    papers.limits,
    papers.consistency,
    papers.assets,
    papers.exposure,
    papers.issuer,
    papers.reserves,
    papers.controls,
    papers.roles,
    code.code,
    code.dormant,
    code.interfaces,
    code.standards,
)
