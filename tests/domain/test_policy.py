"""Who is who, and which code is which."""

from __future__ import annotations

import pytest

from sandbox.domain.policy import UNKNOWN, PartyKind, is_system
from sandbox.domain.units import ZERO_ADDRESS, Address
from tests.domain.builders import ALICE, ALICE2, ISSUER, MALLORY, NEW, TOKEN, address, code, policy


def test_a_party_is_a_person_a_contract_part_of_the_system_or_unknown() -> None:
    known = policy()
    assert known.party(ALICE) == known.party(ALICE2)
    assert known.party(ISSUER).kind is PartyKind.ROLE
    assert (known.party(TOKEN).kind, known.party(TOKEN).name) == (PartyKind.CONTRACT, "Token")
    assert known.party(ZERO_ADDRESS).kind is PartyKind.SYSTEM
    assert known.party(MALLORY) == UNKNOWN


def test_only_clients_have_a_client_id() -> None:
    known = policy()
    assert known.client(ALICE) == known.client(ALICE2) == "C-alice"
    assert [known.client(one) for one in (ISSUER, TOKEN, ZERO_ADDRESS, MALLORY)] == [None] * 4


@pytest.mark.parametrize(("number", "system"), [(0, True), (1, True), (0x11, True), (0x12, False), (2**160 - 1, False)])
def test_the_system_ends_with_the_last_precompile_of_prague(number: int, system: bool) -> None:
    assert is_system(Address(address(number))) is system


def test_creation_code_is_recognised_by_its_beginning_and_the_longest_match_wins() -> None:
    known = policy()
    token = code("Token").init_code
    assert known.approve_code(token, b"") == known.approve_code(token + b"args", b"") == known.approved["Token"]
    assert known.approve_code(token[:-1], b"") is known.approve_code(b"", b"") is known.approve_code(b"x" + token, b"") is None
    longer = {**policy().approved, "Longer": code("Token:extended")}
    both = type(known)(known.limits, known.parties, longer, known.roles, known.start)
    assert both.approve_code(code("Token:extended").init_code, b"") == longer["Longer"]
    assert both.approve_code(token + b"!", b"") == longer["Token"]


def test_code_without_bytes_matches_nothing() -> None:
    empty = code("Empty")
    known = policy()
    void = type(empty)("Empty", b"", {}, fallback=False)
    assert type(known)(known.limits, {}, {"Empty": void}, {}, 0).approve_code(b"anything", b"") is None


def test_registering_gives_a_new_policy_and_leaves_the_old_one() -> None:
    old = policy()
    new = old.with_contract(NEW, code("Vault"))
    assert new.party(NEW).kind is PartyKind.CONTRACT and old.party(NEW) == UNKNOWN
    assert new.with_asset(NEW, old.assets[TOKEN]).assets.keys() == {TOKEN, NEW} and new.assets.keys() == {TOKEN}
