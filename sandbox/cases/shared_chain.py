"""The chain that registered pilots share: who holds its first ether, by which keys, and how it is opened.

Its base fee is 0 and stays there: a block has room for twice the gas of the largest transaction, so that one transaction a
block never passes the target of EIP-1559. The sandbox's own account needs no ether therefore, and gets some all the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from eth_hash.auto import keccak

from sandbox.auditlog import secret
from sandbox.chain.host import SHARED, ChainHost
from sandbox.domain.units import ZERO_ADDRESS, BaseUnits
from sandbox.engines.base import TX_GAS_LIMIT, Account, Genesis
from sandbox.engines.signatures import account_of
from sandbox.errors import InputError, NotFound
from sandbox.rpc.wallet import Prefunded
from sandbox.storage.chains import ChainRepository
from sandbox.storage.database import Database

CHAIN_ID: Final = 20_261
GAS_LIMIT: Final = 2 * TX_GAS_LIMIT
TREASURE: Final = BaseUnits(10**9 * 10**18)
"""Wei the treasury has at the start: enough for every party of every pilot."""

ALLOWANCE: Final = BaseUnits(10**6 * 10**18)
"""Wei the supervisor has at the start."""

KEY_FILE: Final = "supervisor.key"
_TREASURY: Final = b"taishan treasury"


@dataclass(frozen=True, slots=True)
class ChainKeys:
    """The sandbox's own accounts. supervisor: writes the registry contract and nothing else. treasury: funds the parties of
    pilots; its key follows from the supervisor's."""

    supervisor: Prefunded
    treasury: Prefunded

    @classmethod
    def of(cls, key: bytes) -> Self:
        """The accounts that follow from a private key of secp256k1 (32 bytes). Raises InputError if it is none."""
        derived = bytes(keccak(_TREASURY + key))
        return cls(Prefunded(account_of(key), key), Prefunded(account_of(derived), derived))


def chain_keys(database: Database, folder: Path, random: Callable[[int], bytes] = secrets.token_bytes) -> ChainKeys:
    """The keys in a folder; made from `random` bytes before there is a shared chain. Raises NotFound if the chain is there and
    the file is gone, InputError if the file holds no key."""
    path = folder / KEY_FILE
    if not path.is_file():
        with database.read() as connection:
            made = SHARED in ChainRepository(connection).names()
        if made:
            raise NotFound("the key of this sandbox's chain is gone", where=str(path), do="restore it from a backup")
    try:
        return ChainKeys.of(secret(path, random(32)))
    except InputError as error:
        raise InputError("this is not a signing key", where=str(path), do="restore the file from a backup") from error


def shared_genesis(keys: ChainKeys, timestamp: int) -> Genesis:
    """The first block of the shared chain. timestamp: unix seconds."""
    alloc = {
        keys.treasury.address: Account(balance=TREASURE),
        keys.supervisor.address: Account(balance=ALLOWANCE),
        ZERO_ADDRESS: Account(balance=BaseUnits(1)),  # an empty coinbase would be wiped and made again every time
    }
    return Genesis(timestamp, alloc, CHAIN_ID, GAS_LIMIT)


def chain_host(
    database: Database,
    folder: Path,
    clock: Callable[[], int],
    now: Callable[[], str],
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
    seconds: float = 10.0,
) -> ChainHost:
    """The chains of a sandbox, the shared one made at first use. folder: of the keys. clock: unix seconds. now: the same as
    text. seconds: wall-clock budget per transaction. Raises as `chain_keys` when the shared chain is made."""

    def genesis() -> Genesis:
        return shared_genesis(chain_keys(database, folder, random), clock())

    return ChainHost(database, genesis, clock=clock, now=now, seconds=seconds)
