"""Small pure builders for tests of the pure core: one pilot with one priced token, a few people, and transactions.

The token `shares` has no decimals and costs 10 CNY, so n shares are worth 10 n CNY.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sandbox.domain.book import Book, Series
from sandbox.domain.effects import (
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
from sandbox.domain.limits import Bound, Count, Limit, LimitSet, Mode
from sandbox.domain.policy import Approved, AssetRule, Party, PartyKind, Policy
from sandbox.domain.supervision import Block, Finding, Judgement, judge
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits, Money, Seconds, Value, parse_money

START = 1_800_000_000
DAY = Seconds(86_400)


def address(number: int) -> Address:
    """An address that is easy to tell apart."""
    return Address(f"0x{number:040x}")


ALICE, ALICE2, BOB, CAROL = address(0xA1), address(0xA2), address(0xB0), address(0xC0)
ISSUER, AGENT = address(0x1550E), address(0xA6E27)
MALLORY = address(0xBAD)
TOKEN, VAULT, LIBRARY, ROGUE, NEW = address(0x70C), address(0x7A), address(0x11B), address(0xBAD2), address(0x2E3)

PEOPLE = {
    ALICE: Party(PartyKind.CLIENT, "C-alice", "qualified", "CN"),
    ALICE2: Party(PartyKind.CLIENT, "C-alice", "qualified", "CN"),
    BOB: Party(PartyKind.CLIENT, "C-bob", "retail", "SG"),
    CAROL: Party(PartyKind.CLIENT, "C-carol"),
    ISSUER: Party(PartyKind.ROLE, "issuer"),
    AGENT: Party(PartyKind.ROLE, "agent"),
}
FUNCTIONS = ("transfer", "mint", "burn", "pause", "openAccount", "upgradeTo")


def cny(amount: int | str) -> Money:
    """A sum in the reference currency."""
    return parse_money(f"{amount} CNY")


def selector(name: str) -> bytes:
    """Four bytes that stand for a function (any will do, as long as the policy knows them)."""
    return sha256(name.encode()).digest()[:4]


def code(name: str, *functions: str, fallback: bool = False) -> Approved:
    """Code that passed admission."""
    return Approved(name, b"init:" + name.encode(), {selector(f): f for f in functions}, fallback)


def limits(mode: Mode = Mode.ENFORCE, /, **bounds: Bound) -> LimitSet:
    """These limits in force, and no others."""
    chosen = bounds or {"max_clients": Count(10**6)}
    return LimitSet("test", "CNY", {key: Limit(key, bound, mode, "test", "design") for key, bound in chosen.items()})


def policy(mode: Mode = Mode.ENFORCE, /, **bounds: Bound) -> Policy:
    """The pilot under these limits."""
    contracts = {TOKEN: code("Token", *FUNCTIONS), VAULT: code("Vault", "deposit"), LIBRARY: code("Library")}
    return Policy(
        limits=limits(mode, **bounds),
        parties=PEOPLE,
        approved={one.name: one for one in contracts.values()},
        roles={"issuer": frozenset({"mint", "openAccount"}), "agent": frozenset({"pause"})},
        start=START,
        assets={TOKEN: AssetRule("shares", TOKEN, Standard.ERC20, cny(10).value, "equity")},
        measures={"drawn": cny(1).value, "repaid": cny(1).value},
        contracts=contracts,
    )


def with_native(base: Policy) -> Policy:
    """The same, with wei as a registered asset worth 1 CNY each."""
    return base.with_asset(ZERO_ADDRESS, AssetRule("ether", ZERO_ADDRESS, Standard.NATIVE, cny(1).value, "native"))


def repriced(base: Policy, price: int) -> Policy:
    """The same, after the price of a share became so many CNY."""
    return base.with_asset(TOKEN, replace(base.assets[TOKEN], price=Value(cny(price).value)))


def move(
    sender: Address, receiver: Address, amount: int = 1, *, asset: Address = TOKEN, operator: Address | None = None
) -> TokenMove:
    """One leg of a token movement."""
    return TokenMove(asset, Standard.ERC20, None, sender, receiver, BaseUnits(amount), operator or sender, 0)


def mint(receiver: Address, amount: int = 1, *, asset: Address = TOKEN) -> TokenMove:
    """Units that come into being."""
    return move(ZERO_ADDRESS, receiver, amount, asset=asset, operator=ISSUER)


def burn(sender: Address, amount: int = 1) -> TokenMove:
    """Units that cease to be."""
    return move(sender, ZERO_ADDRESS, amount)


def drawn(client: Address, amount: int, to: str = "exposure") -> Measured:
    """A loan drawn, worth 1 CNY a unit."""
    return Measured("drawn", to, client, amount, 0)


def repaid(client: Address, amount: int) -> Measured:
    """A loan repaid, worth 1 CNY a unit."""
    return Measured("repaid", "exposure", client, -amount, 0)


def wei(sender: Address, receiver: Address, amount: int) -> NativeMove:
    """Wei that changed hands."""
    return NativeMove(sender, receiver, BaseUnits(amount), 0)


def frame(
    target: Address = TOKEN,
    function: str = "transfer",
    *,
    index: int = 0,
    parent: int = -1,
    depth: int = 0,
    kind: FrameKind = FrameKind.CALL,
    caller: Address = ALICE,
    code_address: Address | None = None,
    value: int = 0,
    gas_used: int = 30_000,
    data: bytes | None = None,
    error: str | None = None,
    committed: bool = True,
) -> Frame:
    """One message call; `function` gives the calldata unless `data` does."""
    calldata = selector(function) if data is None else data
    return Frame(
        index, parent, depth, kind, caller, target, code_address or target, BaseUnits(value), 10**6, gas_used, calldata,
        b"", error, committed,
    )  # fmt: skip


def creation(address: Address = NEW, *, size: int = 100, frame: int = 0) -> Creation:
    """A contract that came into being."""
    return Creation(ISSUER, address, b"\x01" * 32, size, b"\x02" * 32, 200, frame)


def opcode(name: str) -> OpcodeUse:
    """A watched opcode that ran in the token."""
    return OpcodeUse(name, TOKEN, 7, 0)


def log(topic: bytes, emitter: Address = TOKEN) -> Log:
    """An event with one topic."""
    return Log(0, emitter, (topic,), b"")


def transaction(
    *tokens: TokenMove,
    sender: Address = ALICE,
    target: Address | None = TOKEN,
    time: int = START,
    data: bytes = b"",
    gas_used: int = 50_000,
    frames: Sequence[Frame] | None = None,
    logs: Iterable[Log] = (),
    native: Iterable[NativeMove] = (),
    creations: Iterable[Creation] = (),
    opcodes: Iterable[OpcodeUse] = (),
    writes: Iterable[StorageWrite] = (),
    measured: Iterable[Measured] = (),
    reverted: bool = False,
    request: str | None = None,
) -> Effects:
    """What one transaction did; by default a call of `transfer` on the token."""
    return Effects(
        hash=b"\x00" * 32,
        block=1,
        timestamp=time,
        sender=sender,
        target=target,
        nonce=0,
        value=BaseUnits(0),
        data=data,
        gas_limit=10**6,
        gas_used=gas_used,
        reverted=Reverted("Error", ("no",)) if reverted else None,
        output=b"",
        created=None,
        frames=(frame(caller=sender),) if frames is None else tuple(frames),
        logs=tuple(logs),
        native=tuple(native),
        tokens=tokens,
        creations=tuple(creations),
        opcodes=tuple(opcodes),
        writes=tuple(writes),
        measured=tuple(measured),
        request=request,
    )


def by_other_wallet(effects: Effects) -> Effects:
    """The same, with the second wallet of C-alice wherever her first one took part."""

    def other(one: Address) -> Address:
        return ALICE2 if one == ALICE else one

    return replace(
        effects,
        sender=other(effects.sender),
        tokens=tuple(
            replace(leg, sender=other(leg.sender), receiver=other(leg.receiver), operator=other(leg.operator))
            for leg in effects.tokens
        ),
        native=tuple(replace(leg, sender=other(leg.sender), receiver=other(leg.receiver)) for leg in effects.native),
        measured=tuple(replace(fact, client=other(fact.client)) for fact in effects.measured),
        frames=tuple(replace(one, caller=other(one.caller), target=other(one.target)) for one in effects.frames),
    )


def take(under: Policy, book: Book, *transactions: Effects) -> Judgement:
    """Judge one after another and fold in what is kept, as the runner does; the last judgement."""
    assert transactions
    for effects in transactions:
        judgement = judge(under, book, effects)
        if not isinstance(judgement.verdict, Block):
            book.apply(judgement.draft)
    return judgement


def book_of(*transactions: Effects) -> Book:
    """The book after these, none of them refused."""
    book = Book()
    if transactions:
        take(policy(), book, *transactions)
    return book


def findings(under: Policy, effects: Effects, book: Book | None = None) -> tuple[Finding, ...]:
    """What judging finds."""
    return judge(under, Book() if book is None else book, effects).findings


def codes(under: Policy, effects: Effects, book: Book | None = None) -> list[str]:
    """Which rules judging finds breached."""
    return [finding.code for finding in findings(under, effects, book)]


def contents(book: Book) -> dict[str, Any]:
    """Everything in a book as comparable data."""

    def plain(value: Any) -> Any:
        if isinstance(value, Series):
            return value._times, value._sums
        return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else deepcopy(value)

    return {name: plain(getattr(book, name)) for name in book.__dataclass_fields__}
