"""What each kind of step does, and whether it came out as expected. `STEPS` is the table; `perform` the only way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from sandbox.chain.coercion import text_of
from sandbox.domain.artifact import link
from sandbox.domain.effects import Standard
from sandbox.domain.events import FaultInjected, TimeAdvanced
from sandbox.domain.expressions import Datum, Expression, evaluate
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.scenario import (
    Advance,
    AnyStep,
    Call,
    Check,
    Deploy,
    Expectation,
    Inject,
    PriceDrop,
    Repeat,
    Status,
    Transfer,
)
from sandbox.domain.supervision import Finding
from sandbox.domain.units import (
    Address,
    BaseUnits,
    Value,
    checked_uint256,
    format_value,
    price_per_base_unit,
)
from sandbox.errors import InputError, SandboxError, SubmissionError
from sandbox.running.checks import check
from sandbox.running.expectations import described, unmet
from sandbox.running.world import Deployment, Intent, Taken, World

MOVES: Final[Mapping[Standard, tuple[str, str]]] = {
    Standard.ERC20: ("transfer(address,uint256)", "to amount"),
    Standard.ERC4626: ("transfer(address,uint256)", "to amount"),
    Standard.ERC721: ("safeTransferFrom(address,address,uint256)", "from to id"),
    Standard.ERC1155: ("safeTransferFrom(address,address,uint256,uint256,bytes)", "from to id amount data"),
}
"""How a `transfer` step moves an asset of each standard."""

_RAN_AWAY: Final = frozenset({"OutOfGas"})


def perform(world: World, index: int, step: AnyStep) -> StepOutcome:
    """Carry out one step. Raises SandboxError with the step's place for a step that cannot be carried out at all."""
    try:
        return STEPS[type(step)](world, index, step)
    except SandboxError as error:
        where = step.where if error.where is None else f"{step.where}, {error.where}"
        raise type(error)(error.what, where=where, do=error.do) from error


def _deploy(world: World, index: int, step: Deploy) -> StepOutcome:
    artifact = world.artifacts[step.contract]
    code = world.manifest.contracts[step.contract]
    if artifact.link_references:
        addresses = {name: world.prompter.address(contract) for name, contract in code.libraries.items()}
        artifact = link(artifact, addresses)
        world.approve(step.contract, artifact)
    args = [evaluate(arg, world.prompter) for arg in step.args]
    intent = Intent(
        step=index,
        actor=step.actor,
        action=f"deploy {step.instance}",
        args=tuple(map(text_of, args)),
        to=None,
        data=artifact.init_code + world.interface_of(step.contract).deployment(args),
        value=_wei(world, step.value),
        gas=step.gas,
        request=step.request,
        deploys=Deployment(step.instance, step.contract, step.interface or code.interface or step.contract),
    )
    taken = world.take(intent)
    if taken.status == Status.REVERTED and step.expect.status is not Status.REVERTED:
        raise SubmissionError(
            f"the constructor of {step.contract} reverts: {taken.effects.reverted}",
            do="correct its arguments or its code, or state `expect: {status: reverted}`",
        )
    return _single(world, index, step, intent, taken)


def _call(world: World, index: int, step: Call) -> StepOutcome:
    intent = _call_intent(world, index, step)
    return _single(world, index, step, intent, world.take(intent))


def _transfer(world: World, index: int, step: Transfer) -> StepOutcome:
    intent = _transfer_intent(world, index, step)
    return _single(world, index, step, intent, world.take(intent))


def _repeat(world: World, index: int, step: Repeat) -> StepOutcome:
    statuses: Counter[str] = Counter()
    findings: list[Finding] = []
    gas, error = 0, None
    for turn in range(step.times):
        body = step.turn(turn)
        intent = _call_intent(world, index, body) if isinstance(body, Call) else _transfer_intent(world, index, body)
        taken = world.take(intent)
        _refuse_runaway(taken, body.expect)
        statuses[taken.status] += 1
        findings += taken.judgement.findings
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
    return StepOutcome(index, "advance", f"advance {_span(step.seconds)}", "done", "", where=step.where)


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
}


def _single(world: World, index: int, step: Deploy | Call | Transfer, intent: Intent, taken: Taken) -> StepOutcome:
    _refuse_runaway(taken, step.expect)
    at_block = world.seal(index)
    if at_block and taken.status == Status.SUCCESS:
        taken = replace(taken, status=Status.FLAGGED.value)
    return StepOutcome(
        index=index,
        kind=type(step).__name__.lower(),
        title=f"{step.actor}: {_in_words(world, intent)}",
        status=taken.status,
        expected=described(step.expect),
        gas_used=taken.effects.gas_used,
        findings=taken.judgement.findings + at_block,
        reverted=None if taken.effects.reverted is None else str(taken.effects.reverted),
        error=unmet(world, step.expect, taken, at_block),
        where=step.where,
        statuses={taken.status: 1},
        wanted={step.expect.status.value: 1},
    )


def _in_words(world: World, intent: Intent) -> str:
    """`Register.transfer(bob, 1201)`: names for addresses, long arguments shortened."""
    args = (world.named(arg) for arg in intent.args)
    return f"{intent.action}({', '.join(arg if len(arg) <= 20 else f'{arg[:10]}…{arg[-6:]}' for arg in args)})"


def _call_intent(world: World, index: int, step: Call) -> Intent:
    deployed = world.chain.contracts.named(step.instance)
    args = [evaluate(arg, world.prompter) for arg in step.args]
    return Intent(
        step=index,
        actor=step.actor,
        action=f"{step.instance}.{step.function.partition('(')[0]}",
        args=tuple(map(text_of, args)),
        to=deployed.address,
        data=deployed.interface.call(step.function, args),
        value=_wei(world, step.value),
        gas=step.gas,
        request=step.request,
    )


def _transfer_intent(world: World, index: int, step: Transfer) -> Intent:
    to = Address(str(evaluate(step.to, world.prompter)))
    amount = _amount(evaluate(step.amount, world.prompter))
    asset = None if step.asset is None else world.manifest.assets[step.asset]
    if asset is None or asset.contract is None:
        words = (text_of(to), f"{amount} wei")
        return Intent(index, step.actor, "transfer", words, to, b"", amount, step.gas, step.request)
    signature, order = MOVES[asset.standard]
    token = 0 if step.token_id is None else evaluate(step.token_id, world.prompter)
    values: dict[str, Datum] = {
        "from": world.cast[step.actor].address, "to": to, "amount": int(amount), "id": token, "data": b"",
    }
    values["id"] = int(amount) if asset.standard is Standard.ERC721 and step.token_id is None else token
    args = [values[name] for name in order.split()]
    deployed = world.chain.contracts.named(asset.contract)
    action = f"{asset.contract}.{signature.partition('(')[0]}"
    data = deployed.interface.call(signature, args)
    return Intent(
        index, step.actor, action, tuple(map(text_of, args)), deployed.address, data, BaseUnits(0), step.gas, step.request
    )


def _refuse_runaway(taken: Taken, expect: Expectation) -> None:
    """A transaction that burns all its gas unasked is an endless loop or a forgotten gas limit, and the file's fault."""
    reverted = taken.effects.reverted
    if reverted is not None and reverted.error in _RAN_AWAY and expect.status is Status.SUCCESS:
        raise InputError(
            f"the transaction used up all its gas ({taken.effects.gas_limit:,})",
            do="look for a loop that does not end, or give the step more `gas`",
        )


def _wei(world: World, value: Expression | None) -> BaseUnits:
    return BaseUnits(0) if value is None else _amount(evaluate(value, world.prompter))


def _amount(value: Datum) -> BaseUnits:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{value!r} is not an amount", do="write a whole number")
    return checked_uint256(int(value))


def _counted(statuses: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in statuses.items() if number)


def _span(seconds: int) -> str:
    return f"{seconds // 86_400} d" if seconds % 86_400 == 0 else f"{seconds} s"
