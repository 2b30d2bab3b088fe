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

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox import __version__
from sandbox.chain.chain import Chain
from sandbox.domain.artifact import Artifact
from sandbox.domain.events import Event, RunEnded, RunStarted
from sandbox.domain.limits import LimitSet
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.scenario import Scenario
from sandbox.domain.units import ZERO_ADDRESS, BaseUnits
from sandbox.engines import create
from sandbox.engines.base import Account, Genesis
from sandbox.running.cast import assemble
from sandbox.running.opening import opening_policy
from sandbox.running.steps import perform
from sandbox.running.world import World

BLOCK_SIZE = 50
"""Transactions of one `repeat` that share a block; every other step has a block of its own."""

Recorder = Callable[[Event], None]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a run needs. hashes: "manifest", "scenario" and "limits", sha-256 as hex. seconds: wall-clock
    budget per transaction, a safety net that no deterministic result depends on."""

    manifest: PilotManifest
    scenario: Scenario
    artifacts: Mapping[str, Artifact]
    limits: LimitSet
    hashes: Mapping[str, str]
    engine: str
    seed: int
    seconds: int


def run(job: Job, record: Recorder, progress: Progress) -> tuple[StepOutcome, ...]:
    """Run one scenario on a fresh chain of its own. Raises InputError where a step cannot be carried out at all (an
    argument that does not fit, a constructor that reverts unasked); a step that ends otherwise than expected is no error but an
    outcome."""
    # (1) the cast
    cast = assemble(job.scenario, job.seed)
    alloc = {member.address: Account(balance=member.actor.native) for member in cast.values()}
    alloc[ZERO_ADDRESS] = Account(balance=BaseUnits(1))  # an empty coinbase would be wiped and made again every time
    engine = create(job.engine, Genesis(job.scenario.start, alloc), seconds=job.seconds)
    try:
        # (2) the policy
        policy = opening_policy(job.manifest, job.artifacts, job.limits, cast, job.scenario.start)
        world = World(job.manifest, job.artifacts, cast, Chain(engine, block_size=BLOCK_SIZE), policy, record, job.seed)
        record(_started(job, world))
        # (3) the steps, (4) their blocks
        outcomes: list[StepOutcome] = []
        for index, step in enumerate(job.scenario.steps, start=1):
            progress(job.scenario.name, index - 1, len(job.scenario.steps))
            outcomes.append(perform(world, index, step))
        # (5) the end
        outcomes = world.final_probe(outcomes)
        progress(job.scenario.name, len(job.scenario.steps), len(job.scenario.steps))
        record(_ended(world, outcomes))
        return tuple(outcomes)
    finally:
        engine.close()


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
