"""What a world knows besides its chain and its book, as short texts that are stored with the book, and read back from it.

One text for each fact, under (subject, name): a contract's code, an asset's key, a deployed instance, what a probe last said,
which departures were told. A block that adds a contract writes that contract's text and no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any, Final

from sandbox.chain.codec import Interface
from sandbox.domain.foresight import faced
from sandbox.domain.policy import Policy
from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.running.guarded import approve_linked
from sandbox.running.opening import asset_rule, merged_abi
from sandbox.running.world import World

Notes = Mapping[tuple[str, str], str]

INSTANCE: Final = "instance"
CONTRACT: Final = "contract"
ASSET: Final = "asset"
TEMPLATE: Final = "template"
PROBED: Final = "probed"
TOLD: Final = "told"
SUBJECTS: Final = frozenset({INSTANCE, CONTRACT, ASSET, TEMPLATE, PROBED, TOLD})
"""Subjects written here; others are somebody else's."""


def write(world: World, notes: MutableMapping[tuple[str, str], str]) -> bool:
    """Make the notes say what the world knows; True if a contract is new."""
    facts = dict(_facts(world))
    grown = any(key[0] == CONTRACT and key not in notes for key in facts)
    for key, text in facts.items():
        if notes.get(key) != text:
            notes[key] = text
    for key in [key for key in notes if key[0] in SUBJECTS and key not in facts]:
        del notes[key]
    return grown


def read(world: World, notes: Notes) -> None:
    """Let a world that was just opened know what the notes say."""
    instances = sorted((json.loads(text), name) for (subject, name), text in notes.items() if subject == INSTANCE)
    for (_, contract, address), instance in instances:
        world.code_of[instance] = contract
        world.addresses[instance] = Address(address)
    approve_linked(world)
    world.policy = _policy(world, notes)
    for instance, address in world.addresses.items():
        world.chain.contracts.add(address, instance, _interface(world, world.code_of[instance], instance))
        own = [measure for measure in world.manifest.measures if measure.contract == instance]
        world.chain.observer.watch_measures(address, own)
    for address, rule in world.policy.assets.items():
        if address != ZERO_ADDRESS:
            world.chain.observer.watch_asset(address, rule.standard)
    probed = {name: json.loads(text) for (subject, name), text in notes.items() if subject == PROBED}
    told: set[Any] = {tuple(json.loads(name)) for subject, name in notes if subject == TOLD}
    world.lookout.return_to((probed, told))


def _facts(world: World) -> Iterator[tuple[tuple[str, str], str]]:
    for at, (instance, address) in enumerate(world.addresses.items()):
        yield (INSTANCE, instance), _text([at, world.code_of[instance], address])
    for address, code in world.policy.contracts.items():
        yield (CONTRACT, address), code.name
    for address, rule in world.policy.assets.items():
        if address != ZERO_ADDRESS:
            yield (ASSET, address), rule.key
    for contract, rules in world.policy.templates.items():
        yield (TEMPLATE, contract), _text([rule.key for rule in rules])
    probed, told = world.lookout.told()
    for name, value in probed.items():
        yield (PROBED, name), _text(value)
    for one in told:
        yield (TOLD, _text(list(one))), "1"


def _policy(world: World, notes: Notes) -> Policy:
    policy, assets = world.policy, world.manifest.assets
    faces = {world.addresses[instance]: _face(world, contract) for instance, contract in world.code_of.items()}
    contracts, rules, templates = dict(policy.contracts), dict(policy.assets), dict(policy.templates)
    for (subject, name), text in notes.items():
        if subject == CONTRACT:
            code, face = policy.approved[text], faces.get(Address(name), text)
            contracts[Address(name)] = code if face == text else faced(code, policy.approved[face])
        elif subject == ASSET:
            rules[Address(name)] = asset_rule(assets[text], Address(name))
        elif subject == TEMPLATE:
            templates[name] = tuple(asset_rule(assets[key], ZERO_ADDRESS) for key in json.loads(text))
    return replace(policy, contracts=contracts, assets=rules, templates=templates)


def _face(world: World, contract: str) -> str:
    return world.manifest.contracts[contract].interface or contract


def _interface(world: World, contract: str, instance: str) -> Interface:
    own, face = world.artifacts[contract].abi, world.artifacts[_face(world, contract)].abi
    return Interface(instance, own if own is face else merged_abi(face, own))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
