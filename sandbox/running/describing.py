"""What the first entry of a run tells of its pilot, so that the log alone suffices to judge the run again."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sandbox.domain.artifact import Artifact
from sandbox.domain.bound_plain import plain_bound
from sandbox.domain.effects import Standard
from sandbox.domain.limits import LimitSet
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.policy import Policy
from sandbox.domain.units import ZERO_ADDRESS, format_value, price_per_base_unit
from sandbox.running.opening import approve, asset_rule


def described(manifest: PilotManifest, artifacts: Mapping[str, Artifact], limits: LimitSet) -> dict[str, Any]:
    """The fields `bounds`, `roles`, `assets`, `measures` and `code` of `RunStarted`."""
    return {
        "bounds": bounds_of(limits),
        "roles": {role: sorted(functions) for role, functions in sorted(manifest.roles.items())},
        "assets": {
            key: {
                "contract": None if asset.standard is Standard.NATIVE else asset.contract,
                "standard": asset.standard.value,
                "price": format_value(asset_rule(asset, ZERO_ADDRESS).price),
                "decimals": asset.decimals,
                "instrument": asset.instrument.value,
                "rebasing": asset.rebasing,
            }
            for key, asset in manifest.assets.items()
        },
        "measures": {m.name: format_value(price_per_base_unit(m.unit, 0)) for m in manifest.measures if m.unit is not None},
        "code": {name: _code(name, artifact) for name, artifact in sorted(artifacts.items())},
    }


def governing(policy: Policy, block: int, factor: int) -> dict[str, Any]:
    """The fields of `Governed`. factor: basis points of each staged limit that are in force."""
    orders = policy.orders
    return {
        "block": block,
        "bounds": bounds_of(policy.limits),
        "modes": {key: limit.mode.name.lower() for key, limit in policy.limits.limits.items() if limit.bound is not None},
        "factor": factor,
        "start": policy.start,
        "business": orders.business.value,
        "why": orders.why,
        "frozen": sorted(orders.frozen),
        "paused": orders.paused,
        "foreign": sorted(orders.foreign),
    }


def bounds_of(limits: LimitSet) -> dict[str, Any]:
    """limit -> bound as plain data, of those that are set."""
    return {key: plain_bound(limit.bound) for key, limit in limits.limits.items() if limit.bound is not None}


def _code(name: str, artifact: Artifact) -> dict[str, Any]:
    code = approve(name, artifact)
    return {
        "functions": {"0x" + selector.hex(): function for selector, function in sorted(code.functions.items())},
        "fallback": code.fallback,
        "init_hash": sha256(artifact.init_code).hexdigest(),
    }
