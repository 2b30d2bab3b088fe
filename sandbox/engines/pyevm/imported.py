"""A chain somebody else made: a go-ethereum genesis and a file of RLP blocks, every block validated as it comes in."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

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
from sandbox.errors import InputError


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
        one stay. Raises InputError that names the block.
        """
        blocks = list(split_blocks(raw))
        headers = list(map(_header, blocks))
        known = [(number, self.header(number).timestamp) for number in range(self.head.number + 1)]
        places = [*known, *((one.number, one.timestamp) for one in headers)]
        chain = _chain(self.config, places)(self.database)
        for block, header in zip(blocks, headers, strict=True):
            machine = self.config.importing(header.number, header.timestamp)
            with translated(f"block {header.number}"):
                chain.import_block(rlp.decode(block, machine.get_block_class()))
        self.forget()
        return len(blocks)


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


def _header(block: bytes) -> Header:
    parts = decoded(block, "a block")
    if not parts or isinstance(parts[0], bytes):
        raise InputError("a block does not begin with its header", do="hand in blocks in RLP, one after the other")
    return Header.of(parts[0])


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
