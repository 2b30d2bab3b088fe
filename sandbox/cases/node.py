"""`taishan node`: a chain of one's own for development, supervised by a pilot's limits or not at all; or an imported one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from typing import Final

from sandbox import __version__
from sandbox.cases.prepare import admitted
from sandbox.chain.nodes import SpillingStore
from sandbox.domain.admission import Admitted
from sandbox.domain.units import ZERO_ADDRESS, BaseUnits
from sandbox.engines.base import Account, Genesis, Store
from sandbox.engines.pyevm.development import DevEngine
from sandbox.engines.pyevm.imported import ImportedChain
from sandbox.errors import InputError, NotFound
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
from sandbox.rpc.wallet import MNEMONIC, Wallet, prefunded
from sandbox.running.cast import Member
from sandbox.running.guarded import guarded, parties
from sandbox.settings import Settings
from sandbox.storage.scratch import ScratchFile
from sandbox.submissions import Checked, find_manifest

ACCOUNTS: Final = 10
FUNDS: Final = BaseUnits(10_000 * 10**18)
"""Wei each account has at the start."""

GAS_LIMIT: Final = 30_000_000
FIRST_BASE_FEE: Final = 1_000_000_000
PATHS: Final = ("/", "/rpc")
_MOST_GENESIS: Final = 2**26
_MOST_BLOCKS: Final = 2**29
"""Bytes of a genesis, and of a chain, that are taken into memory."""

VERSION: Final = f"taishan/{__version__}"
DEV_VERSION: Final = f"anvil/taishan-{__version__}"
"""Hardhat's network helpers serve only nodes whose version begins with a name they know."""

Tell = Callable[[Told], None]


@dataclass(frozen=True, slots=True)
class Holder:
    """An account the node has the key of. party: who the supervisor takes it for, in words; empty without supervision."""

    address: str
    key: str
    party: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A node that answers. title: what it is. url: where. blocks: number of its head. mining: who makes blocks, in words.
    serve: answers until SIGINT or SIGTERM. accounts: those of `mnemonic`. pilot: whose limits hold, empty for nobody's."""

    title: str
    url: str
    chain_id: int
    blocks: int
    mining: str
    serve: Callable[[], None]
    accounts: tuple[Holder, ...] = ()
    mnemonic: str = ""
    pilot: str = ""


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
    checked = _checked(wanted, settings)
    with listening(host, port) as bound, closing(ScratchFile()) as scratch:
        chain, server, accounts = _fresh(wanted, checked, settings, tell, SpillingStore(scratch))

        def beat() -> None:
            with server.lock:
                chain.mine()

        if wanted.block_time is not None:
            chain.automine, chain.interval = False, wanted.block_time
        with Metronome(beat, lambda: chain.interval, chain.woken):
            pilot = "" if checked is None else checked.manifest.slug
            opened = _opened(server, bound, f"Taishan development node {__version__}", _mining(wanted.block_time))
            yield replace(opened, accounts=accounts, mnemonic=MNEMONIC, pilot=pilot)
        chain.engine.close()


def in_process(wanted: Development, settings: Settings, tell: Tell) -> tuple[Server, tuple[Holder, ...]]:
    """The same without a port, for clients in this process, and who its accounts are; nobody keeps time, so blocks come with
    transactions or when asked for. Raises InputError, SubmissionError."""
    _, server, accounts = _fresh(wanted, _checked(wanted, settings), settings, tell)
    return server, accounts


def _checked(wanted: Development, settings: Settings) -> Checked | None:
    return None if wanted.pilot is None else admitted(find_manifest(wanted.pilot), settings)


def _fresh(
    wanted: Development, checked: Checked | None, settings: Settings, tell: Tell, store: Store | None = None
) -> tuple[DevChain, Server, tuple[Holder, ...]]:
    wallet, start = Wallet(prefunded(ACCOUNTS)), _wall()
    engine = DevEngine(_genesis(wallet, wanted.chain_id, start), store=store, seconds=settings.transaction_seconds)
    ground, names = _ground(engine, checked, wallet, start)
    archive = engine.archive()
    chain = DevChain(engine, archive, ground, wallet, _wall, tell)
    node = Node(
        archive, chain, version=DEV_VERSION, now=lambda: chain.clock.next(engine.head.timestamp), returns=chain.returns
    )
    return chain, Server(node, methods={**METHODS, **DEVELOPMENT}), _holders(wallet, names)


@contextmanager
def imported(genesis: Path, blocks: Path | None, host: str, port: int) -> Iterator[Opened]:
    """A chain from a go-ethereum genesis and a file of RLP blocks, every block validated; transactions sent to it wait. Raises
    InputError, NotFound, MissingDependency."""
    with _within(genesis):
        chain = ImportedChain(_read(genesis, _MOST_GENESIS))
    if blocks is not None:
        with _within(blocks):
            chain.import_blocks(_read(blocks, _MOST_BLOCKS))
    with listening(host, port) as bound:
        server = Server(Node(chain, Pool(chain), version=VERSION), methods={**METHODS, **TESTING})
        yield _opened(server, bound, f"Taishan node {__version__}, an imported chain", "nobody makes blocks")


def _ground(engine: DevEngine, checked: Checked | None, wallet: Wallet, start: int) -> tuple[Ground, Mapping[str, str]]:
    """Where transactions take place, and who the accounts are."""
    if checked is None:
        return OpenGround(engine), {}
    assert isinstance(checked.decision, Admitted)
    limits = checked.decision.limits
    cast = parties(checked.manifest, limits, [one.address for one in wallet.accounts], FUNDS)
    ground = guarded(engine, checked.manifest, checked.artifacts, limits, cast, start)
    return ground, {member.address: _words(member) for member in cast.values()}


def _holders(wallet: Wallet, names: Mapping[str, str]) -> tuple[Holder, ...]:
    return tuple(Holder(checksummed(one.address), "0x" + one.key.hex(), names.get(one.address, "")) for one in wallet.accounts)


def _words(member: Member) -> str:
    actor = member.actor
    return f"role {actor.role}" if actor.role else f"client {actor.client}, {actor.client_class}, {actor.jurisdiction}"


def _mining(block_time: float | None) -> str:
    return "a block for each transaction" if block_time is None else f"a block every {block_time:g} s"


def _opened(server: Server, bound: socket, title: str, mining: str) -> Opened:
    host, port = bound.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    archive, app = server.node.archive, create_app(only(server), PATHS, from_pages=True)
    return Opened(title, url, archive.chain_id, archive.head.number, mining, lambda: serve(app, bound))


def _genesis(wallet: Wallet, chain_id: int, start: int) -> Genesis:
    alloc = {one.address: Account(balance=FUNDS) for one in wallet.accounts}
    alloc[ZERO_ADDRESS] = Account(balance=BaseUnits(1))  # an empty coinbase would be wiped and made again every time
    return Genesis(start, alloc, chain_id, GAS_LIMIT, FIRST_BASE_FEE)


def _wall() -> int:
    return int(time.time())


def _read(path: Path, most: int) -> bytes:
    """A file of at most so many bytes."""
    if not path.is_file():
        raise NotFound("there is no such file", do="give the path of a file that is there")
    try:
        if path.stat().st_size > most:
            raise InputError(f"the file is larger than {most:,} bytes", do="export fewer blocks")
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"the file cannot be read: {reason}", do="see who may read it") from error
    if not raw:
        raise InputError("the file is empty", do="export it again")
    return raw


@contextmanager
def _within(path: Path) -> Iterator[None]:
    """Errors say that they are about this file."""
    try:
        yield
    except InputError as error:
        error.where = str(path) if error.where is None else f"{path}, {error.where}"
        raise
