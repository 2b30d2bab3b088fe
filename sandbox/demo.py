"""`taishan demo`: every shipped pilot, every scenario, the reports, and the log checked at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.domain.admission import Refused
from sandbox.domain.outcome import RunOutcome
from sandbox.errors import SubmissionError
from sandbox.service import Sandbox
from sandbox.submissions import MANIFEST


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo came to. reports: the pages and files it wrote, relative to the working directory where possible."""

    outcomes: list[RunOutcome]
    reports: list[Path]
    log_size: int
    log_root: str


def run_demo(sandbox: Sandbox, progress: Callable[[str, int, int], None]) -> DemoResult:
    """Submit and run everything under the shipped scenarios folder. Raises SubmissionError if a shipped pilot is refused,
    VerificationFailed if the log does not hold."""
    outcomes: list[RunOutcome] = []
    reports: list[Path] = []
    for manifest in sorted(sandbox.settings.scenarios.glob(f"*/{MANIFEST}")):
        submission = sandbox.submit(manifest)
        if isinstance(submission.decision, Refused):
            finding = submission.decision.findings[0]
            raise SubmissionError(f"{submission.slug}: {finding.where}: {finding.what}", where=str(manifest), do=finding.do)
        runs = [
            sandbox.run(file, engine=None, seed=None, progress=progress)
            for file in sorted(manifest.parent.glob("*.yaml"))
            if file.name != MANIFEST
        ]
        outcomes += runs
        for shape in ("html", "json"):
            reports += sandbox.write_report_of([run.run for run in runs], submission.slug, shape=shape)
    sandbox.verify_logs()
    size, root = sandbox.head()
    return DemoResult(outcomes, [_shown(path) for path in reports], size, root)


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
