"""Room for what a program needs only while it runs: keys and values in a file of SQLite's that nobody else sees and nobody
finds afterwards. What is little stays in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from sandbox.errors import MissingDependency

_NAMELESS: Final = ""
"""SQLite's name for a temporary file, gone with its connection."""


class ScratchFile:
    """One file. Whoever made it closes it; several threads may use it, one at a time."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(_NAMELESS, isolation_level=None, check_same_thread=False)
        self._connection.execute("CREATE TABLE scratch (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    def read(self, key: bytes) -> bytes | None:
        """A value, None if there is none."""
        found = self._connection.execute("SELECT value FROM scratch WHERE key = ?", (key,)).fetchone()
        return None if found is None else bytes(found[0])

    def write(self, entries: Mapping[bytes, bytes | None]) -> None:
        """Keep values in place of any with the same keys; None: delete what is there. Raises MissingDependency if the disk has
        no room for them."""
        kept = [(key, value) for key, value in entries.items() if value is not None]
        gone = [(key,) for key, value in entries.items() if value is None]
        try:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT OR REPLACE INTO scratch VALUES (?, ?)", kept)
            self._connection.executemany("DELETE FROM scratch WHERE key = ?", gone)
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            do = "make room on the disk, or set TMPDIR to another one"
            raise MissingDependency(f"no room for temporary data: {error}", do=do) from error

    def close(self) -> None:
        """Give it up with everything in it. Closing twice is fine."""
        self._connection.close()
