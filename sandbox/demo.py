"""`taishan demo`: every shipped pilot, every scenario, the reports, and the log checked at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.domain.admission import Refused
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.suite import SuiteResult, measure
from sandbox.errors import SubmissionError
from sandbox.service import Sandbox
from sandbox.submissions import MANIFEST


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo came to. suite: the attack suite's runs. reports: the pages and files it wrote, relative to the working
    directory where possible."""

    outcomes: list[RunOutcome]
    suite: SuiteResult
    suite_outcomes: list[RunOutcome]
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
    suite_outcomes = run_suite(sandbox, progress)
    suite = measure(suite_outcomes)
    reports.append(_write(sandbox.home / "reports" / "attacks.json", suite))
    sandbox.verify_logs()
    size, root = sandbox.head()
    return DemoResult(outcomes, suite, suite_outcomes, [_shown(path) for path in reports], size, root)


def run_suite(sandbox: Sandbox, progress: Callable[[str, int, int], None]) -> list[RunOutcome]:
    """Run every attack and every benign twin; their pilots are ranges to practise on and are not registered."""
    files = sorted(sandbox.settings.scenarios.glob("attacks/*/*.*.yaml"))
    return [sandbox.run(file, engine=None, seed=None, progress=progress) for file in files]


def _write(path: Path, suite: SuiteResult) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(suite.as_data(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
