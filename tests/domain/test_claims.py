"""Claims: what a client parks in a contract stays the client's, and nothing is lost or made on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.book import Book
from sandbox.domain.claims import ClaimBook, Claims
from sandbox.domain.effects import Effects, Standard, TokenMove
from sandbox.domain.policy import AssetRule, Policy
from sandbox.domain.units import ZERO_ADDRESS, Address
from tests.domain.builders import (
    ALICE,
    ALICE2,
    BOB,
    CAROL,
    ISSUER,
    LIBRARY,
    MALLORY,
    TOKEN,
    VAULT,
    address,
    burn,
    cny,
    creation,
    drawn,
    mint,
    move,
    policy,
    repaid,
    take,
    transaction,
    wei,
    with_native,
)

ESCROW, POOL = VAULT, LIBRARY
"""Two registered contracts that are no assets themselves."""
COIN = address(0xC011)
COINS = AssetRule("coin", COIN, Standard.ERC20, cny(1).value, "stablecoin")
PILOT = policy().with_asset(COIN, COINS)


def after(*transactions: Effects, under: Policy = PILOT) -> Book:
    """The book after alice got 100 shares, bob 50, and these."""
    book = Book()
    take(under, book, transaction(mint(ALICE, 100), mint(BOB, 50), sender=ISSUER), *transactions)
    return book


def claims(book: Book, place: Address = ESCROW, asset: Address = TOKEN) -> dict[Address, int]:
    """What depositors have in a place; their sum must be the total."""
    known = book.claims.of.get((asset, place), {})
    assert book.claims.totals.get((asset, place), 0) == sum(known.values())
    return known


def shares(book: Book, client: str) -> int:
    return book.holdings.get(("shares", client), 0)


# --- what is parked, and what is not


def test_what_a_client_parks_in_a_contract_is_still_its_exposure_and_comes_back_as_it_went() -> None:
    book = after(transaction(move(ALICE, ESCROW, 40)))
    assert (claims(book), shares(book, "C-alice"), book.totals["shares"]) == ({ALICE: 40}, 100, 150)
    assert (book.balances[TOKEN, ALICE], book.balances[TOKEN, ESCROW]) == (60, 40)
    take(PILOT, book, transaction(move(ESCROW, ALICE, 40)))
    assert (claims(book), shares(book, "C-alice"), book.balances[TOKEN, ALICE]) == ({}, 100, 100)


def test_a_depositor_of_everything_is_still_a_holder() -> None:
    book = after(transaction(move(BOB, ESCROW, 50), sender=BOB))
    assert (book.holders[TOKEN], shares(book, "C-bob")) == (2, 50)
    take(PILOT, book, transaction(move(ESCROW, ISSUER, 50), sender=ISSUER))
    assert (book.holders[TOKEN], shares(book, "C-bob")) == (1, 0)


@pytest.mark.parametrize(
    "sent",
    [
        transaction(move(ALICE, BOB, 40)),
        transaction(move(ALICE, ISSUER, 40)),
        transaction(burn(ALICE, 40)),
        transaction(move(ALICE, MALLORY, 40)),
        transaction(move(ISSUER, ESCROW, 40), sender=ISSUER),
        transaction(mint(ESCROW, 40), sender=ISSUER),
        transaction(move(ALICE, ESCROW, 0)),
    ],
    ids=["client", "firm", "burn", "stranger", "by the firm", "mint into it", "nothing"],
)
def test_only_what_a_client_puts_into_a_contract_of_the_pilot_is_a_claim(sent: Effects) -> None:
    book = after(transaction(mint(ISSUER, 40), sender=ISSUER), sent)
    assert not any(any(known.values()) for known in book.claims.of.values())


def test_what_a_client_stakes_in_the_assets_own_contract_stays_its_own_too_and_comes_back() -> None:
    book = after(transaction(move(ALICE, TOKEN, 40)))
    assert (claims(book, TOKEN), shares(book, "C-alice"), book.balances[TOKEN, TOKEN]) == ({ALICE: 40}, 100, 40)
    take(PILOT, book, transaction(move(TOKEN, BOB, 10), sender=BOB))
    assert (claims(book, TOKEN), shares(book, "C-alice"), shares(book, "C-bob")) == ({ALICE: 30}, 90, 60)
    take(PILOT, book, transaction(move(TOKEN, ALICE2, 30)))
    assert (claims(book, TOKEN), shares(book, "C-alice"), shares(book, "C-bob")) == ({}, 90, 60)


def test_what_is_staked_for_something_the_book_sees_leaves_no_claim_in_the_asset() -> None:
    book = after(transaction(move(ALICE, TOKEN, 40), mint(ALICE, 400, asset=COIN)))
    assert (claims(book, TOKEN), shares(book, "C-alice")) == ({}, 60)


@pytest.mark.parametrize(
    "sent",
    [
        transaction(move(ALICE, ESCROW, 40), mint(ALICE, 400, asset=COIN)),
        transaction(move(ALICE, ESCROW, 40), move(ESCROW, ALICE2, 400, asset=COIN)),
        transaction(move(BOB, ALICE, 500, asset=COIN), move(ALICE, ESCROW, 40)),
        transaction(move(ALICE, ESCROW, 40), measured=[drawn(ALICE, 400)]),
        transaction(move(ALICE, ESCROW, 40), measured=[repaid(ALICE, 400)]),
    ],
    ids=["shares of a vault", "to another wallet", "paid before", "a measured claim", "a measured debt paid"],
)
def test_an_exchange_leaves_no_claim_since_the_book_sees_what_came_back(sent: Effects) -> None:
    book = after(sent)
    assert (claims(book), shares(book, "C-alice")) == ({}, 60)


@pytest.mark.parametrize(("paid", "left"), [(1, 40), (9, 40), (10, 39), (399, 1), (400, 0)])
def test_dust_in_return_pays_for_dust_only(paid: int, left: int) -> None:
    book = after(transaction(move(ALICE, ESCROW, 40), mint(ALICE, paid, asset=COIN)))
    assert claims(book) == ({ALICE: left} if left else {})
    assert shares(book, "C-alice") == 60 + left


def test_what_pays_for_one_deposit_does_not_pay_for_the_next() -> None:
    book = after(transaction(move(ALICE, ESCROW, 30), move(ALICE, POOL, 30), mint(ALICE, 400, asset=COIN)))
    assert (claims(book, ESCROW), claims(book, POOL)) == ({}, {ALICE: 20})


@pytest.mark.parametrize(
    "sent",
    [
        transaction(move(ALICE, ESCROW, 40), mint(ALICE, 0, asset=COIN)),
        transaction(move(ALICE, ESCROW, 40), mint(BOB, 1, asset=COIN)),
        transaction(move(ALICE, ESCROW, 40), mint(ALICE, 1, asset=MALLORY)),
        transaction(move(ALICE, ESCROW, 40), mint(ALICE, 0)),
        transaction(move(ALICE, ESCROW, 40), measured=[drawn(BOB, 5)]),
        transaction(move(ALICE, ESCROW, 40), measured=[drawn(ALICE, 5, to="fee")]),
    ],
    ids=["nothing", "somebody else", "no registered asset", "the same asset", "somebody else's debt", "another measure"],
)
def test_what_is_no_exchange_leaves_one(sent: Effects) -> None:
    assert claims(after(sent)) == {ALICE: 40}


def test_ether_is_parked_like_anything_else() -> None:
    under = with_native(PILOT)
    book = after(transaction(native=[wei(ALICE, ESCROW, 7)]), under=under)
    assert claims(book, asset=ZERO_ADDRESS) == {ALICE: 7}
    take(under, book, transaction(native=[wei(ESCROW, ALICE, 7)]))
    assert claims(book, asset=ZERO_ADDRESS) == {}


# --- who is paid out of what


def held_by_two() -> Book:
    """Alice parked 40 and then bob 20, and 10 of the escrow are nobody's."""
    first, second = transaction(move(ALICE, ESCROW, 40)), transaction(move(BOB, ESCROW, 20), sender=BOB)
    return after(first, second, transaction(mint(ESCROW, 10), sender=ISSUER))


@pytest.mark.parametrize(
    ("sender", "receiver", "amount", "left"),
    [
        (CAROL, BOB, 20, {ALICE: 40}),  # first what the receiver has in it
        (CAROL, BOB, 30, {ALICE: 40}),  # then what is nobody's
        (CAROL, BOB, 31, {ALICE: 39}),  # then the earliest deposit
        (CAROL, CAROL, 10, {ALICE: 40, BOB: 20}),
        (CAROL, CAROL, 55, {BOB: 15}),
        (BOB, CAROL, 25, {ALICE: 40, BOB: 5}),  # before that, what the one who orders it has
        (BOB, CAROL, 35, {ALICE: 35}),
        (CAROL, ALICE2, 40, {BOB: 20}),  # another wallet of the same client
        (CAROL, ISSUER, 70, {}),
    ],
)
def test_the_order_of_paying_out(sender: Address, receiver: Address, amount: int, left: dict[Address, int]) -> None:
    book = held_by_two()
    take(PILOT, book, transaction(move(ESCROW, receiver, amount), sender=sender))
    assert claims(book) == left


def test_paying_out_to_another_wallet_of_the_depositor_changes_nobodys_exposure() -> None:
    book = held_by_two()
    take(PILOT, book, transaction(move(ESCROW, ALICE2, 40), sender=CAROL))
    assert (shares(book, "C-alice"), shares(book, "C-bob")) == (100, 50)


def test_a_contract_that_pays_out_more_than_anybody_saw_come_in_leaves_no_claim_below_zero() -> None:
    book = held_by_two()
    take(PILOT, book, transaction(move(ESCROW, CAROL, 1_000), sender=CAROL))
    assert claims(book) == {} and shares(book, "C-carol") == 1_000


def test_what_moves_on_into_another_contract_stays_the_depositors() -> None:
    book = held_by_two()
    take(PILOT, book, transaction(move(ESCROW, POOL, 60), sender=CAROL))
    assert (claims(book), claims(book, POOL)) == ({BOB: 10}, {ALICE: 40, BOB: 10})
    assert (shares(book, "C-alice"), shares(book, "C-bob")) == (100, 50)
    take(PILOT, book, transaction(move(POOL, ISSUER, 60), sender=ISSUER))
    assert (claims(book, POOL), shares(book, "C-alice"), shares(book, "C-bob")) == ({}, 60, 40)


def test_what_goes_through_a_contract_within_one_transaction_is_followed_to_where_it_comes_to_lie() -> None:
    through = transaction(move(ALICE, ESCROW, 40), move(ESCROW, POOL, 40))
    book = after(through)
    assert (claims(book), claims(book, POOL), shares(book, "C-alice")) == ({}, {ALICE: 40}, 100)
    paid = after(transaction(move(ALICE, ESCROW, 40), move(ESCROW, BOB, 40)))
    assert (claims(paid), shares(paid, "C-alice"), shares(paid, "C-bob")) == ({}, 60, 90)


def test_a_contract_that_sends_to_itself_changes_no_claim() -> None:
    book = held_by_two()
    take(PILOT, book, transaction(move(ESCROW, ESCROW, 70), sender=CAROL))
    assert claims(book) == {ALICE: 40, BOB: 20} and book.balances[TOKEN, ESCROW] == 70


def test_a_contract_born_in_the_transaction_takes_deposits_too() -> None:
    born = address(0xB02)
    under = PILOT.with_contract(born, PILOT.contracts[ESCROW])
    assert claims(after(transaction(move(ALICE, born, 4), creations=[creation(born)]), under=under), born) == {ALICE: 4}


def test_judging_changes_no_claim_until_the_transaction_is_kept() -> None:
    book = held_by_two()
    before = {place: dict(known) for place, known in book.claims.of.items()}
    effects = transaction(move(ESCROW, CAROL, 70), sender=CAROL)
    drafted = Claims(book.claims, PILOT, effects)
    list(drafted.owners(effects.tokens[0], 70))
    assert drafted.changed and book.claims.of == before


# --- nothing is lost and nothing is made

ANYBODY = st.sampled_from((ALICE, ALICE2, BOB, CAROL, ISSUER, MALLORY, ESCROW, POOL, TOKEN))
ASSET = st.sampled_from((TOKEN, COIN))
LEG = st.builds(
    lambda giver, taker, amount, asset: move(giver, taker, amount, asset=asset), ANYBODY, ANYBODY, st.integers(0, 60), ASSET
)
TRANSACTIONS = st.lists(st.tuples(st.sampled_from((ALICE, BOB, ISSUER)), st.lists(LEG, max_size=4)), max_size=12)


def possible(legs: list[TokenMove], holdings: Counter[tuple[Address, Address]]) -> list[TokenMove]:
    """Those legs that an honest token would let pass, one after another."""
    kept = []
    for leg in legs:
        if holdings[leg.asset, leg.sender] >= leg.amount:
            holdings[leg.asset, leg.sender] -= leg.amount
            holdings[leg.asset, leg.receiver] += leg.amount
            kept.append(leg)
    return kept


@given(TRANSACTIONS)
def test_of_honest_assets_every_unit_is_somebodys_and_nobodys_twice(history: list[tuple[Address, list[TokenMove]]]) -> None:
    held = Counter({(TOKEN, ALICE): 100, (TOKEN, BOB): 50, (COIN, ALICE): 30, (COIN, BOB): 80})
    book = after(transaction(mint(ALICE, 30, asset=COIN), mint(BOB, 80, asset=COIN), sender=ISSUER))
    for sender, legs in history:
        take(PILOT, book, transaction(*possible(legs, held), sender=sender))
        for (asset, place), known in book.claims.of.items():
            assert all(amount > 0 for amount in known.values())
            assert sum(known.values()) == book.claims.totals[asset, place] <= held[asset, place]
        for asset, key in ((TOKEN, "shares"), (COIN, "coin")):
            in_hand = Counter(dict.fromkeys(("C-alice", "C-bob", "C-carol"), 0))
            for (token, holder), amount in held.items():
                client = PILOT.client(holder)
                if token == asset and client is not None:
                    in_hand[client] += amount
            for (token, _), known in book.claims.of.items():
                for who, amount in known.items() if token == asset else ():
                    in_hand[str(PILOT.client(who))] += amount
            assert {client: book.holdings.get((key, client), 0) for client in in_hand} == in_hand


class Units:
    """The same story told with single units, each of which lies somewhere and belongs to a depositor or to nobody."""

    def __init__(self) -> None:
        self.places: dict[Address, list[Address | None]] = {ESCROW: [], POOL: [], TOKEN: []}

    def move(self, leg: TokenMove, sender: Address) -> None:
        labels = self._leave(leg, sender) if leg.sender in self.places else [leg.sender] * leg.amount
        if leg.receiver in self.places:
            mine = (label if label is not None and PILOT.client(label) else None for label in labels)
            self.places[leg.receiver] += mine

    def _leave(self, leg: TokenMove, sender: Address) -> list[Address | None]:
        here, gone = self.places[leg.sender], []
        for _ in range(leg.amount):
            first = {label: here.index(label) for label in reversed(here)}
            at = min(range(len(here)), key=lambda i: (self._rank(here[i], leg.receiver, sender), first[here[i]]))
            gone.append(here.pop(at))
        return gone

    @staticmethod
    def _rank(label: Address | None, receiver: Address, sender: Address) -> int:
        if label is None:
            return 1
        client = PILOT.client(label)
        return 0 if client == PILOT.client(receiver) else 2 if client == PILOT.client(sender) else 3


@given(st.lists(st.tuples(st.sampled_from((ALICE, BOB, ISSUER)), ANYBODY, ANYBODY, st.integers(0, 40)), max_size=20))
def test_every_claim_is_where_counting_single_units_puts_it(history: list[tuple[Address, Address, Address, int]]) -> None:
    book, units, held = after(), Units(), Counter({(TOKEN, ALICE): 100, (TOKEN, BOB): 50})
    for sender, giver, receiver, amount in history:
        for leg in possible([move(giver, receiver, amount)], held):
            take(PILOT, book, transaction(leg, sender=sender))
            units.move(leg, sender)
        for place, labels in units.places.items():
            assert claims(book, place) == Counter(label for label in labels if label is not None)


@given(
    st.dictionaries(st.sampled_from((ALICE, ALICE2, BOB, CAROL)), st.integers(1, 50)),
    ANYBODY,
    ANYBODY,
    st.integers(0, 300),
    st.integers(0, 300),
)
def test_whatever_an_asset_tells_the_changes_of_owners_add_up_to_nothing(
    deposits: dict[Address, int], sender: Address, receiver: Address, amount: int, held: int
) -> None:
    place = (TOKEN, ESCROW)
    known = ClaimBook()
    known.apply({(place, who): deposit for who, deposit in deposits.items()})
    leg = move(sender, receiver, amount)
    drafted = Claims(known, PILOT, transaction(leg))
    changes = list(drafted.owners(leg, held))
    assert sum(change for _, change in changes) == 0
    assert sum(change for _, change in changes if change > 0) == amount
    known.apply(drafted.changed)
    assert all(left >= 0 for left in drafted.changed.values())
    assert {at: sum(of.values()) for at, of in known.of.items()} == {at: known.totals[at] for at in known.of}


def test_a_refund_to_a_depositor_who_is_no_client_any_more_is_nobodys() -> None:
    book = held_by_two()
    gone = replace(PILOT, parties={who: party for who, party in PILOT.parties.items() if who != BOB})
    take(gone, book, transaction(move(ESCROW, ALICE, 40)))
    assert claims(book) == {BOB: 20}
