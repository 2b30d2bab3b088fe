"""Where registered pilots live: which durable chain is whose, how far it is, and what a pilot is read from again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from eth_hash.auto import keccak
from sqlalchemy import Connection

from sandbox.chain.host import SHARED
from sandbox.domain.artifact import from_json
from sandbox.domain.profiles import load_limits
from sandbox.domain.standing import LIVE, State
from sandbox.engines.base import Genesis
from sandbox.errors import Conflict
from sandbox.running.notes import CONTRACT, INSTANCE
from sandbox.running.resident import OUTSTANDING, PARTY, Papers
from sandbox.scenario_files import parse_manifest
from sandbox.storage.chain_blocks import BlockRepository
from sandbox.storage.chain_books import BookRepository
from sandbox.storage.chains import ChainRepository
from sandbox.storage.registry import PilotRepository, PilotRow
from sandbox.submissions import stored

OWN: Final = "own/"
"""Names of chains that one pilot has to itself begin so, and end in the pilot."""

RESIDING: Final = LIVE | {State.GRADUATED, State.EXITED}
"""States of pilots that live on a chain, or lived there to the end."""

_SPREAD: Final = 10**6


def chain_of(summary: Mapping[str, Any], slug: str) -> str:
    """Name of the chain a pilot lives on. summary: of its row."""
    return OWN + slug if summary.get("chain") == "own" else SHARED


def resides(row: PilotRow) -> bool:
    """Whether a pilot has come as far as its chain: from its registration on, and for good."""
    return State(row.status) in RESIDING


def log_of(slug: str) -> str:
    """Id of the log of a pilot on its durable chain; a run's ends in a number."""
    return f"{slug}.chain"


def own_genesis(shared: Genesis, slug: str) -> Genesis:
    """The first block of a pilot's own chain, which no transaction of another chain fits."""
    return replace(shared, chain_id=shared.chain_id * _SPREAD + zlib.crc32(slug.encode()) % _SPREAD)


def standing(connection: Connection, chain: str, slug: str) -> tuple[int, int]:
    """(number of the newest block, exposure of the pilot's clients as a Value); zeros before there is a chain."""
    number = ChainRepository(connection).number(chain)
    if number is None:
        return 0, 0
    noted = BookRepository(connection, number).notes(slug, OUTSTANDING)[OUTSTANDING]
    return max(0, BlockRepository(connection, number).highest()), int(noted.get("", "0"))


def block_hash(connection: Connection, chain: str, number: int) -> str | None:
    """Hash (0x-hex) of a block as its header gives it, None if there is none."""
    key = ChainRepository(connection).number(chain)
    found = None if key is None else BlockRepository(connection, key).block(number)
    return None if found is None else "0x" + keccak(found[1]).hex()


def neighbours(connection: Connection, chain: str, slug: str) -> frozenset[str]:
    """Contracts and parties of the other pilots on a chain, but for parties who are this pilot's, too."""
    number = ChainRepository(connection).number(chain)
    assert number is not None  # somebody asks who lives there
    books = BookRepository(connection, number)
    noted = {name: books.notes(name, CONTRACT, PARTY) for name in books.names()}
    contracts = {address for name, by in noted.items() if name != slug for address in by[CONTRACT]}
    parties = {address for name, by in noted.items() if name != slug for address in by[PARTY]}
    own = noted.get(slug, {CONTRACT: {}, PARTY: {}})
    return frozenset((contracts | parties - own[PARTY].keys()) - own[CONTRACT].keys())


def deployed_on(connection: Connection, chain: str, slug: str) -> set[str]:
    """Contracts of a pilot's manifest that have an instance on its chain, known by their approved code."""
    number = ChainRepository(connection).number(chain)
    noted = {} if number is None else BookRepository(connection, number).notes(slug, INSTANCE)[INSTANCE]
    return {json.loads(text)[1] for text in noted.values()}


def contract_of(connection: Connection, chain: str, address: str) -> str | None:
    """The pilot on a chain that an address is a contract of, None if it is nobody's."""
    number = ChainRepository(connection).number(chain)
    if number is None:
        return None
    books = BookRepository(connection, number)
    return next((name for name in books.names() if address.lower() in books.notes(name, CONTRACT)[CONTRACT]), None)


def papers_of(connection: Connection, row: PilotRow) -> Papers:
    """A pilot as it was admitted, read from the registry and from no file. Raises Conflict if an earlier version of the sandbox
    kept too little of it."""
    summary = stored(row.summary)
    if "manifest_text" not in summary:
        what = f"pilot {row.slug} was handed in under an earlier version of the sandbox, which kept no copy of its manifest"
        raise Conflict(what, do="hand it in again: taishan pilot submit PATH")
    artifacts = {one.name: from_json(one.artifact) for one in PilotRepository(connection).contracts(row.slug)}
    manifest = parse_manifest(summary["manifest_text"].encode(), f"manifest of {row.slug}")
    hashes = {"manifest": row.manifest_hash, "limits": row.limits_hash}
    return Papers(manifest, artifacts, load_limits(summary["limits"]), hashes)
