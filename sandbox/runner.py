"""The runner: the imperative shell around the pure core.

A run goes through these steps, each marked below:

1. the cast: keys, addresses, a genesis that funds them;
2. the policy: limits in force, known parties, approved code;
3. every step of the scenario, each transaction by `take`: execute in a snapshot, turn into effects, judge, keep or revert;
4. after each block: seal it and probe the registered assets;
5. at the end: probe every holder once more, and close the log.

Everything that happened or was refused is handed to the recorder as an event, in order. Nothing here reads a clock, an
environment variable or a random source: the same job gives the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox import __version__
from sandbox.chain.chain import Chain
from sandbox.domain.artifact import Artifact
from sandbox.domain.asking import Answer
from sandbox.domain.events import Event, RunEnded, RunStarted
from sandbox.domain.limits import LimitSet
from sandbox.domain.outcome import Agreement, StepOutcome
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.scenario import AnyStep, Scenario, Transaction
from sandbox.domain.terms import Terms
from sandbox.domain.units import ZERO_ADDRESS, BaseUnits
from sandbox.engines import Remote, agreeing, create
from sandbox.engines.agreeing import Agreeing
from sandbox.engines.base import Account, ChainEngine, Genesis
from sandbox.errors import Disagreement
from sandbox.running.cast import assemble
from sandbox.running.describing import described
from sandbox.running.office import Office
from sandbox.running.opening import opening_policy
from sandbox.running.steps import ask as ask_about
from sandbox.running.steps import perform
from sandbox.running.world import World

BLOCK_SIZE = 50
"""Transactions of one `repeat` that share a block; every other step has a block of its own."""

Recorder = Callable[[Event], None]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a run needs. hashes: "manifest", "scenario" and "limits", sha-256 as hex. seconds: wall-clock
    budget per transaction, a safety net that no deterministic result depends on. terms: of supervision, where the run leads the
    pilot through its life. agree: engine to compare every transaction with, None for no other. remote: where engine `rpc` is.
    """

    manifest: PilotManifest
    scenario: Scenario
    artifacts: Mapping[str, Artifact]
    limits: LimitSet
    hashes: Mapping[str, str]
    engine: str
    seed: int
    seconds: int
    terms: Terms = Terms()
    agree: str | None = None
    remote: Remote = Remote()


def run(job: Job, record: Recorder, progress: Progress) -> tuple[StepOutcome, ...]:
    """Run one scenario on a fresh chain of its own. Raises InputError where a step cannot be carried out at all (an
    argument that does not fit, a constructor that reverts unasked); a step that ends otherwise than expected is no error but an
    outcome."""
    return compared(job, record, progress)[0]


def compared(job: Job, record: Recorder, progress: Progress) -> tuple[tuple[StepOutcome, ...], Agreement | None]:
    """`run`, and how far the second engine agreed, where the job names one. At the first difference the run ends: that step
    failed."""
    with _opened(job, record) as world:
        engine = world.chain.engine
        # (3) the steps, (4) their blocks
        outcomes = _played(world, job, progress)
        agreement = engine.agreement if isinstance(engine, Agreeing) else None
        # (5) the end
        if agreement is None or agreement.difference is None:
            outcomes = world.final_probe(outcomes)
        record(_ended(world, outcomes))
        return tuple(outcomes), agreement


def ask(job: Job, questions: Sequence[Transaction], progress: Progress) -> tuple[tuple[StepOutcome, ...], tuple[Answer, ...]]:
    """Play the scenario as a set-up, then ask about each transaction on the state it leaves. Nothing is sent and nothing is
    recorded. Raises as `run`."""
    with _opened(job, lambda _: None) as world:
        outcomes = _played(world, job, progress)
        answers = (ask_about(world, len(outcomes) + 1, question) for question in questions)
        return tuple(outcomes), tuple(answers)


@contextmanager
def _opened(job: Job, record: Recorder) -> Iterator[World]:
    # (1) the cast
    cast = assemble(job.scenario, job.seed)
    alloc = {member.address: Account(balance=member.actor.native) for member in cast.values()}
    alloc[ZERO_ADDRESS] = Account(balance=BaseUnits(1))  # an empty coinbase would be wiped and made again every time
    engine = _engine(job, Genesis(job.scenario.start, alloc))
    try:
        # (2) the policy
        policy = opening_policy(job.manifest, job.artifacts, job.limits, cast, job.scenario.start)
        world = World(job.manifest, job.artifacts, cast, Chain(engine, block_size=BLOCK_SIZE), policy, record, job.seed)
        record(_started(job, world))
        if job.scenario.life is not None:
            world.officers = job.scenario.officers
            world.office = Office(job.manifest.slug, job.scenario.life, job.terms, job.scenario.start, record)
        yield world
    finally:
        engine.close()


def _engine(job: Job, genesis: Genesis) -> ChainEngine:
    if job.agree is None:
        return create(job.engine, genesis, seconds=job.seconds, remote=job.remote)
    return agreeing(job.engine, job.agree, genesis, seconds=job.seconds, remote=job.remote)


def _played(world: World, job: Job, progress: Progress) -> list[StepOutcome]:
    outcomes: list[StepOutcome] = []
    for index, step in enumerate(job.scenario.steps, start=1):
        progress(job.scenario.name, index - 1, len(job.scenario.steps))
        try:
            outcomes.append(perform(world, index, step))
        except Disagreement as error:
            outcomes.append(_disagreed(index, step, error))
            break
    progress(job.scenario.name, len(job.scenario.steps), len(job.scenario.steps))
    return outcomes


def _disagreed(index: int, step: AnyStep, error: Disagreement) -> StepOutcome:
    kind = type(step).__name__.lower()
    return StepOutcome(index, kind, "two engines, one transaction", "differs", "agreement", error=error.what, where=step.where)


def _started(job: Job, world: World) -> RunStarted:
    engine = world.chain.engine
    return RunStarted(
        pilot=job.manifest.slug,
        scenario=job.scenario.name,
        seed=job.seed,
        engine=engine.name,
        engine_version=f"{engine.version}; taishan {__version__}",
        chain_id=engine.chain_id,
        genesis_hash="0x" + engine.head.hash.hex(),
        genesis_time=job.scenario.start,
        manifest_hash=job.hashes["manifest"],
        scenario_hash=job.hashes["scenario"],
        artifacts={name: artifact.source_hash for name, artifact in sorted(job.artifacts.items())},
        limits=job.limits.as_data(),
        limits_hash=job.hashes["limits"],
        actors={name: world.describe(name) for name in job.scenario.actors},
        **described(job.manifest, job.artifacts, job.limits),
    )


def _ended(world: World, outcomes: list[StepOutcome]) -> RunEnded:
    failed = [outcome.index for outcome in outcomes if outcome.error is not None]
    counted: dict[str, int] = {}
    for outcome in outcomes:
        for status, number in outcome.statuses.items():
            counted[status] = counted.get(status, 0) + number
    head = world.chain.engine.head
    return RunEnded(
        passed=not failed,
        steps=len(outcomes),
        failed_steps=failed,
        transactions=counted,
        head_hash="0x" + head.hash.hex(),
        state_root="0x" + head.state_root.hex(),
    )
