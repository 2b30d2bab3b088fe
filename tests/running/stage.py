"""A pilot on a real chain under a real supervisor, and what its exposure book should say, asked of the chain itself.

Nothing here looks at events, drafts or running totals: every figure is what an account or a contract answers now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.chain.chain import Chain
from sandbox.compiler import Compilers
from sandbox.domain.artifact import Artifact
from sandbox.domain.book import Book, Series
from sandbox.domain.limits import Amount, AmountPer, Bound, Count, Limit, LimitSet, Mode, Required
from sandbox.domain.pilot import ContractCode, Origin
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits, Seconds, Value, parse_money
from sandbox.engines import create
from sandbox.engines.base import Account, Genesis
from sandbox.running.cast import assemble
from sandbox.running.intent import Deployment, Intent, Taken
from sandbox.running.opening import opening_policy
from sandbox.running.world import World
from sandbox.scenario_files import parse_manifest, parse_scenario

ROOT = Path(__file__).resolve().parents[2]

MANIFEST = b"""
pilot: book
name: {zh: book, en: book}
category: other
firm: {name: book}
contracts:
  Coin: {source: contracts/Coin.vy}
  Purse: {source: contracts/Purse.vy}
assets:
  coin: {contract: Coin, standard: erc20, decimals: 0, price: "3 CNY", instrument: other}
  ether: {standard: native, decimals: 0, price: "1 CNY", instrument: other}
roles: {issuer: [mint]}
limits: {profile: taishan_default}
"""
SCENARIO = b"""
scenario: book
pilot: book
actors:
  issuer:   {role: issuer, native: 1000}
  alice:    {client: A, native: 500}
  alice2:   {client: A}
  alice3:   {client: A, native: 7}
  bob:      {client: B, native: 500}
  bob2:     {client: B}
  carol:    {client: C, native: 500}
  dave:     {client: D}
  stranger: {native: 100}
steps:
  - {deploy: Coin, as: issuer}
"""
PEOPLE = ("issuer", "alice", "alice2", "alice3", "bob", "bob2", "carol", "dave", "stranger")


@cache
def artifacts() -> dict[str, Artifact]:
    """The coin and the purse, compiled once."""
    names = ("Coin", "Purse")
    codes = [ContractCode(name, Origin.SOURCE, f"contracts/{name}.vy", False, name) for name in names]
    return Compilers(Path(__file__).parent / "token", ROOT / "node_modules").build(codes)


def limits() -> LimitSet:
    """Bounds narrow enough that a good part of random business is refused, and one that only flags."""
    enforced: dict[str, Bound] = {
        "max_tx_amount": Amount(parse_money("240 CNY")),
        "max_client_exposure": Amount(parse_money("2000 CNY")),
        "max_total_exposure": Amount(parse_money("4000 CNY")),
        "max_client_volume": AmountPer(parse_money("900 CNY"), Seconds(60)),
        "supply_integrity": Required(True),
    }
    flagged: dict[str, Bound] = {"whitelist": Required(True), "holder_count": Count(3), "max_clients": Count(3)}
    rows = [Limit(key, bound, Mode.ENFORCE, "test", "design") for key, bound in enforced.items()]
    rows += [Limit(key, bound, Mode.WARN, "test", "design") for key, bound in flagged.items()]
    return LimitSet("test", "CNY", {row.id: row for row in rows})


class Stage:
    """The pilot, its people, and a running list of who must be counted as a client."""

    def __init__(self) -> None:
        manifest, scenario = parse_manifest(MANIFEST), parse_scenario(SCENARIO)
        cast = assemble(scenario, 1)
        alloc = {member.address: Account(balance=member.actor.native) for member in cast.values()}
        alloc[ZERO_ADDRESS] = Account(balance=BaseUnits(1))
        chain = Chain(create("pyevm", Genesis(scenario.start, alloc), seconds=60), block_size=50)
        policy = opening_policy(manifest, artifacts(), limits(), cast, scenario.start)
        self.world = World(manifest, artifacts(), cast, chain, policy, lambda _: None, 1)
        self.address = {name: member.address for name, member in cast.items()}
        self.client = {name: member.actor.client for name, member in cast.items()}
        self.ever = {client for name, client in self.client.items() if client and chain.balance(self.address[name])}
        self.statuses: Counter[str] = Counter()
        for name in ("Coin", "Purse"):
            deploys = Deployment(name, name, name)
            self.take(Intent(0, "issuer", "deploy", (), None, artifacts()[name].init_code, BaseUnits(0), None, None, deploys))
        self.coin, self.purse = (self.world.addresses[name] for name in ("Coin", "Purse"))
        self.address["purse"], self.client["purse"] = self.purse, None

    def call(self, sender: str, contract: str, function: str, args: Sequence[Any] = (), value: int = 0) -> Taken:
        """A call of one of the two contracts, by the supervised path."""
        face = self.world.chain.contracts.named(contract)
        return self.take(self.intent(sender, face.address, face.interface.call(function, list(args)), value))

    def send(self, sender: str, receiver: str, amount: int) -> Taken:
        """Wei from one to another."""
        return self.take(self.intent(sender, self.address[receiver], b"", amount))

    def intent(self, sender: str, to: Address, data: bytes, value: int = 0) -> Intent:
        """What somebody wants."""
        return Intent(1, sender, "call", (), to, data, BaseUnits(value), 1_000_000, None)

    def take(self, intent: Intent) -> Taken:
        """One transaction; a refused one must leave the book, the nonce and all balances as they were."""
        sender, before = self.address[intent.actor], contents(self.world.book)
        chain = self.world.chain
        nonce, head, pending = chain.nonce(sender), chain.head.number, chain.engine.pending.count
        taken = self.world.take(intent)
        self.statuses[taken.status] += 1
        if taken.status == "blocked":
            assert contents(self.world.book) == before
            sealed = chain.head.number > head  # a full block makes room before anything is tried
            assert (chain.nonce(sender), chain.engine.pending.count) == (nonce, 0 if sealed else pending)
        elif self.client[intent.actor] is not None:
            self.ever.add(str(self.client[intent.actor]))
        return taken

    def seal(self) -> None:
        """Close the block; an honest coin gives no finding."""
        assert self.world.seal(1) == ()

    def advance(self, seconds: int) -> None:
        """Let block time pass."""
        self.seal()
        self.world.chain.advance(seconds)

    def reprice(self, asset: str, yuan: int) -> None:
        """Give an asset a new worth."""
        self.world.reprice(asset, Value(parse_money(f"{yuan} CNY").value))

    def compare(self) -> None:
        """Every figure of the book against what the chain answers. What clients parked in the purse is the one thing no account
        tells; it must be there, and together with the wallets it must come to what the book says."""
        world, book = self.world, self.world.book
        prices = {rule.key: rule.price for rule in world.policy.assets.values()}
        coins = {name: self._word("balanceOf", self.address[name]) for name in self.address}
        wei = {name: int(world.chain.balance(self.address[name])) for name in self.address}
        exposures: Counter[str] = Counter()
        for name, client in self.client.items():
            if client is not None:
                exposures[client] += coins[name] * prices["coin"] + wei[name] * prices["ether"]
                exposures[client] += self._parked("coin", name) * prices["coin"] + self._parked("ether", name) * prices["ether"]
                self.ever |= {client} if coins[name] or wei[name] else set()
        assert {client: book.exposure(world.policy, client) for client in exposures} == exposures
        assert book.total_exposure(world.policy) == exposures.total()
        assert self._all_parked("coin") <= coins["purse"] and self._all_parked("ether") <= wei["purse"]
        assert book.active == self.ever
        assert book.supply.get(self.coin, 0) == self._word("totalSupply") == sum(coins.values())
        assert {name: book.balances.get((self.coin, self.address[name]), 0) for name in coins} == coins
        assert book.holders.get(self.coin, 0) == self._holders(coins)

    def _holders(self, coins: dict[str, int]) -> int:
        identities = {self.client[name] or name for name, held in coins.items() if held or self._parked("coin", name)}
        return len(identities - {"issuer", "purse"})

    def _parked(self, asset: str, name: str) -> int:
        return self._places(asset).get(self.address[name], 0)

    def _all_parked(self, asset: str) -> int:
        """All deposits in the purse; each is some client's, and more than nothing."""
        deposits = self._places(asset)
        owners = {self.address[name] for name, client in self.client.items() if client is not None}
        assert deposits.keys() <= owners and all(amount > 0 for amount in deposits.values())
        return sum(deposits.values())

    def _places(self, asset: str) -> dict[Address, int]:
        known: dict[tuple[Address, Address], dict[Address, int]] = self.world.book.claims.of
        place = (self.world.asset_address(asset), self.purse)
        assert known.keys() <= {(self.world.asset_address(one), self.purse) for one in ("coin", "ether")}
        return known.get(place, {})

    def _word(self, function: str, *args: Any) -> int:
        face = self.world.chain.contracts.named("Coin").interface
        answer = self.world.chain.view(self.coin, face.call(function, list(args)))
        assert answer.succeeded
        return int.from_bytes(answer.output, "big")


def contents(book: Book) -> dict[str, Any]:
    """Everything in a book as comparable data, without a copy of its histories: how many entries, and their last sum."""

    def plain(value: Any) -> Any:
        if isinstance(value, Series):
            return len(value._times), value._sums[-1]
        return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else deepcopy(value)

    return {name: plain(getattr(book, name)) for name in book.__dataclass_fields__}
