"""A supervised pilot on a durable chain, as small as can be: clients pay each other wei. Each payment is judged, sealed, stored
and logged in one database transaction. With it: a process that does so until it is killed, and what must hold afterwards."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from sandbox.auditlog import AuditLog
from sandbox.chain.durable import DurableChain
from sandbox.domain import recording
from sandbox.domain.canonical import parse_canonical
from sandbox.domain.events import BlockSealed, Event, body
from sandbox.domain.keeping import KeptBook
from sandbox.domain.limits import Amount, AmountPer, CountPer
from sandbox.domain.policy import Party, PartyKind, Policy
from sandbox.domain.supervision import Block, judge
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits, Seconds
from sandbox.engines.base import Account, Genesis, Transaction
from sandbox.engines.pyevm.transactions import address_of
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository
from tests.domain.builders import START, cny, policy, with_native

NAME: Final = "pilot"
NOW: Final = "2027-01-01T00:00:00Z"
KEYS: Final = tuple(bytes(31) + bytes([number]) for number in range(1, 6))
ADDRESSES: Final = tuple(Address("0x" + address_of(key).hex()) for key in KEYS)
MOST: Final = 90
"""Largest payment that is not refused, in wei of 1 CNY."""

WINDOW: Final = Seconds(3_600)
_WEALTH: Final = 10**6
_REFUSED: Final = bytes(32)


def under() -> Policy:
    """Limits that refuse large payments and look back over an hour."""
    bounds = {
        "max_tx_amount": Amount(cny(MOST)),
        "max_client_volume": AmountPer(cny(10**9), WINDOW),
        "max_tx_rate": CountPer(10**6, WINDOW),
    }
    people = {one: Party(PartyKind.CLIENT, f"C-{at}") for at, one in enumerate(ADDRESSES)}
    known = with_native(policy(**bounds))
    return Policy(**{**{name: getattr(known, name) for name in known.__dataclass_fields__}, "parties": people})


def genesis() -> Genesis:
    """Five clients with a million wei each."""
    alloc = {one: Account(BaseUnits(_WEALTH)) for one in ADDRESSES}
    return Genesis(START, {**alloc, ZERO_ADDRESS: Account(BaseUnits(1))})


def open_log(connection: Connection) -> AuditLog:
    """The log of the pilot."""
    return AuditLog(LogRepository(connection), NAME, f"taishan.example/log/{NAME}")


class Teller:
    """Opens the chain, or makes it."""

    def __init__(self, database: Database, *, fresh: bool = False, window: int | None = WINDOW) -> None:
        self.policy = under()
        if fresh:
            DurableChain.create(database, NAME, genesis(), NOW).close()
        self.chain = DurableChain(database, NAME)
        self.kept: KeptBook = self.chain.book(NAME, window)
        if fresh:
            native = self.policy.assets[ZERO_ADDRESS]
            for at, one in enumerate(ADDRESSES):
                self.kept.book.open_with(native, f"C-{at}", one, _WEALTH)
            with self.chain.recording() as connection:
                LogRepository(connection).create(NAME, "run", NOW)

    def pay(self, payer: int, payee: int, amount: int) -> bytes | None:
        """One payment by the supervised path; its hash, None if it was refused."""
        kept, chain = self.kept, self.chain
        with chain.anchor() as keep:
            effects = chain.send(Transaction(KEYS[payer], ADDRESSES[payee], value=BaseUnits(amount), gas=21_000))
            judgement = judge(self.policy, kept.book, effects, kept.memory)
            allowed = not isinstance(judgement.verdict, Block)
            if allowed:
                keep()
        if allowed:
            kept.book.apply(judgement.draft)
        kept.memory.note([(f.code, f.who) for f in judgement.findings], effects.timestamp, judgement.told)
        events: list[Event] = [recording.transaction(0, f"C-{payer}", "pay", [str(amount)], effects, judgement)]
        events += recording.findings(0, effects, judgement.findings)
        if allowed:
            block = chain.seal()
            hashes = "0x" + block.hash.hex(), "0x" + block.state_root.hex()
            events.append(BlockSealed(block.number, *hashes, block.timestamp, len(block.transactions), block.gas_used))
        self.store(events)
        return effects.hash if allowed else None

    def store(self, events: Iterable[Event]) -> None:
        """Write what happened, and tell of it."""
        with self.chain.recording() as connection:
            open_log(connection).append([body(event) for event in events])

    def wander(self, chance: random.Random) -> bytes | None:
        """Some payment; one in seven is too large."""
        payer, payee = chance.sample(range(len(KEYS)), 2)
        amount = MOST + 1 if chance.randrange(7) == 0 else chance.randrange(1, 5)
        return self.pay(payer, payee, amount)


def entries(database: Database) -> list[Mapping[str, Any]]:
    """Everything in the log."""
    with database.read() as connection:
        return [parse_canonical(entry.body) for entry in LogRepository(connection).entries(NAME)]


def agree(database: Database, acknowledged: Iterable[bytes]) -> int:
    """Hold that chain, book and log tell the same, and that nothing acknowledged is lost. Returns the height of the chain."""
    told = entries(database)
    teller = Teller(database)
    chain, book = teller.chain, teller.kept.book
    sealed = [one for one in told if one["type"] == "block_sealed"]
    assert [one["number"] for one in sealed] == list(range(1, chain.head.number + 1))
    for one in sealed[-50:]:
        block = chain.block(int(one["number"]))
        assert ("0x" + block.hash.hex(), "0x" + block.state_root.hex()) == (one["hash"], one["state_root"])
    sent = [one for one in told if one["type"] == "transaction"]
    kept = {one["hash"] for one in sent if one["status"] != "blocked"}
    assert book.transactions == len(kept) == chain.head.number
    assert all(chain.receipt(digest).succeeded and "0x" + digest.hex() in kept for digest in acknowledged)
    for one in ADDRESSES:
        assert book.balances[ZERO_ADDRESS, one] == chain.balance(one)
    last = {one["finding"]["who"]: one["timestamp"] for one in told if one["type"] == "finding"}
    assert {who: at for (_, who), at in teller.kept.memory.priors.items()} == last
    height = chain.head.number
    chain.close()
    return height


def work(url: str, answers: int, seed: int) -> None:
    """Pay until killed, and acknowledge each payment that is stored by its hash."""
    teller, chance = Teller(Database.open(url)), random.Random(seed)
    while True:
        os.write(answers, teller.wander(chance) or _REFUSED)


def killed(url: str, seed: int, longest: float) -> list[bytes]:
    """Start a process that pays, kill it at a random moment; what it acknowledged. longest: seconds."""
    reading, writing = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=work, args=(url, writing, seed))
    process.start()
    os.close(writing)
    time.sleep(random.Random(seed).uniform(0, longest))
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    assert process.exitcode == -signal.SIGKILL
    digests = [said[at : at + 32] for at in range(0, len(said) - 31, 32)]
    return [digest for digest in digests if digest != _REFUSED]
