"""What a verdict costs: `judge` for one ERC-20 transfer against all limits, in a pilot of so many clients.

    python benchmarks/bench_judging.py [--count 2000] [--profile]

The book holds a mint and a transfer of each client, two addresses a client. Bounds bind nobody, so every rule is judged to its
end. `--profile` says where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from collections.abc import Sequence
from random import Random

from workload import LIMITS

from sandbox.domain.book import Book
from sandbox.domain.draft import Draft
from sandbox.domain.effects import Effects, Frame, FrameKind, Log, Standard, StorageWrite, TokenMove
from sandbox.domain.grading import Memory
from sandbox.domain.limits import CATALOGUE
from sandbox.domain.policy import Approved, AssetRule, Party, PartyKind, Policy
from sandbox.domain.supervision import Allow, judge
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits, parse_money

START = 1_800_000_000
TOKEN = Address(f"0x{0x70C:040x}")
TRANSFER = bytes.fromhex("a9059cbb")
FEW, MANY = 1_000, 100_000


def wallet(number: int) -> Address:
    """An address; numbers 2n and 2n + 1 belong to client n."""
    return Address(f"0x{0xC0FFEE00000000 + number:040x}")


def pilot(clients: int) -> Policy:
    """A pilot of so many known clients under all limits."""
    assert LIMITS.limits.keys() == {spec.id for spec in CATALOGUE}
    assert all(limit.bound is not None for limit in LIMITS.limits.values())
    people = {wallet(n): Party(PartyKind.CLIENT, f"C-{n // 2}", "retail", "CN") for n in range(2 * clients)}
    code = Approved("Token", b"\x60", {TRANSFER: "transfer"}, fallback=False)
    return Policy(
        limits=LIMITS,
        parties=people,
        approved={"Token": code},
        roles={"issuer": frozenset({"mint"})},
        start=START,
        assets={TOKEN: AssetRule("coin", TOKEN, Standard.ERC20, parse_money("1 CNY").value, "other")},
        contracts={TOKEN: code},
    )


def transfer(sender: Address, receiver: Address, time: int) -> Effects:
    """One unit from one to another, as an engine reports it: a frame, an event, a move, two slots."""
    word, moves = bytes(12) + bytes.fromhex(receiver[2:]), BaseUnits(1)
    data = TRANSFER + word + (1).to_bytes(32, "big")
    caller = ZERO_ADDRESS if sender == ZERO_ADDRESS else sender
    frame = Frame(0, -1, 0, FrameKind.CALL, caller, TOKEN, TOKEN, BaseUnits(0), 100_000, 30_000, data, b"\x01", None, True)
    return Effects(
        hash=bytes(32),
        block=1,
        timestamp=time,
        sender=sender,
        target=TOKEN,
        nonce=0,
        value=BaseUnits(0),
        data=data,
        gas_limit=100_000,
        gas_used=51_000,
        reverted=None,
        output=b"",
        created=None,
        frames=(frame,),
        logs=(Log(0, TOKEN, (bytes(32), word, word), bytes(32)),),
        tokens=(TokenMove(TOKEN, Standard.ERC20, None, sender, receiver, moves, sender, 0),),
        writes=(StorageWrite(TOKEN, 7, 1), StorageWrite(TOKEN, 8, 1)),
    )


def filled(policy: Policy, clients: int) -> Book:
    """The book after two mints for every client and one transfer by each."""
    book = Book()
    for turn in range(2):
        for n in range(clients):
            book.apply(Draft(book, policy, transfer(ZERO_ADDRESS, wallet(2 * n + turn), START)))
    for n in range(clients):
        book.apply(Draft(book, policy, transfer(wallet(2 * n), wallet(2 * ((n + 1) % clients)), START + 10)))
    return book


def sample(clients: int, count: int) -> Sequence[Effects]:
    """Transfers between random clients, all of a later day."""
    random = Random(clients)
    pairs = ((random.randrange(2 * clients), random.randrange(2 * clients)) for _ in range(count))
    return [transfer(wallet(one), wallet(other), START + 1_000) for one, other in pairs]


def verdicts(clients: int, count: int, profile: cProfile.Profile | None = None) -> float:
    """Median microseconds of a verdict. A thousand verdicts warm up first."""
    policy = pilot(clients)
    book, memory = filled(policy, clients), Memory()
    transfers = sample(clients, count)
    for effects in transfers[:1_000]:
        assert judge(policy, book, effects, memory).verdict == Allow()
    taken = []
    if profile is not None:
        profile.enable()
    for effects in transfers:
        started = time.perf_counter_ns()
        judge(policy, book, effects, memory)
        taken.append(time.perf_counter_ns() - started)
    if profile is not None:
        profile.disable()
    return statistics.median(taken) / 1_000


def rounds(count: int, times: int) -> tuple[float, float]:
    """Medians at FEW and at MANY clients, the least disturbed of so many rounds, in turn."""
    few, many = zip(*((verdicts(FEW, count), verdicts(MANY, count)) for _ in range(times)), strict=True)
    return min(few), min(many)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000, help="verdicts per measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if options.profile:
        profile = cProfile.Profile()
        verdicts(FEW, options.count, profile)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    few, many = rounds(options.count, options.rounds)
    print(f"{FEW:>7} clients: {few:.0f} µs a verdict\n{MANY:>7} clients: {many:.0f} µs, {many / few:.2f} times as much")


if __name__ == "__main__":
    main()
