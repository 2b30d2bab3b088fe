"""What each kind of step does, and whether it came out as expected. `STEPS` is the table; `perform` the only way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from sandbox.domain.asking import Answer, answer
from sandbox.domain.bounds import duration_text
from sandbox.domain.events import FaultInjected, TimeAdvanced
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.scenario import (
    Advance,
    AnyStep,
    Call,
    Check,
    Deploy,
    Expectation,
    Inject,
    Official,
    PriceDrop,
    Repeat,
    Status,
    Transaction,
    Transfer,
)
from sandbox.domain.supervision import Finding
from sandbox.domain.units import (
    Value,
    format_value,
    price_per_base_unit,
)
from sandbox.errors import InputError, SandboxError, SubmissionError
from sandbox.running.checks import check
from sandbox.running.drafting import in_words, intent_of
from sandbox.running.expectations import described, unmet
from sandbox.running.life import elapse, official
from sandbox.running.world import Intent, Taken, World

_RAN_AWAY: Final = frozenset({"OutOfGas"})


def perform(world: World, index: int, step: AnyStep) -> StepOutcome:
    """Carry out one step. Raises SandboxError with the step's place for a step that cannot be carried out at all."""
    world.expecting = frozenset(_expected(step))
    try:
        return STEPS[type(step)](world, index, step)
    except SandboxError as error:
        where = step.where if error.where is None else f"{step.where}, {error.where}"
        raise type(error)(error.what, where=where, do=error.do) from error


def ask(world: World, index: int, step: Transaction) -> Answer:
    """What a transaction would come to; nothing of the world is different after. Raises SandboxError with the step's place for
    one that cannot even be tried."""
    policy = world.policy
    try:
        with world.prompter.apart():
            intent = intent_of(world, index, step)
        taken = world.ask(intent)
    except SandboxError as error:
        where = step.where if error.where is None else f"{step.where}, {error.where}"
        raise type(error)(error.what, where=where, do=error.do) from error
    finally:
        world.policy = policy  # a deployment to be linked adds its linked code
    title = f"{step.actor}: {in_words(world, intent)}"
    return answer(title, taken.effects, taken.judgement, policy.limits.currency, step.where)


def _expected(step: AnyStep) -> tuple[str, ...]:
    match step:
        case Deploy() | Call() | Transfer():
            return step.expect.findings
        case Repeat():
            return step.body.expect.findings
        case _:
            return ()


def _deploy(world: World, index: int, step: Deploy) -> StepOutcome:
    intent = intent_of(world, index, step)
    taken = world.take(intent)
    if taken.status == Status.REVERTED and step.expect.status is not Status.REVERTED:
        raise SubmissionError(
            f"the constructor of {step.contract} reverts: {taken.effects.reverted}",
            do="correct its arguments or its code, or state `expect: {status: reverted}`",
        )
    return _single(world, index, step, intent, taken)


def _call(world: World, index: int, step: Call) -> StepOutcome:
    intent = intent_of(world, index, step)
    return _single(world, index, step, intent, world.take(intent))


def _transfer(world: World, index: int, step: Transfer) -> StepOutcome:
    intent = intent_of(world, index, step)
    return _single(world, index, step, intent, world.take(intent))


def _repeat(world: World, index: int, step: Repeat) -> StepOutcome:
    statuses: Counter[str] = Counter()
    findings: list[Finding] = []
    gas, error = 0, None
    for turn in range(step.times):
        body = step.turn(turn)
        intent = intent_of(world, index, body)
        taken = world.take(intent)
        _refuse_runaway(taken, body.expect)
        statuses[taken.status] += 1
        findings += taken.judgement.findings + taken.judgement.warnings
        gas += taken.effects.gas_used
        if step.tally is None and error is None:
            wrong = unmet(world, body.expect, taken, ())
            error = None if wrong is None else f"repetition {turn + 1}: {wrong}"
        if world.chain.full:
            findings += world.seal(index)
    findings += world.seal(index)
    tally = step.tally if step.tally is not None else {step.body.expect.status: step.times}
    wanted = {status.value: number for status, number in tally.items()}
    if step.tally is not None and any(statuses[status] != number for status, number in wanted.items()):
        error = f"expected {_counted(wanted)}, came to {_counted(statuses)}"
    return StepOutcome(
        index=index,
        kind="repeat",
        title=f"{step.times} × {intent.action}",
        status="done",
        expected=_counted(wanted),
        gas_used=gas,
        findings=tuple(findings),
        error=error,
        where=step.where,
        times=step.times,
        statuses=dict(statuses),
        wanted=wanted,
    )


def _advance(world: World, index: int, step: Advance) -> StepOutcome:
    world.chain.advance(step.seconds)
    world.record(TimeAdvanced(index, step.seconds, world.chain.timestamp))
    found = elapse(world, index)
    title = f"advance {duration_text(step.seconds)}"
    return StepOutcome(index, "advance", title, "done", "", findings=found, where=step.where)


def _inject(world: World, index: int, step: Inject) -> StepOutcome:
    fault = step.fault
    asset = world.manifest.assets[fault.asset]
    try:
        rule = world.policy.assets[world.asset_address(fault.asset)]
    except KeyError as error:
        raise InputError(f"asset {fault.asset!r} is not deployed yet", do="inject the fault after its deployment") from error
    if isinstance(fault, PriceDrop):
        scaled, remainder = divmod(rule.price * (100 - fault.percent), 100)
        if remainder:
            raise InputError(f"the price after a drop of {fault.percent} % cannot be held exactly")
        price, words = Value(scaled), f"price of {fault.asset} falls by {fault.percent} %"
    else:
        if fault.price.currency != world.policy.limits.currency:
            raise InputError(f"the price {fault.price} is not in {world.policy.limits.currency}")
        price, words = price_per_base_unit(fault.price, asset.decimals), f"price of {fault.asset} becomes {fault.price}"
    world.reprice(fault.asset, price)
    details = {"asset": fault.asset, "price": format_value(price * 10**asset.decimals)}
    world.record(FaultInjected(index, type(fault).__name__, details))
    return StepOutcome(index, "inject", words, "done", "", where=step.where)


STEPS: Final[Mapping[type[AnyStep], Callable[[World, int, Any], StepOutcome]]] = {
    Deploy: _deploy,
    Call: _call,
    Transfer: _transfer,
    Repeat: _repeat,
    Advance: _advance,
    Inject: _inject,
    Check: check,
    Official: official,
}


def _single(world: World, index: int, step: Deploy | Call | Transfer, intent: Intent, taken: Taken) -> StepOutcome:
    _refuse_runaway(taken, step.expect)
    at_block = world.seal(index)
    if at_block and taken.status == Status.SUCCESS:
        taken = replace(taken, status=Status.FLAGGED.value)
    return StepOutcome(
        index=index,
        kind=type(step).__name__.lower(),
        title=f"{step.actor}: {in_words(world, intent)}",
        status=taken.status,
        expected=described(step.expect),
        gas_used=taken.effects.gas_used,
        findings=taken.judgement.findings + at_block + taken.judgement.warnings,
        reverted=None if taken.effects.reverted is None else str(taken.effects.reverted),
        error=unmet(world, step.expect, taken, at_block),
        where=step.where,
        statuses={taken.status: 1},
        wanted={step.expect.status.value: 1},
    )


def _refuse_runaway(taken: Taken, expect: Expectation) -> None:
    """A transaction that burns all its gas unasked is an endless loop or a forgotten gas limit, and the file's fault."""
    reverted = taken.effects.reverted
    if reverted is not None and reverted.error in _RAN_AWAY and expect.status is Status.SUCCESS:
        raise InputError(
            f"the transaction used up all its gas ({taken.effects.gas_limit:,})",
            do="look for a loop that does not end, or give the step more `gas`",
        )


def _counted(statuses: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in statuses.items() if number)
