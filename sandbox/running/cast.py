"""The cast of a run: every actor's key, address and standing, all derived from the scenario and its seed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey

from sandbox.chain.codec import encode_call, encode_values, split_kinds
from sandbox.domain.expressions import GROUPS, Datum
from sandbox.domain.policy import Party, PartyKind
from sandbox.domain.scenario import Actor, Scenario
from sandbox.domain.units import Address
from sandbox.errors import InputError


@dataclass(frozen=True, slots=True)
class Member:
    """One actor on the chain. key: private key, 32 bytes; none for an address somebody else holds the key of."""

    actor: Actor
    key: bytes
    address: Address

    @property
    def party(self) -> Party | None:
        """Who the supervisor takes the address for; None for an outsider."""
        if self.actor.client is not None:
            return Party(PartyKind.CLIENT, self.actor.client, self.actor.client_class, self.actor.jurisdiction)
        return None if self.actor.role is None else Party(PartyKind.ROLE, self.actor.role)


def assemble(scenario: Scenario, seed: int) -> dict[str, Member]:
    """All actors with their keys. The same seed and name give the same key, on any machine. Raises InputError where two actors
    have one address: one client would answer for another."""
    cast: dict[str, Member] = {}
    owners: dict[Address, str] = {}
    for name, actor in scenario.actors.items():
        cast[name] = _member(actor, seed)
        owner = owners.setdefault(cast[name].address, name)
        if owner != name:
            what = f"actor {name!r} has the address of {owner!r}, {cast[name].address}"
            raise InputError(what, where=actor.where, do="give each actor an address of its own")
    return cast


def _member(actor: Actor, seed: int) -> Member:
    if actor.address is not None:
        return Member(actor, b"", actor.address)
    key = PrivateKey(hashlib.sha256(f"taishan/actor/{seed}/{actor.name}".encode()).digest())
    return Member(actor, key.to_bytes(), Address(key.public_key.to_address().lower()))


class Prompter:
    """Answers what expressions ask (`expressions.Environment`): addresses, seeded choices, encodings, signatures."""

    def __init__(
        self, cast: Mapping[str, Member], instances: Mapping[str, Address], seed: int, clock: Callable[[], int]
    ) -> None:
        self._cast = cast
        self._instances = instances
        self._random = random.Random(seed)
        self._clock = clock

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is drawn inside is not missed outside: the seed's sequence goes on as if nobody had drawn."""
        state = self._random.getstate()
        try:
            yield
        finally:
            self._random.setstate(state)

    @property
    def now(self) -> int:
        """Timestamp of the block being built."""
        return self._clock()

    def address(self, name: str) -> Address:
        """Address of an actor or of a deployed instance. Raises InputError."""
        if name in self._cast:
            return self._cast[name].address
        if name in self._instances:
            return self._instances[name]
        raise InputError(f"{name!r} is neither an actor nor a deployed instance", do="deploy it first, or declare the actor")

    def group(self, name: str) -> Sequence[Address]:
        """Addresses of `clients` or of all `actors`, in the order of the file."""
        assert name in GROUPS
        return [m.address for m in self._cast.values() if name == "actors" or m.actor.client is not None]

    def pick(self, choices: Sequence[Datum]) -> Datum:
        """One of the choices, by the seed."""
        return choices[self._random.randrange(len(choices))]

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included, by the seed."""
        return self._random.randint(low, high)

    def encode(self, signature: str, args: Sequence[Datum]) -> bytes:
        """Calldata with its selector."""
        return encode_call(signature, args)

    def abi(self, types: str, args: Sequence[Datum]) -> bytes:
        """ABI encoding of values of comma-separated types."""
        return encode_values(split_kinds(types.replace(" ", "")), args)

    def keccak(self, data: bytes) -> bytes:
        """keccak-256, 32 bytes."""
        return bytes(keccak(data))

    def sign(self, actor: str, digest: bytes) -> bytes:
        """EIP-191 personal_sign of a 32-byte hash: r || s || v, v being 27 or 28."""
        if actor not in self._cast:
            raise InputError(f"{actor!r} is not an actor, only actors can sign")
        message = keccak(b"\x19Ethereum Signed Message:\n32" + digest)
        signature: bytes = PrivateKey(self._cast[actor].key).sign_msg_hash(message).to_bytes()
        return signature[:64] + bytes([signature[64] + 27])
