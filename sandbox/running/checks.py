"""The `check` step: ask the chain or the book for a fact and compare it."""

from __future__ import annotations

from typing import Any

from sandbox.chain.coercion import text_of
from sandbox.domain.events import CheckMade
from sandbox.domain.expressions import Datum, Expression, evaluate
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.scenario import Balance, Check, Exposure, Relation, View
from sandbox.domain.units import Address, Money, format_value
from sandbox.errors import InputError
from sandbox.running.world import World


def check(world: World, index: int, step: Check) -> StepOutcome:
    """Compare the state with stated values; sends nothing."""
    subject, obtained = _observe(world, step)
    wanted: list[str] = []
    held = True
    for relation, bound in step.bounds:
        value = bound.value if isinstance(bound, Money) else evaluate(bound, world.prompter)
        shown = str(bound) if isinstance(bound, Money) else text_of(value)
        wanted.append(f"{relation.value.replace('_', ' ')} {shown}")
        held = held and _compare(relation, obtained, value)
    text = f"{format_value(obtained)} {world.policy.limits.currency}" if subject.startswith("exposure") else text_of(obtained)
    expected = ", ".join(wanted)
    world.record(CheckMade(index, subject, expected, text, held))
    error = None if held else f"{subject} is {text}, expected {expected}"
    title = f"check {subject}"
    return StepOutcome(index, "check", title, "held" if held else "failed", expected, error=error, where=step.where)


def _observe(world: World, step: Check) -> tuple[str, Any]:
    match step.subject:
        case View(instance, function, args):
            deployed = world.chain.contracts.named(instance)
            values = [evaluate(arg, world.prompter) for arg in args]
            answer = world.chain.view(deployed.address, deployed.interface.call(function, values))
            if answer.error is not None:
                reason = world.chain.contracts.reverted(answer.error, answer.output)
                raise InputError(f"{instance}.{function} reverts: {reason}")
            result = deployed.interface.result(deployed.interface.function(function, len(values)), answer.output)
            return f"{instance}.{function}", result[0] if len(result) == 1 else list(result)
        case Balance(of, asset, token_id):
            holder = Address(str(evaluate(of, world.prompter)))
            return f"balance of {world.named(holder)}", _balance(world, holder, asset, token_id)
        case Exposure(client):
            return f"exposure of {client}", world.book.exposure(world.policy, client)


def _balance(world: World, holder: Address, asset: str | None, token_id: Expression | None) -> int:
    if asset is None or world.manifest.assets[asset].contract is None:
        return world.chain.balance(holder)
    contract = world.manifest.assets[asset].contract
    assert contract is not None
    deployed = world.chain.contracts.named(contract)
    args: list[Datum] = [holder] if token_id is None else [holder, evaluate(token_id, world.prompter)]
    answer = world.chain.view(deployed.address, deployed.interface.call("balanceOf", args))
    return int(deployed.interface.result(deployed.interface.function("balanceOf", len(args)), answer.output)[0])


def _compare(relation: Relation, obtained: Any, wanted: Any) -> bool:
    if relation is Relation.EQUALS:
        return text_of(obtained) == text_of(wanted)
    low, high = (obtained, wanted) if relation is Relation.AT_MOST else (wanted, obtained)
    return int(low) <= int(high)
