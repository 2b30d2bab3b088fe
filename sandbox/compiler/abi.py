"""Selectors and topics of an ABI (keccak-256 of the canonical signature), as the Artifact carries them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from eth_hash.auto import keccak

from sandbox.domain.artifact import JsonObject


def signature(entry: JsonObject) -> str:
    """`transfer(address,uint256)`; tuples as their components' types."""
    return f"{entry['name']}({','.join(_types(entry.get('inputs')))})"


def selectors(abi: Iterable[JsonObject]) -> dict[bytes, str]:
    """4 bytes -> signature of each function."""
    return {keccak(text.encode())[:4]: text for text in _signatures(abi, "function")}


def error_selectors(abi: Iterable[JsonObject]) -> dict[bytes, str]:
    """4 bytes -> signature of each custom error."""
    return {keccak(text.encode())[:4]: text for text in _signatures(abi, "error")}


def topics(abi: Iterable[JsonObject]) -> dict[bytes, str]:
    """32 bytes -> signature of each event that is not anonymous."""
    named = (entry for entry in abi if not entry.get("anonymous"))
    return {keccak(text.encode()): text for text in _signatures(named, "event")}


def _signatures(abi: Iterable[JsonObject], kind: str) -> list[str]:
    return [signature(entry) for entry in abi if entry.get("type", "function") == kind and entry.get("name")]


def _types(parameters: object) -> list[str]:
    return [_type(parameter) for parameter in cast(Sequence[JsonObject], parameters or ())]


def _type(parameter: JsonObject) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_types(parameter.get('components')))}){kind[len('tuple') :]}"
