"""Seeded adversarial programs and transactions: what two EVMs are most likely to see differently.

Programs are made of statements that leave the stack as they found it, so that most of a program runs; a few are garbage.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from coincurve import PrivateKey
from eth_hash.auto import keccak
from rlp.codec import encode_raw

from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import Account, Genesis
from sandbox.engines.rlp_items import address, number
from sandbox.engines.wire import Authorization, WireTransaction
from tests.engines.assembler import push, store

CHAIN, START, ETHER = 31_337, 1_767_225_600, 10**18
KEYS = [index.to_bytes(32, "big") for index in range(1, 6)]
COINBASE = Address("0x" + "c0" * 20)
CONTRACTS = [Address(f"0x{0xC0DE0000 + index:040x}") for index in range(12)]
PRECOMPILES = [Address(f"0x{index:040x}") for index in (1, 2, 3, 4, 5, 6, 7, 9, 10)]
HEAVY = [Address(f"0x{index:040x}") for index in (8, *range(0x0B, 0x12))]
"""Precompiles that py-evm computes in Python for a long time: called seldom, and never in a loop of calls."""

NOBODIES = [Address("0x" + pair * 20) for pair in ("11", "22")]

UNARY = (0x15, 0x19)
BINARY = (1, 2, 3, 4, 5, 6, 7, 0x0A, 0x0B, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x1D)
TERNARY = (8, 9)
ENVIRONMENT = (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, *range(0x41, 0x49), 0x4A, 0x58, 0x59, 0x5A)
OF_ACCOUNT = (0x31, 0x3B, 0x3F)
OF_INDEX = (0x35, 0x49, 0x51, 0x54, 0x5C)
CALLS = {0xF1: True, 0xF2: True, 0xF4: False, 0xFA: False}
"""Opcode -> whether it takes a value."""


def account_of(key: bytes) -> Address:
    """The account of a key."""
    return address(keccak(PrivateKey(key).public_key.format(compressed=False)[1:])[12:])


SENDERS = [account_of(key) for key in KEYS]


class Programmer:
    """Makes programs out of one random source."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.statements: list[tuple[float, Callable[[int], bytes]]] = [
            (14, self.store), (6, self.transient), (8, self.memory), (6, self.copy), (6, self.log), (14, self.call),
            (6, self.create), (4, self.branch), (2, self.loop), (1, self.selfdestruct), (0.5, self.garbage), (3, self.keccak),
        ]  # fmt: skip

    def program(self, deep: int = 2) -> bytes:
        """A contract's code. deep: how far creations may nest."""
        weights, makers = zip(*self.statements, strict=True)
        chosen = self.random.choices(makers, weights, k=self.random.randint(1, 8))
        return b"".join(make(deep) for make in chosen) + self.ending()

    def where(self) -> bytes:
        """An account on the stack."""
        pool = self.random.choice((CONTRACTS, CONTRACTS, PRECOMPILES, NOBODIES, SENDERS, [COINBASE]))
        return bytes([0x30]) if self.random.random() < 0.08 else push(self.random.choice(pool))

    def word(self) -> int:
        """A number with a liking for edges."""
        edges = (0, 1, 2, 31, 32, 33, 255, 256, 2**64 - 1, 2**64, 2**128, 2**255 - 1, 2**255, 2**256 - 1)
        widths = (8, 16, 160, 256)
        return self.random.choice(edges) if self.random.random() < 0.4 else self.random.getrandbits(self.random.choice(widths))

    def expression(self, deep: int = 2) -> bytes:
        """Code that leaves one word."""
        kind = self.random.random()
        if deep == 0 or kind < 0.3:
            return push(self.word())
        if kind < 0.5:
            return bytes([self.random.choice(ENVIRONMENT)])
        if kind < 0.6:
            return self.where() + bytes([self.random.choice(OF_ACCOUNT)])
        if kind < 0.7:
            return push(self.random.randint(0, 64)) + bytes([self.random.choice(OF_INDEX)])
        arity, opcodes = self.random.choice(((1, UNARY), (2, BINARY), (2, BINARY), (3, TERNARY)))
        return b"".join(self.expression(deep - 1) for _ in range(arity)) + bytes([self.random.choice(opcodes)])

    def slot(self) -> bytes:
        return push(self.random.randint(0, 5))

    def span(self) -> tuple[bytes, bytes]:
        """Size and offset of a piece of memory."""
        return push(self.random.choice((0, 1, 4, 32, 33, 96, 192, 300))), push(self.random.randint(0, 200))

    def store(self, _deep: int) -> bytes:
        return self.expression() + self.slot() + b"\x55"

    def transient(self, _deep: int) -> bytes:
        return self.expression() + self.slot() + b"\x5d" + self.slot() + b"\x5c" + self.slot() + b"\x55"

    def memory(self, _deep: int) -> bytes:
        return self.expression() + push(self.random.randint(0, 300)) + bytes([self.random.choice((0x52, 0x53))])

    def copy(self, _deep: int) -> bytes:
        size, at = self.span()
        source = push(self.random.choice((0, 1, 31, 32, 1000)))
        opcode = self.random.choice((0x37, 0x39, 0x3E, 0x5E, 0x3C))
        return size + source + at + (self.where() if opcode == 0x3C else b"") + bytes([opcode])

    def keccak(self, _deep: int) -> bytes:
        size, at = self.span()
        return size + at + b"\x20" + self.slot() + b"\x55"

    def log(self, _deep: int) -> bytes:
        topics = self.random.randint(0, 4)
        size, at = self.span()
        return b"".join(self.expression(1) for _ in range(topics)) + size + at + bytes([0xA0 + topics])

    def call(self, _deep: int) -> bytes:
        opcode = self.random.choice(list(CALLS))
        (out_size, out_at), (in_size, in_at) = self.span(), self.span()
        value = push(self.random.choice((0, 0, 0, 1, 7, 2**200))) if CALLS[opcode] else b""
        gas = self.random.choice((b"\x5a", push(self.random.randint(0, 60_000)), push(2**64), b"\x5a"))
        target = self.where() + gas
        if self.random.random() < 0.02:
            target = push(self.random.choice(HEAVY)) + push(120_000)
        done = out_size + out_at + in_size + in_at + value + target + bytes([opcode])
        return done + (self.slot() + b"\x55" if self.random.random() < 0.5 else b"\x50")

    def create(self, deep: int) -> bytes:
        init = self.init(deep - 1) if deep else self.random.randbytes(3)
        salted = self.random.random() < 0.5
        code = push(self.random.randint(0, 2)) if salted else b""
        value = push(self.random.choice((0, 0, 1, 2**200)))
        code += push(len(init)) + push(0) + value + (b"\xf5" if salted else b"\xf0")
        return store(init) + code + self.slot() + b"\x55"

    def init(self, deep: int) -> bytes:
        """Init code: of a contract, or one that fails, or one that leaves code nobody may leave."""
        kind = self.random.random()
        if kind < 0.2:
            return self.program(max(deep, 0))
        runtime = b"\xef\x00" if kind < 0.25 else self.program(0)[:900]
        before = b"".join(self.store(0) for _ in range(self.random.randint(0, 2)))
        start = len(before) + len(push(len(runtime))) + len(b"\x80\x61..\x60.\x39\x60.\xf3")
        tail = push(len(runtime)) + b"\x80\x61" + start.to_bytes(2, "big") + b"\x60\x00\x39\x60\x00\xf3"
        return before + tail + runtime

    def branch(self, deep: int) -> bytes:
        """Skips a statement, sometimes to a place that is none."""
        body = self.random.choice((self.store, self.log, self.call))(deep)
        over = 6 + len(body) - (self.random.random() < 0.03)
        return self.expression(1) + b"\x58\x61" + over.to_bytes(2, "big") + b"\x01\x57" + body + b"\x5b"

    def loop(self, _deep: int) -> bytes:
        """A few turns, or as many as there is gas for."""
        turns = self.random.choice((3, 3, 10, 2**32))
        body = self.random.choice((self.store, self.memory))(0)
        back = (9 + len(body)).to_bytes(2, "big")
        return push(turns) + b"\x5b" + body + b"\x60\x01\x90\x03\x80\x61" + back + b"\x58\x03\x57\x50"

    def selfdestruct(self, _deep: int) -> bytes:
        return self.where() + b"\xff"

    def garbage(self, _deep: int) -> bytes:
        return self.random.randbytes(self.random.randint(1, 12))

    def ending(self) -> bytes:
        size, at = self.span()
        good, bad = (b"\x00", size + at + b"\xf3"), (size + at + b"\xfd", b"\xfe", b"\x01", b"\x60\x00\x56")
        return self.random.choice(good if self.random.random() < 0.8 else bad)


def genesis(source: random.Random) -> Genesis:
    """Funded senders and a pool of contracts that call each other. The base fee is not zero."""
    programmer = Programmer(source)
    alloc = {sender: Account(BaseUnits(1_000 * ETHER)) for sender in SENDERS} | {COINBASE: Account(BaseUnits(1))}
    for where in CONTRACTS:
        storage = {slot: source.getrandbits(16) for slot in range(source.randint(0, 3))}
        alloc[where] = Account(BaseUnits(source.choice((0, 5, ETHER))), nonce=1, code=programmer.program(), storage=storage)
    return Genesis(START, alloc, chain_id=CHAIN, base_fee=1_000, coinbase=COINBASE)


def transaction(source: random.Random, nonce_of: Callable[[Address], int], base_fee: int) -> bytes:
    """A signed transaction of any type but blobs. nonce_of: the next nonce of an account."""
    programmer, key = Programmer(source), source.choice(KEYS)
    kind = source.choice((0, 0, 1, 2, 2, 2, 4))
    creating = kind != 4 and source.random() < 0.15
    pool = source.choice((CONTRACTS, CONTRACTS, CONTRACTS, CONTRACTS, PRECOMPILES, HEAVY, NOBODIES, SENDERS))
    size = source.choice((0, 4, 36, 68, 200, 200, 3_000, 20_000))
    nonce, tip = nonce_of(account_of(key)), source.choice((0, 1, 50))
    price = base_fee + source.choice((0, 1, 10**9))
    plain = WireTransaction(
        kind=kind,
        nonce=nonce,
        gas=source.choice((source.randint(21_000, 120_000), source.randint(60_000, 600_000), 2_000_000, 2_000_000)),
        to=None if creating else source.choice(pool),
        value=source.choice((0, 0, 1, 10**9, ETHER)),
        data=programmer.init(2) if creating else source.randbytes(size) if source.random() < 0.7 else bytes(size),
        chain_id=None if kind == 0 and source.random() < 0.2 else CHAIN,
        gas_price=price if kind < 2 else None,
        tip=None if kind < 2 else min(tip, price),
        max_fee=None if kind < 2 else price,
        access_list=() if kind == 0 else _access_list(source),
        authorizations=tuple(_authorization(source, nonce_of, key, nonce) for _ in range(source.randint(1, 3) * (kind == 4))),
    )
    return _signed(plain, key).raw


def _access_list(source: random.Random) -> tuple[tuple[Address, tuple[bytes, ...]], ...]:
    chosen = source.sample(CONTRACTS + NOBODIES, source.randint(0, 3))
    return tuple((where, tuple(bytes(31) + bytes([slot]) for slot in range(source.randint(0, 3)))) for where in chosen)


def _authorization(source: random.Random, nonce_of: Callable[[Address], int], sender: bytes, used: int) -> Authorization:
    """A delegation, right or wrong: of another chain, another nonce, or to no code at all."""
    key, chain = source.choice(KEYS), source.choice((0, CHAIN, CHAIN, CHAIN + 1))
    nonce = used + 1 if key == sender else nonce_of(account_of(key))
    nonce += source.random() < 0.15
    target = source.choice([*CONTRACTS, NOBODIES[0], Address("0x" + "00" * 20)])
    digest = keccak(b"\x05" + encode_raw([number(chain), bytes.fromhex(target[2:]), number(nonce)]))
    r, s, parity = _signature(key, digest)
    return Authorization(chain, target, nonce, parity, r, s)


def _signed(plain: WireTransaction, key: bytes) -> WireTransaction:
    r, s, parity = _signature(key, plain.digest)
    v = parity if plain.kind else parity + (27 if plain.chain_id is None else 35 + 2 * plain.chain_id)
    return replace(plain, r=r, s=s, v=v)


def _signature(key: bytes, digest: bytes) -> tuple[int, int, int]:
    made = PrivateKey(key).sign_recoverable(digest, hasher=None)
    return int.from_bytes(made[:32], "big"), int.from_bytes(made[32:64], "big"), made[64]
