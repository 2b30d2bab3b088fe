"""What a run knows before its first transaction: who is who, which code was admitted, what an asset is worth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import rlp
from eth_hash.auto import keccak

from sandbox.domain.artifact import Artifact, JsonObject
from sandbox.domain.effects import Standard
from sandbox.domain.limits import LimitSet
from sandbox.domain.pilot import Asset, PilotManifest
from sandbox.domain.policy import Approved, AssetRule, Policy
from sandbox.domain.units import ZERO_ADDRESS, Address, Value, price_per_base_unit
from sandbox.running.cast import Member

_ZERO_WORD: Final = re.compile(rb"\x7f\x00{32}")
_OWN_ADDRESS: Final = b"\x73" + bytes(20)


def asset_rule(asset: Asset, address: Address) -> AssetRule:
    """A manifest's asset at its address; one without a price is worth nothing to limits in money."""
    price = Value(0) if asset.price is None else price_per_base_unit(asset.price, asset.decimals)
    decimals = asset.decimals if asset.standard in (Standard.ERC20, Standard.ERC4626) else None
    return AssetRule(asset.key, address, asset.standard, price, asset.instrument.value, asset.rebasing, decimals)


def opening_policy(
    manifest: PilotManifest,
    artifacts: Mapping[str, Artifact],
    limits: LimitSet,
    cast: Mapping[str, Member],
    start: int,
) -> Policy:
    """The policy before the first transaction: nobody but the cast is known, nothing is deployed."""
    native = next((asset for asset in manifest.assets.values() if asset.standard is Standard.NATIVE), None)
    return Policy(
        limits=limits,
        parties={member.address: party for member in cast.values() if (party := member.party) is not None},
        approved={name: approve(name, artifact) for name, artifact in artifacts.items()},
        roles=manifest.roles,
        start=start,
        assets={} if native is None else {ZERO_ADDRESS: asset_rule(native, ZERO_ADDRESS)},
        templates={
            asset.contract: (asset_rule(asset, ZERO_ADDRESS),)
            for asset in manifest.assets.values()
            if asset.contract is not None and asset.contract in manifest.contracts
        },
        measures={m.name: price_per_base_unit(m.unit, 0) for m in manifest.measures if m.unit is not None},
    )


def approve(name: str, artifact: Artifact) -> Approved:
    """An admitted artifact as the supervisor recognises it."""
    fallback = any(entry.get("type") in ("fallback", "receive") for entry in artifact.abi)
    functions = {selector: signature.partition("(")[0] for selector, signature in artifact.selectors.items()}
    return Approved(name, artifact.init_code, functions, fallback, artifact.runtime_code, _masks(artifact))


def _masks(artifact: Artifact) -> tuple[tuple[int, int], ...]:
    """Where deployment changes the code. An artifact that does not tell its immutables has them as PUSH32 of zero (solc's
    form); a library begins with PUSH20 of its own address."""
    code, masks = artifact.runtime_code, list(artifact.immutable_references)
    if not masks and artifact.language == "prebuilt":
        masks = [(match.start() + 1, 32) for match in _ZERO_WORD.finditer(code)]
    return (*masks, (1, 20)) if code.startswith(_OWN_ADDRESS) else tuple(masks)


def merged_abi(face: tuple[JsonObject, ...], own: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    """ABI of a proxy: what callers use, plus what the proxy itself has; the proxy's own constructor."""
    faces = tuple(entry for entry in face if entry.get("type") != "constructor")
    known = {(entry.get("type"), entry.get("name"), str(entry.get("inputs"))) for entry in faces}
    return faces + tuple(e for e in own if (e.get("type"), e.get("name"), str(e.get("inputs"))) not in known)


def contract_address(sender: Address, nonce: int) -> Address:
    """Where a creating transaction of this sender and nonce will put its contract."""
    digest: bytes = keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))
    return Address("0x" + digest[12:].hex())
