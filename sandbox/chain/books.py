"""The exposure books of the pilots on one durable chain, as far as they were opened."""

from __future__ import annotations

from sqlalchemy import Connection

from sandbox.domain.keeping import KeptBook
from sandbox.engines.base import Block
from sandbox.errors import EngineError, VerificationFailed
from sandbox.storage.chain_books import BookRepository


class Books:
    """Opened books by name. chain: number of the chain."""

    def __init__(self, chain: int) -> None:
        self._chain = chain
        self._open: dict[str, KeptBook] = {}

    def open(self, connection: Connection, name: str, window: int | None, head: Block) -> KeptBook:
        """A book as it stands after the head, or as it is if it is open for that window already."""
        known = self._open.get(name)
        if known is None:
            known = self._open[name] = KeptBook(window)
            self._read(connection, name, head)
        elif known.window is not None and (window is None or window > known.window):
            if known.dirty:
                raise EngineError(f"the book {name!r} holds what is not stored yet", do="store the block first")
            known.window = window
            self._read(connection, name, head)
        return known

    @property
    def dirty(self) -> bool:
        """True if one of them holds what is not stored."""
        return any(kept.dirty for kept in self._open.values())

    def save(self, connection: Connection, block: int) -> None:
        """Write what changed. block: the last one sealed."""
        books = BookRepository(connection, self._chain)
        for name, kept in self._open.items():
            changes = kept.taken()
            if changes.rows or changes.points:
                books.save(name, block, changes)

    def undo(self, connection: Connection, target: Block) -> None:
        """Make all books of the chain, open or not, stand as they stood after a block."""
        books = BookRepository(connection, self._chain)
        for name in books.names():
            books.undo(name, target.number, target.timestamp)

    def reload(self, connection: Connection, head: Block) -> None:
        """Make the open books stand as the database has them."""
        for name in self._open:
            self._read(connection, name, head)

    def _read(self, connection: Connection, name: str, head: Block) -> None:
        kept, books = self._open[name], BookRepository(connection, self._chain)
        since = None if kept.window is None else head.timestamp - kept.window
        try:
            kept.restore(books.rows(name), books.points(name, since), since)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"the book {name!r} is damaged: {error}"
            raise VerificationFailed(what, do="restore the database from a backup") from error
