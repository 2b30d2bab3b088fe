"""The chain that pilots share: made at first use with the sandbox's own keys, the same one afterwards, and free of charge."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.cases.shared_chain import CHAIN_ID, GAS_LIMIT, KEY_FILE, TREASURE, ChainKeys, chain_host, chain_keys
from sandbox.chain.host import ChainHost
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import TX_GAS_LIMIT, Transaction
from sandbox.errors import InputError, NotFound
from sandbox.storage.database import Database

START = 1_800_000_000
NOBODY = Address("0x" + "00" * 18 + "beef")
Hosted = Callable[[int], ChainHost]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/sandbox.db")
    yield opened
    opened.close()


@pytest.fixture
def hosted(database: Database, tmp_path: Path) -> Iterator[Hosted]:
    """Opens the chains; the number seeds what would be random."""
    made: list[ChainHost] = []

    def open_(seed: int) -> ChainHost:
        made.append(chain_host(database, tmp_path / "keys", lambda: START, lambda: "now", random=bytes([seed]).__mul__))
        return made[-1]

    yield open_
    for host in made:
        host.close()


def test_the_first_use_makes_the_chain_and_its_keys_and_later_ones_find_them(
    hosted: Hosted, database: Database, tmp_path: Path
) -> None:
    with hosted(1).use() as chain:
        first = chain.head
        assert (chain.engine.chain_id, first.base_fee, first.gas_limit, first.timestamp) == (CHAIN_ID, 0, GAS_LIMIT, START)
        assert chain.balance(chain_keys(database, tmp_path / "keys").treasury.address) == TREASURE
    with hosted(2).use() as chain:
        assert chain.head.hash == first.hash
    assert stat.S_IMODE((tmp_path / "keys" / KEY_FILE).stat().st_mode) == 0o600
    assert chain_keys(database, tmp_path / "keys", bytes([9]).__mul__) == ChainKeys.of(bytes([1]) * 32)


def test_the_supervisor_and_the_treasury_are_two_accounts() -> None:
    keys = ChainKeys.of(bytes([1]) * 32)
    assert keys.supervisor.address == "0x1a642f0e3c3af545e7acbd38b07251b3990914f1", "a published vector"
    assert keys.treasury.address != keys.supervisor.address and keys.treasury.key != keys.supervisor.key


def test_an_account_without_ether_can_act_even_after_the_largest_transaction(hosted: Hosted) -> None:
    poor = bytes([7]) * 32
    with hosted(1).use() as chain:
        chain.send(Transaction(poor, None, b"\xfe", gas=TX_GAS_LIMIT))  # INVALID takes all the gas there is
        assert chain.seal().gas_used == TX_GAS_LIMIT
        assert chain.send(Transaction(poor, NOBODY, value=BaseUnits(0), gas=21_000)).succeeded
        assert chain.seal().base_fee == 0


def test_a_chain_whose_key_is_gone_gets_no_other_one(hosted: Hosted, database: Database, tmp_path: Path) -> None:
    with hosted(1).use():
        pass
    path = tmp_path / "keys" / KEY_FILE
    path.unlink()
    with pytest.raises(NotFound, match="key of this sandbox's chain is gone"):
        chain_keys(database, tmp_path / "keys")
    assert not path.exists()


@pytest.mark.parametrize("text", ["00" * 32, "ff" * 32, "11" * 31, "no key"], ids=["zero", "too large", "short", "words"])
def test_a_file_without_a_key_in_it_is_refused(text: str, database: Database, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text(text)
    with pytest.raises(InputError, match="not a signing key") as refused:
        chain_keys(database, tmp_path)
    assert str(tmp_path / KEY_FILE) == refused.value.where
