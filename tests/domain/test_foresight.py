"""The policy if a transaction is kept: contracts of approved code, and the assets they are, count from their birth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.book import Book
from sandbox.domain.effects import Creation, Effects, Frame, FrameKind, Standard
from sandbox.domain.foresight import with_creations, with_deployment
from sandbox.domain.limits import Amount, Required
from sandbox.domain.policy import Approved, AssetRule, PartyKind, Policy
from sandbox.domain.supervision import judge
from sandbox.domain.units import ZERO_ADDRESS, Address
from tests.domain.builders import (
    ALICE,
    FUNCTIONS,
    ISSUER,
    NEW,
    TOKEN,
    VAULT,
    address,
    cny,
    code,
    creation,
    frame,
    mint,
    policy,
    transaction,
)

SECOND = address(0x2E4)
SHARES = AssetRule("shares", ZERO_ADDRESS, Standard.ERC20, cny(10).value, "equity")
PILOT = replace(policy(), templates={"Token": (SHARES,)})
TOKEN_CODE = code("Token").init_code


def making(index: int, at: Address, data: bytes = TOKEN_CODE) -> tuple[Frame, Creation]:
    """A factory's creation."""
    made = frame(at, index=index, parent=0, depth=1, kind=FrameKind.CREATE, caller=VAULT, data=data)
    return made, replace(creation(at, frame=index), creator=VAULT)


def factory(*made: tuple[Frame, Creation], sender: Address = ALICE) -> Effects:
    """A call of a factory that makes these."""
    frames, creations = zip(*made, strict=True)
    return transaction(sender=sender, target=VAULT, frames=[frame(VAULT, "deposit"), *frames], creations=creations)


def deployment(name: str = "Token") -> Effects:
    made = frame(NEW, kind=FrameKind.CREATE, data=code(name).init_code)
    return replace(transaction(sender=ISSUER, target=None, frames=[made], creations=[creation(NEW)]), created=NEW)


def test_what_a_factory_makes_of_an_assets_code_is_that_asset() -> None:
    foreseen = with_creations(PILOT, factory(making(1, NEW), making(2, SECOND)))
    assert foreseen.assets.keys() == {TOKEN, NEW, SECOND}
    assert foreseen.assets[NEW] == replace(SHARES, address=NEW)
    assert foreseen.party(SECOND).kind is PartyKind.CONTRACT
    assert NEW not in PILOT.assets and NEW not in PILOT.contracts


def test_constructor_arguments_make_no_difference() -> None:
    assert NEW in with_creations(PILOT, factory(making(1, NEW, TOKEN_CODE + b"arguments"))).assets


@pytest.mark.parametrize(
    ("data", "known", "asset"),
    [(TOKEN_CODE, True, True), (code("Vault").init_code, True, False), (b"stowaway", False, False), (b"", False, False)],
)
def test_only_approved_code_is_a_contract_and_only_an_assets_code_an_asset(data: bytes, known: bool, asset: bool) -> None:
    foreseen = with_creations(PILOT, factory(making(1, NEW, data)))
    assert (NEW in foreseen.contracts, NEW in foreseen.assets) == (known, asset)


def test_code_that_left_something_else_behind_than_was_scanned_is_neither() -> None:
    scanned = Approved("Token", TOKEN_CODE, {}, fallback=False, runtime=b"\x01\x02")
    changed = replace(PILOT, approved={**PILOT.approved, "Token": scanned})
    made, born = making(1, NEW)
    honest = with_creations(changed, factory((replace(made, output=b"\x01\x02"), born)))
    turned = with_creations(changed, factory((replace(made, output=b"\x01\x03"), born)))
    assert (NEW in honest.assets, NEW in turned.assets, NEW in turned.contracts) == (True, False, False)


def test_a_limit_in_money_sees_the_first_units_of_a_copy() -> None:
    under = replace(PILOT, limits=policy(max_tx_amount=Amount(cny(100))).limits)
    first, legs = factory(making(1, NEW)), [mint(ALICE, 11, asset=NEW)]
    effects = replace(first, tokens=tuple(legs))
    assert [finding.code for finding in judge(with_creations(under, effects), Book(), effects).findings] == ["max_tx_amount"]
    assert judge(under, Book(), effects).findings == ()


def test_a_copy_that_a_client_has_made_is_minted_without_leave_and_the_firms_is_not() -> None:
    under = replace(PILOT, limits=policy(privileged_op=Required(True)).limits)
    for sender, found in ((ALICE, ["mint by C-alice"]), (ISSUER, [])):
        effects = replace(factory(making(1, NEW), sender=sender), tokens=(mint(ALICE, 1, asset=NEW),))
        assert [one.observed for one in judge(with_creations(under, effects), Book(), effects).findings] == found


# --- a deployment of the manifest


def foreseen(under: Policy, effects: Effects, contract: str, interface: str, *assets: AssetRule) -> Policy:
    return with_deployment(with_creations(under, effects), effects, contract, interface, assets)


def test_a_deployment_brings_its_assets_at_its_address_and_every_later_copy_is_them_too() -> None:
    coin = replace(SHARES, key="coin")
    plain = replace(PILOT, templates={})
    known = foreseen(plain, deployment(), "Token", "Token", coin)
    assert known.assets[NEW] == replace(coin, address=NEW)
    later = with_creations(known, factory(making(1, SECOND)))
    assert later.assets[SECOND].key == "coin" and SECOND not in with_creations(plain, factory(making(1, SECOND))).assets


def test_a_proxy_is_called_by_the_functions_of_its_interface_as_well_as_by_its_own() -> None:
    under = replace(PILOT, approved={**PILOT.approved, "Proxy": code("Proxy", "turn", fallback=True)})
    alone = foreseen(under, deployment("Proxy"), "Proxy", "Proxy").contracts[NEW]
    faced = foreseen(under, deployment("Proxy"), "Proxy", "Token").contracts[NEW]
    assert (set(alone.functions.values()), alone.fallback) == ({"turn"}, True)
    assert (set(faced.functions.values()), faced.fallback) == ({"turn", *FUNCTIONS}, False)


def test_a_deployment_that_failed_brings_nothing() -> None:
    failed = replace(deployment(), created=None, creations=())
    assert foreseen(PILOT, failed, "Token", "Token", SHARES) == PILOT


def test_a_deployment_without_assets_keeps_what_the_manifest_said_of_its_code() -> None:
    assert foreseen(PILOT, deployment("Vault"), "Vault", "Vault").templates == PILOT.templates
