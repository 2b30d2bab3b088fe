"""Where a chain keeps its sealed blocks and their receipts."""

from __future__ import annotations

from typing import Protocol

from sandbox.chain.receipts import Receipt
from sandbox.engines.base import Block


class History(Protocol):
    """Sealed blocks, the newest last."""

    @property
    def head(self) -> Block:
        """The last block."""

    def add(self, block: Block, receipts: tuple[Receipt, ...]) -> None:
        """Put a block on top."""

    def block(self, key: int | bytes) -> Block | None:
        """A block by number or hash."""

    def receipts(self, number: int) -> tuple[Receipt, ...]:
        """Receipts of a block that is there."""

    def receipt(self, digest: bytes) -> Receipt | None:
        """Receipt of a transaction by its hash."""


class InMemory:
    """Everything at hand, for as long as the program runs."""

    def __init__(self, first: Block) -> None:
        self._blocks = [first]
        self._receipts: list[tuple[Receipt, ...]] = [()]
        self._numbers = {first.hash: first.number}
        self._places: dict[bytes, tuple[int, int]] = {}

    @property
    def head(self) -> Block:
        """The last block."""
        return self._blocks[-1]

    def add(self, block: Block, receipts: tuple[Receipt, ...]) -> None:
        """Put a block on top."""
        self._blocks.append(block)
        self._receipts.append(receipts)
        self._numbers[block.hash] = block.number
        for receipt in receipts:
            self._places[receipt.hash] = (receipt.block, receipt.index)

    def block(self, key: int | bytes) -> Block | None:
        """A block by number or hash."""
        number = key if isinstance(key, int) else self._numbers.get(key, -1)
        return self._blocks[number] if 0 <= number < len(self._blocks) else None

    def receipts(self, number: int) -> tuple[Receipt, ...]:
        """Receipts of a block."""
        return self._receipts[number]

    def receipt(self, digest: bytes) -> Receipt | None:
        """Receipt of a transaction by its hash."""
        place = self._places.get(digest)
        return None if place is None else self._receipts[place[0]][place[1]]
