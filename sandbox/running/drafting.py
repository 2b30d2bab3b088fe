"""From a step to the transaction somebody wants: expressions evaluated, names resolved, calldata encoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.chain.coercion import text_of
from sandbox.domain.artifact import link
from sandbox.domain.effects import Standard
from sandbox.domain.expressions import Datum, Expression, evaluate
from sandbox.domain.outcome import invocation
from sandbox.domain.scenario import Call, Deploy, Transaction, Transfer
from sandbox.domain.units import Address, BaseUnits, checked_uint256
from sandbox.errors import InputError
from sandbox.running.intent import Deployment, Intent
from sandbox.running.world import World

MOVES: Final[Mapping[Standard, tuple[str, str]]] = {
    Standard.ERC20: ("transfer(address,uint256)", "to amount"),
    Standard.ERC4626: ("transfer(address,uint256)", "to amount"),
    Standard.ERC721: ("safeTransferFrom(address,address,uint256)", "from to id"),
    Standard.ERC1155: ("safeTransferFrom(address,address,uint256,uint256,bytes)", "from to id amount data"),
}
"""How a `transfer` step moves an asset of each standard."""


def intent_of(world: World, index: int, step: Transaction) -> Intent:
    """The transaction a step asks for, as number `index`. A contract to be linked is approved with its libraries filled in.
    Raises SandboxError for one that cannot be built."""
    return _INTENTS[type(step)](world, index, step)


def in_words(world: World, intent: Intent) -> str:
    """`Register.transfer(bob, 1201)`: names for addresses, long arguments shortened."""
    return invocation(intent.action, map(world.named, intent.args))


def _deploy_intent(world: World, index: int, step: Deploy) -> Intent:
    artifact = world.artifacts[step.contract]
    code = world.manifest.contracts[step.contract]
    if artifact.link_references:
        addresses = {name: world.prompter.address(contract) for name, contract in code.libraries.items()}
        artifact = link(artifact, addresses)
        world.approve(step.contract, artifact)
    args = [evaluate(arg, world.prompter) for arg in step.args]
    return Intent(
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


_INTENTS: Final[Mapping[type[Transaction], Callable[[World, int, Any], Intent]]] = {
    Deploy: _deploy_intent,
    Call: _call_intent,
    Transfer: _transfer_intent,
}


def _wei(world: World, value: Expression | None) -> BaseUnits:
    return BaseUnits(0) if value is None else _amount(evaluate(value, world.prompter))


def _amount(value: Datum) -> BaseUnits:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{value!r} is not an amount", do="write a whole number")
    return checked_uint256(int(value))
