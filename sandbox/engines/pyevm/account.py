"""One account of the state and its storage, as `accounts` keeps them."""

from __future__ import annotations

from typing import Final, NamedTuple

from eth_hash.auto import keccak
from eth_utils.exceptions import ValidationError

from sandbox.engines.pyevm.tries import EMPTY_TRIE

EMPTY_CODE: Final = bytes(keccak(b""))


class Account(NamedTuple):
    """An account as the state trie holds it. storage: root at the time it was read."""

    nonce: int = 0
    balance: int = 0
    storage: bytes = EMPTY_TRIE
    code: bytes = EMPTY_CODE


BLANK: Final = Account()


class Storage:
    """Storage of one account. root: of what is in the store. after: as of the last time one was made. slots: values read or
    written. written: which of them to store; one that was taken back since holds what it held before."""

    __slots__ = ("after", "root", "slots", "written")

    def __init__(self, root: bytes) -> None:
        self.root = self.after = root
        self.slots: dict[int, int] = {}
        self.written: set[int] = set()


def within(value: int, bits: int) -> int:
    """The number, if it is unsigned and has no more bits. Raises ValidationError."""
    if not 0 <= value < 1 << bits:
        raise ValidationError(f"{value} is not an unsigned number of {bits} bits")
    return value
