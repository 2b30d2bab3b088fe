"""A chain somebody else made: a go-ethereum genesis and a file of RLP blocks, every block validated as it comes in."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import rlp
from eth._utils.db import apply_state_dict
from eth.chains.base import Chain
from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth.rlp.headers import BlockHeader
from eth.vm.chain_context import ChainContext
from eth.vm.header import HeaderSedes
from rlp.codec import consume_length_prefix
from rlp.exceptions import RLPException

from sandbox.engines.pyevm.archive import PyEvmArchive
from sandbox.engines.pyevm.failures import translated
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.genesis_file import GenesisFile, read_genesis
from sandbox.engines.rlp_items import decoded
from sandbox.engines.wire import Header
from sandbox.errors import InputError, NotFound

_FIELD: Final = re.compile(r"- header\.(\w+):")


class ImportedChain(PyEvmArchive):
    """A chain of imported blocks, open to every question of an `Archive`.

    genesis: go-ethereum's JSON. store: key-value store for everything, in memory if None. Raises InputError.
    """

    def __init__(self, genesis: str | bytes, *, store: MutableMapping[bytes, bytes] | None = None) -> None:
        file = read_genesis(genesis)
        database = AtomicDB(MemoryDB(store))
        with translated("the genesis"):
            header = rlp.decode(file.header(_allocated(database, file)).raw, HeaderSedes)
            _chain(file.config, [(0, header.timestamp)]).from_genesis_header(database, header)
        super().__init__(database, file.config)

    def import_blocks(self, raw: bytes) -> int:
        """Add the blocks of an RLP file, one after the other. Returns how many.

        Everything the rules of the block's fork ask for is checked, except the proof of work. Blocks up to the first bad
        one stay, those that are known already are passed over. Raises InputError that names the block.
        """
        blocks = list(split_blocks(raw))
        headers = [_header(block, at) for at, block in enumerate(blocks, 1)]
        known = [(number, self.header(number).timestamp) for number in range(self.head.number + 1)]
        places = [*known, *((one.number, one.timestamp) for one in headers)]
        chain = _chain(self.config, places)(self.database)
        logging.getLogger("eth.chain").setLevel(logging.ERROR)  # what it would warn of, the error says
        added = 0
        for block, header in zip(blocks, headers, strict=True):
            if self._follows(header):
                machine = self.config.importing(header.number, header.timestamp)
                with _refused(header.number), translated(f"block {header.number}"):
                    chain.import_block(rlp.decode(block, machine.get_block_class()))
                added += 1
        self.forget()
        return added

    def _follows(self, header: Header) -> bool:
        """False for a block that is in the chain. Raises InputError if it cannot come next."""
        head = self.head
        try:
            return self.header(header.hash).hash != header.hash
        except NotFound:
            pass
        if (header.number, header.parent_hash) == (head.number + 1, head.hash):
            return True
        what = f"block {header.number} does not stand on block {head.number}, 0x{head.hash.hex()}"
        raise InputError(what, where=f"parent 0x{header.parent_hash.hex()}", do="hand in all blocks of the genesis' own chain")


def split_blocks(raw: bytes) -> Iterator[bytes]:
    """The blocks of a file that holds one after the other. Raises InputError."""
    at = 0
    while at < len(raw):
        try:
            _, _, length, start = consume_length_prefix(raw, at)
        except (RLPException, IndexError) as error:
            raise InputError(f"byte {at} does not start a block", do="hand in blocks in RLP, one after the other") from error
        if start + length > len(raw):
            raise InputError("the last block is cut off", where=f"byte {at}", do="export the chain again")
        yield raw[at : start + length]
        at = start + length


def _header(block: bytes, place: int) -> Header:
    do = "hand in blocks in RLP, one after the other, as `geth export` writes them"
    try:
        parts = decoded(block, "it")
        if parts and not isinstance(parts[0], bytes):
            return Header.of(parts[0])
    except (InputError, RecursionError) as error:
        what = error.what if isinstance(error, InputError) else "it is nested too deeply"
        raise InputError(f"item {place} of the file is no block: {what}", do=do) from error
    raise InputError(f"item {place} of the file is no block: it does not begin with a header", do=do)


@contextmanager
def _refused(number: int) -> Iterator[None]:
    """py-evm's long comparison of two blocks, in a few words."""
    try:
        yield
    except InputError as error:
        wrong = sorted(set(_FIELD.findall(error.what)))
        plain = error.what.removeprefix(f"no block could hold block {number}: ")
        reason = f"it does not have the {', '.join(wrong)} that follows from it" if wrong else plain
        what = f"block {number} does not hold: {reason}"
        raise InputError(what, do="export the chain again, from a node that has validated it") from error


def _chain(config: ChainConfig, places: Sequence[tuple[int, int]]) -> Any:
    """py-evm's chain for these blocks (number, time). py-evm chooses rules by number alone, so forks that start at a time
    get the number of the first block that is not before it."""
    machines: list[tuple[int, Any]] = []
    for number, timestamp in places:
        machine = config.importing(number, timestamp)
        if not machines or machines[-1][1] is not machine:
            machines.append((number, machine))
    return Chain.configure(__name__="ImportingChain", vm_configuration=tuple(machines), chain_id=config.chain_id)


def _allocated(database: AtomicDB, file: GenesisFile) -> bytes:
    machine = file.config.importing(0, 0)
    nothing = BlockHeader(difficulty=0, block_number=-1, gas_limit=0)
    state = machine.build_state(database, nothing, ChainContext(file.config.chain_id))
    apply_state_dict(state, {where: dict(account) for where, account in file.alloc.items()})
    state.persist()
    return bytes(state.state_root)
