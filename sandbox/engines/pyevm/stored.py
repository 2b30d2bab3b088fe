"""The archive of a chain that somebody else keeps."""

from __future__ import annotations

from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB

from sandbox.engines.base import Store
from sandbox.engines.pyevm.archive import PyEvmArchive
from sandbox.engines.pyevm.forks import ChainConfig


def archive_over(store: Store, chain_id: int) -> PyEvmArchive:
    """What a chain in a store answers, under Prague rules from its first block on."""
    return PyEvmArchive(AtomicDB(MemoryDB(store)), ChainConfig.all_prague(chain_id))
