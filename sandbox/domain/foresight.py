"""The policy as it stands if a transaction is kept: what it creates counts from its own creation on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sandbox.domain.effects import Effects
from sandbox.domain.policy import Approved, AssetRule, Policy


def with_creations(policy: Policy, effects: Effects) -> Policy:
    """The policy with every contract of approved code that the transaction creates, and the assets such code is."""
    for creation in effects.creations:
        frame = effects.frames[creation.frame]
        code = policy.approve_code(frame.data, frame.output)
        if code is not None:
            policy = policy.with_contract(creation.address, code)
            for asset in policy.templates.get(code.name, ()):
                policy = policy.with_asset(creation.address, replace(asset, address=creation.address))
    return policy


def with_deployment(policy: Policy, effects: Effects, contract: str, interface: str, assets: Iterable[AssetRule]) -> Policy:
    """The policy with what a deployment brings: the ABI its callers use, and the assets it is. contract and interface: names of
    approved code, equal unless the contract is a proxy."""
    created = effects.created
    if created is None:
        return policy
    code = policy.contracts.get(created)
    if code is not None and interface != contract:
        policy = policy.with_contract(created, faced(code, policy.approved[interface]))
    brought = tuple(replace(asset, address=created) for asset in assets)
    for asset in brought:
        policy = policy.with_asset(created, asset)
    return replace(policy, templates={**policy.templates, contract: brought}) if brought else policy


def faced(code: Approved, face: Approved) -> Approved:
    """A proxy's code as its callers see it: with the functions of the contract behind it."""
    return replace(code, functions={**code.functions, **face.functions}, fallback=False)
