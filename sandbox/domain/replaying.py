"""Reading a run's log back: the inverse of `recording`, and the world a run began in, from its first entry alone.

What the log does not hold (hashes of created code, a revert's parts, storage no rule looks at) is left empty; no rule reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

from sandbox.domain.bound_plain import parse_bound
from sandbox.domain.effects import (
    CREATING,
    Creation,
    Effects,
    Frame,
    FrameKind,
    Log,
    Measured,
    NativeMove,
    OpcodeUse,
    Reverted,
    Standard,
    StorageWrite,
    TokenMove,
)
from sandbox.domain.limits import Limit, LimitSet, Mode, spec_of
from sandbox.domain.policy import AssetRule, Party, PartyKind
from sandbox.domain.units import Address, BaseUnits, Value, parse_money
from sandbox.errors import InputError

Body = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AssetPlan:
    """A registered asset as the run's first entry tells it. contract: instance that is it, None for the native one. decimals:
    of one whole token. rule: as in a policy, its address still to come."""

    contract: str | None
    decimals: int
    rule: AssetRule


@dataclass(frozen=True, slots=True)
class CodePlan:
    """What the first entry tells of a contract's code. functions: selector -> name. init_hash: SHA-256 (hex) of init code."""

    functions: Mapping[bytes, str]
    fallback: bool
    init_hash: str


@dataclass(frozen=True, slots=True)
class Opening:
    """How a run began. limits: as admitted. natives: (client, address, wei) at the genesis. start: unix seconds."""

    limits: LimitSet
    parties: Mapping[Address, Party]
    roles: Mapping[str, frozenset[str]]
    start: int
    assets: Mapping[str, AssetPlan]
    measures: Mapping[str, Value]
    code: Mapping[str, CodePlan]
    natives: tuple[tuple[str, Address, BaseUnits], ...]


def opening(body: Body) -> Opening:
    """The beginning of a run from its entry `run_started`. Raises InputError for one that was written before it held enough."""
    if body.get("type") != "run_started" or not body.get("bounds") or "code" not in body:
        raise InputError("its log was written before logs held enough to judge a run again", do="run the scenario again")
    currency = str(body["limits"]["currency"])
    modes = {key: row["mode"] for key, row in body["limits"]["limits"].items()}
    actors = body["actors"].values()
    return Opening(
        limits=limit_set(str(body["limits"]["profile"]), currency, body["bounds"], modes),
        parties={Address(row["address"]): party for row in actors if (party := _party(row)) is not None},
        roles={role: frozenset(functions) for role, functions in body["roles"].items()},
        start=int(body["genesis_time"]),
        assets={key: _asset(key, row, currency) for key, row in body["assets"].items()},
        measures={name: worth(text, currency) for name, text in body["measures"].items()},
        code={name: _code(row) for name, row in body["code"].items()},
        natives=tuple(
            (row["client"], Address(row["address"]), BaseUnits(int(row["native"])))
            for row in actors
            if row["client"] is not None and row["native"] != "0"
        ),
    )


def limit_set(profile: str, currency: str, bounds: Mapping[str, Any], modes: Mapping[str, str]) -> LimitSet:
    """The limits in force from what the log holds of them: limit -> bound as plain data, limit -> mode."""
    rows = {
        key: Limit(key, parse_bound(spec_of(key), plain), Mode[modes[key].upper()], "recorded", "design")
        for key, plain in bounds.items()
    }
    return LimitSet(profile, currency, rows)


def worth(text: str, currency: str) -> Value:
    """A worth as the log writes it, an exact decimal."""
    return parse_money(f"{text} {currency}").value


def effects(body: Body) -> Effects:
    """What a transaction did, from its entry."""
    frames = _rows(Frame, body["frames"])
    return Effects(
        hash=unhex(body["hash"]),
        block=body["block"],
        timestamp=body["timestamp"],
        sender=Address(body["sender"]),
        target=None if body["target"] is None else Address(body["target"]),
        nonce=body["nonce"],
        value=BaseUnits(int(body["value"])),
        data=unhex(body["data"]),
        gas_limit=body["gas_limit"],
        gas_used=body["gas_used"],
        reverted=None if body["revert"] is None else Reverted("Error", (body["revert"],)),
        output=frames[0].output if frames else b"",
        created=None if body["created"] is None else Address(body["created"]),
        frames=frames,
        logs=_rows(Log, body["logs"]),
        native=_rows(NativeMove, body["native"]),
        tokens=_rows(TokenMove, body["tokens"]),
        creations=tuple(_creation(frame) for frame in frames if frame.kind in CREATING and frame.committed),
        opcodes=_rows(OpcodeUse, body["opcodes"]),
        writes=_rows(StorageWrite, body["writes"]),
        measured=_rows(Measured, body["measured"]),
        request=body["request"],
    )


def unhex(text: str) -> bytes:
    """Bytes from their 0x-hex."""
    return bytes.fromhex(text[2:])


def _creation(frame: Frame) -> Creation:
    return Creation(frame.caller, frame.target, b"", len(frame.output), b"", len(frame.data), frame.index)


def _topics(topics: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(map(unhex, topics))


def _optional(text: str | None) -> int | None:
    return None if text is None else int(text)


_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    **dict.fromkeys(("value", "amount", "slot"), int),
    **dict.fromkeys(("data", "output"), unhex),
    "token_id": _optional,
    "topics": _topics,
    "kind": FrameKind,
    "standard": Standard,
}
"""Field of an effect -> how its place in a row reads; any other field stands as it is."""


def _rows(kind: type[T], rows: Sequence[Sequence[Any]]) -> tuple[T, ...]:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # one of the dataclasses in `effects`
    readers = [_READ.get(name) for name in names]
    return tuple(
        kind(*(raw if read is None else read(raw) for read, raw in zip(readers, row, strict=True))) for row in rows
    )


def _party(row: Mapping[str, Any]) -> Party | None:
    if row["client"] is not None:
        return Party(PartyKind.CLIENT, row["client"], row["class"], row["jurisdiction"])
    return None if row["role"] is None else Party(PartyKind.ROLE, row["role"])


def _asset(key: str, row: Mapping[str, Any], currency: str) -> AssetPlan:
    standard, decimals, price = Standard(row["standard"]), int(row["decimals"]), worth(row["price"], currency)
    told = decimals if standard in (Standard.ERC20, Standard.ERC4626) else None
    rule = AssetRule(key, None, standard, price, row["instrument"], bool(row["rebasing"]), told)
    return AssetPlan(row["contract"], decimals, rule)


def _code(row: Mapping[str, Any]) -> CodePlan:
    functions = {unhex(selector): str(name) for selector, name in row["functions"].items()}
    return CodePlan(functions, bool(row["fallback"]), str(row["init_hash"]))
