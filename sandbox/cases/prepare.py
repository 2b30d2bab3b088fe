"""From a scenario file to a run that can begin: read, checked, compiled, admitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.domain.admission import Admitted, Refused
from sandbox.domain.scenario_checks import validate
from sandbox.engines import Remote
from sandbox.errors import SubmissionError
from sandbox.runner import Job
from sandbox.scenario_files import load_scenario
from sandbox.settings import Settings
from sandbox.submissions import Checked, check, digest, find_manifest

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Second:
    """engine: a second one to compare with, None for no other. url: of the node behind engine `rpc`, None for the settings'."""

    engine: str | None = None
    url: str | None = None


def admitted(path: Path, settings: Settings) -> Checked:
    """The pilot of a manifest, with a decision that admits it. Raises InputError, CompileError, SubmissionError."""
    checked = check(path, settings)
    if isinstance(checked.decision, Refused):
        first = checked.decision.findings[0]
        what = f"pilot {checked.manifest.slug} is refused: {first.where}: {first.what}"
        raise SubmissionError(what, where=str(checked.path), do=f"see taishan pilot submit {checked.path}")
    return checked


def prepare(
    file: Path, settings: Settings, engine: str | None, seed: int | None, second: Second | None = None
) -> tuple[Checked, Job]:
    """The pilot of a scenario, and the scenario as a job. engine and seed: None for the settings' and the scenario's. Raises
    InputError, NotFound, CompileError, SubmissionError for a pilot that admission refuses."""
    scenario = load_scenario(file)
    checked = admitted(find_manifest(file, scenario.pilot), settings)
    assert isinstance(checked.decision, Admitted)
    validate(scenario, checked.manifest)
    name = settings.engine if engine is None else engine
    second = second or Second()
    job = Job(
        manifest=checked.manifest,
        scenario=scenario,
        artifacts=checked.artifacts,
        limits=checked.decision.limits,
        hashes={**checked.hashes, "scenario": digest(file.read_bytes())},
        engine="pyevm" if name == "auto" else name,
        seed=scenario.seed if seed is None else seed,
        seconds=settings.transaction_seconds,
        terms=checked.terms,
        agree=second.engine,
        remote=Remote(settings.rpc_url if second.url is None else second.url, settings.node_modules),
    )
    return checked, job
