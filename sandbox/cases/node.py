"""`taishan node`: a chain of one's own for development, supervised by a pilot's limits or not at all; or an imported one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Final

from sandbox import __version__
from sandbox.cases.prepare import admitted
from sandbox.chain.nodes import SpillingStore
from sandbox.domain.admission import Admitted
from sandbox.domain.units import ZERO_ADDRESS, BaseUnits
from sandbox.engines.base import Account, Genesis
from sandbox.engines.pyevm.development import DevEngine
from sandbox.engines.pyevm.imported import ImportedChain
from sandbox.errors import NotFound
from sandbox.rpc.dev_methods import DEVELOPMENT
from sandbox.rpc.development import DevChain
from sandbox.rpc.encoding import checksummed
from sandbox.rpc.ground import Ground, OpenGround
from sandbox.rpc.ground import Told as Told
from sandbox.rpc.http import create_app, only
from sandbox.rpc.methods import METHODS, TESTING
from sandbox.rpc.node import Node
from sandbox.rpc.pool import Pool
from sandbox.rpc.server import Server
from sandbox.rpc.serving import Metronome, listening, serve
from sandbox.rpc.wallet import Wallet, prefunded
from sandbox.running.cast import Member
from sandbox.running.guarded import GuardedGround, parties
from sandbox.settings import Settings
from sandbox.storage.scratch import ScratchFile
from sandbox.submissions import Checked, find_manifest

ACCOUNTS: Final = 10
FUNDS: Final = BaseUnits(10_000 * 10**18)
"""Wei each account has at the start."""

GAS_LIMIT: Final = 30_000_000
FIRST_BASE_FEE: Final = 1_000_000_000
PATHS: Final = ("/", "/rpc")
VERSION: Final = f"taishan/{__version__}"

Tell = Callable[[Told], None]


@dataclass(frozen=True, slots=True)
class Holder:
    """An account the node has the key of. party: who the supervisor takes it for, in words; empty without supervision."""

    address: str
    key: str
    party: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A node that answers. url: where. blocks: number of its head. pilot: whose limits hold, empty for nobody's. serve: answers
    until SIGINT or SIGTERM."""

    url: str
    chain_id: int
    blocks: int
    accounts: tuple[Holder, ...]
    pilot: str
    serve: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Development:
    """What somebody wants of a development chain. block_time: seconds between blocks, None for one per transaction. pilot: path
    of a manifest, None for no supervision."""

    chain_id: int = 31_337
    block_time: float | None = None
    pilot: Path | None = None


@contextmanager
def development(wanted: Development, host: str, port: int, settings: Settings, tell: Tell) -> Iterator[Opened]:
    """A fresh chain with prefunded accounts. tell: hears of every transaction. Raises InputError, SubmissionError for a pilot
    that admission refuses, MissingDependency for a port that is taken."""
    checked = None if wanted.pilot is None else admitted(find_manifest(wanted.pilot), settings)
    with listening(host, port) as bound, closing(ScratchFile()) as scratch:
        wallet, start = Wallet(prefunded(ACCOUNTS)), _wall()
        store, seconds = SpillingStore(scratch), settings.transaction_seconds
        engine = DevEngine(_genesis(wallet, wanted.chain_id, start), store=store, seconds=seconds)
        ground, names = _ground(engine, checked, wallet, start)
        archive = engine.archive()
        chain = DevChain(engine, archive, ground, wallet, _wall, tell)
        node = Node(archive, chain, version=VERSION, now=lambda: chain.clock.next(engine.head.timestamp))
        server = Server(node, methods={**METHODS, **DEVELOPMENT})

        def beat() -> None:
            with server.lock:
                chain.mine()

        if wanted.block_time is not None:
            chain.automine, chain.interval = False, wanted.block_time
        with Metronome(beat, lambda: chain.interval, chain.woken):
            yield _opened(server, bound, _holders(wallet, names), "" if checked is None else checked.manifest.slug)
        engine.close()


@contextmanager
def imported(genesis: Path, blocks: Path | None, host: str, port: int) -> Iterator[Opened]:
    """A chain from a go-ethereum genesis and a file of RLP blocks, every block validated; transactions sent to it wait. Raises
    InputError, NotFound, MissingDependency."""
    chain = ImportedChain(_read(genesis))
    if blocks is not None:
        chain.import_blocks(_read(blocks))
    with listening(host, port) as bound:
        server = Server(Node(chain, Pool(chain), version=VERSION), methods={**METHODS, **TESTING})
        yield _opened(server, bound, (), "")


def _ground(engine: DevEngine, checked: Checked | None, wallet: Wallet, start: int) -> tuple[Ground, Mapping[str, str]]:
    """Where transactions take place, and who the accounts are."""
    if checked is None:
        return OpenGround(engine), {}
    assert isinstance(checked.decision, Admitted)
    limits = checked.decision.limits
    cast = parties(checked.manifest, limits, [one.address for one in wallet.accounts], FUNDS)
    ground = GuardedGround(engine, checked.manifest, checked.artifacts, limits, cast, start)
    return ground, {member.address: _words(member) for member in cast.values()}


def _holders(wallet: Wallet, names: Mapping[str, str]) -> tuple[Holder, ...]:
    return tuple(
        Holder(checksummed(one.address), "0x" + one.key.hex(), names.get(one.address, "")) for one in wallet.accounts
    )


def _words(member: Member) -> str:
    actor = member.actor
    return f"role {actor.role}" if actor.role else f"client {actor.client}, {actor.client_class}, {actor.jurisdiction}"


def _opened(server: Server, bound: socket, accounts: tuple[Holder, ...], pilot: str) -> Opened:
    host, port = bound.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    archive, app = server.node.archive, create_app(only(server), PATHS)
    return Opened(url, archive.chain_id, archive.head.number, accounts, pilot, lambda: serve(app, bound))


def _genesis(wallet: Wallet, chain_id: int, start: int) -> Genesis:
    alloc = {one.address: Account(balance=FUNDS) for one in wallet.accounts}
    alloc[ZERO_ADDRESS] = Account(balance=BaseUnits(1))  # an empty coinbase would be wiped and made again every time
    return Genesis(start, alloc, chain_id, GAS_LIMIT, FIRST_BASE_FEE)


def _wall() -> int:
    return int(time.time())


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise NotFound(f"there is no file {path}", do="give the path of a file that is there")
    return path.read_bytes()
