"""A small recorded run for tests that read logs back: one token, two clients, an issuer, and whatever happens to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sandbox.domain import recording
from sandbox.domain.bound_plain import Plain, parse_bound, plain_bound
from sandbox.domain.canonical import canonical
from sandbox.domain.effects import Effects, FrameKind
from sandbox.domain.events import Event, FaultInjected, RunStarted, body
from sandbox.domain.limits import Limit, LimitSet, Mode, spec_of
from sandbox.domain.policy import Approved
from sandbox.domain.rejudging import Known, Rerun
from sandbox.domain.report_scan import LogEntry
from sandbox.domain.supervision import judge
from tests.domain.builders import ALICE, BOB, ISSUER, START, TOKEN, creation, frame, transaction

INIT, RUNTIME = b"init code", b"runtime code"
DEPLOYS = {"instance": "Token", "contract": "Token", "interface": "Token"}


def started(modes: str = "enforce", **bounds: Plain) -> dict[str, Any]:
    """Body of the first entry, under these limits."""
    limits = LimitSet(
        "test",
        "CNY",
        {key: _limit(key, plain, modes) for key, plain in bounds.items()},
    )
    actors = {
        "alice": _actor(ALICE, "C-alice", "qualified", "CN", None, "7"),
        "bob": _actor(BOB, "C-bob", "retail", "SG", None, "0"),
        "issuer": _actor(ISSUER, None, None, None, "issuer", "0"),
    }
    entry = RunStarted(
        pilot="pilot",
        scenario="scenario",
        seed=0,
        engine="none",
        engine_version="",
        chain_id=1,
        genesis_hash="0x",
        genesis_time=START,
        manifest_hash="",
        scenario_hash="",
        artifacts={"Token": ""},
        limits=limits.as_data(),
        limits_hash="",
        actors=actors,
        bounds={key: plain_bound(limit.bound) for key, limit in limits.limits.items() if limit.bound is not None},
        roles={"issuer": ["mint"]},
        assets={
            "shares": _asset("Token", "erc20", "10", 0),
            "ether": _asset(None, "native", "0.000000000000000001", 18),
        },
        measures={"drawn": "1"},
        code={"Token": {"functions": {"0x01020304": "transfer"}, "fallback": True, "init_hash": sha256(INIT).hexdigest()}},
    )
    return _read(entry)


def deployment(time: int = START) -> Effects:
    """The token comes into being."""
    made = frame(TOKEN, kind=FrameKind.CREATE, caller=ISSUER, data=INIT + b"args")
    return replace(
        transaction(
            sender=ISSUER, target=None, time=time, data=INIT + b"args", frames=[replace(made, output=RUNTIME)],
            creations=[creation(TOKEN)],
        ),
        created=TOKEN,
    )  # fmt: skip


def history(first: dict[str, Any], happenings: Iterable[Effects | FaultInjected]) -> list[LogEntry]:
    """The log of a run in which these transactions were judged as the run's own limits want, after the token was deployed."""
    entries: list[dict[str, Any]] = [first]
    rerun = _Recorder(entries)
    rerun.take(deployment(), DEPLOYS)
    for one in happenings:
        rerun.take(one, None) if isinstance(one, Effects) else rerun.note(one)
    return numbered(entries)


def numbered(bodies: Sequence[dict[str, Any]]) -> list[LogEntry]:
    """Entries of a log."""
    return [LogEntry(index, "", one) for index, one in enumerate(bodies)]


def approved(name: str, _: object) -> Approved:
    """The token's code as admission approved it."""
    return Approved(name, INIT, {b"\x01\x02\x03\x04": "transfer"}, True, RUNTIME)


class _Recorder:
    """Records as the runner does, with a rerun for a world: so these tests need no chain."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        from sandbox.domain.replaying import opening

        begun = opening(entries[0])
        self.entries = entries
        self.world = Rerun(begun, Known({"Token": approved("Token", None)}, {}), approved, lambda limits, _: limits)

    def take(self, effects: Effects, deploys: dict[str, str] | None) -> None:
        judgement = judge(self.world.policy, self.world.book, effects, self.world.memory)
        provisional = _read(recording.transaction(1, "somebody", "Token.transfer", [BOB], effects, judgement, deploys))
        (judged,) = self.world.judge_all([LogEntry(len(self.entries), "", provisional)])
        entry = recording.transaction(1, "somebody", "Token.transfer", [BOB], effects, judged.judgement, deploys)
        raised = (*judged.judgement.findings, *judged.judgement.warnings)
        self.entries += [_read(entry), *(_read(one) for one in recording.findings(1, effects, raised))]

    def note(self, event: FaultInjected) -> None:
        self.entries.append(_read(event))
        list(self.world.judge_all([LogEntry(len(self.entries), "", self.entries[-1])]))


def _read(event: Event) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(canonical(body(event)))
    return read


def _limit(key: str, plain: Plain, mode: str) -> Limit:
    return Limit(key, parse_bound(spec_of(key), plain), Mode[mode.upper()], "test", "design")


def _actor(
    address: str, client: str | None, kind: str | None, where: str | None, role: str | None, native: str
) -> dict[str, Any]:
    return {"address": address, "client": client, "class": kind, "jurisdiction": where, "role": role, "native": native}


def _asset(contract: str | None, standard: str, price: str, decimals: int) -> dict[str, Any]:
    common = {"standard": standard, "price": price, "decimals": decimals, "instrument": "share", "rebasing": False}
    return {"contract": contract, **common}
