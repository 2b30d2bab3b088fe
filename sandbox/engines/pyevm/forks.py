"""Which rules hold when: the forks of a chain, by block number before the merge and by time after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

from eth.consensus import NoProofConsensus
from eth.vm.forks import (
    ArrowGlacierVM,
    BerlinVM,
    ByzantiumVM,
    CancunVM,
    ConstantinopleVM,
    FrontierVM,
    GrayGlacierVM,
    HomesteadVM,
    IstanbulVM,
    LondonVM,
    MuirGlacierVM,
    ParisVM,
    PetersburgVM,
    PragueVM,
    ShanghaiVM,
    SpuriousDragonVM,
    TangerineWhistleVM,
)

from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.engines.archive import BlobLimits
from sandbox.engines.pyevm.osaka import OsakaVM

MAINNET_DEPOSITS: Final = Address("0x00000000219ab540356cbb839cbe05303d7705fa")

FORKS: Final[tuple[tuple[str, str, Any], ...]] = (
    ("frontier", "", FrontierVM),
    ("homestead", "homesteadBlock", HomesteadVM),
    ("tangerine", "eip150Block", TangerineWhistleVM),
    ("spurious", "eip158Block", SpuriousDragonVM),
    ("byzantium", "byzantiumBlock", ByzantiumVM),
    ("constantinople", "constantinopleBlock", ConstantinopleVM),
    ("petersburg", "petersburgBlock", PetersburgVM),
    ("istanbul", "istanbulBlock", IstanbulVM),
    ("muirGlacier", "muirGlacierBlock", MuirGlacierVM),
    ("berlin", "berlinBlock", BerlinVM),
    ("london", "londonBlock", LondonVM),
    ("arrowGlacier", "arrowGlacierBlock", ArrowGlacierVM),
    ("grayGlacier", "grayGlacierBlock", GrayGlacierVM),
    ("paris", "mergeNetsplitBlock", ParisVM),
    ("shanghai", "shanghaiTime", ShanghaiVM),
    ("cancun", "cancunTime", CancunVM),
    ("prague", "pragueTime", PragueVM),
    ("osaka", "osakaTime", OsakaVM),
    ("bpo1", "bpo1Time", OsakaVM),
    ("bpo2", "bpo2Time", OsakaVM),
    ("bpo3", "bpo3Time", OsakaVM),
    ("bpo4", "bpo4Time", OsakaVM),
    ("bpo5", "bpo5Time", OsakaVM),
)
"""Name, key in a go-ethereum genesis's `config` (`...Block` a number, `...Time` unix seconds), py-evm's machine.
Prague validates the blocks of Osaka and later; the new opcode and precompile of Osaka are there to be called."""

_WITHOUT_RULES: Final = frozenset({"eip155Block"})
"""Keys of forks that come with another one and bring no rules of their own."""

_IMPORTING: Final = {OsakaVM: PragueVM}
_ORDER: Final = dict(zip((name for name, _, _ in FORKS), range(len(FORKS)), strict=True))
_MACHINES: Final = {name: machine for name, _, machine in FORKS}
DEFAULT_BLOBS: Final = {"cancun": BlobLimits(3, 6, 3_338_477), "prague": BlobLimits(6, 9, 5_007_716)}


@dataclass(frozen=True)
class ChainConfig:
    """A chain's id and forks. blocks, times: fork -> first block, or first time in unix seconds. blobs: by fork.

    deposits: the contract whose events are deposit requests (EIP-6110).
    """

    chain_id: int
    blocks: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)
    blobs: Mapping[str, BlobLimits] = field(default_factory=lambda: DEFAULT_BLOBS)
    deposits: Address = MAINNET_DEPOSITS

    @classmethod
    def all_prague(cls, chain_id: int) -> ChainConfig:
        """A chain under Prague rules from its first block on."""
        blocks = {name: 0 for name, key, _ in FORKS if key.endswith("Block")}
        return cls(chain_id, blocks, dict.fromkeys(("shanghai", "cancun", "prague"), 0))

    def fork(self, number: int, timestamp: int) -> str:
        """The last fork that is active in a block."""
        active = [name for name, first in self.blocks.items() if number >= first]
        active += [name for name, first in self.times.items() if timestamp >= first]
        return max(active, key=_ORDER.__getitem__, default="frontier")

    def active(self, fork: str, number: int, timestamp: int) -> bool:
        """True if a block is under the rules of `fork` (or later ones)."""
        return _ORDER[self.fork(number, timestamp)] >= _ORDER[fork]

    def machine(self, number: int, timestamp: int) -> Any:
        """py-evm's virtual machine for a block."""
        return unsealed(_MACHINES[self.fork(number, timestamp)])

    def importing(self, number: int, timestamp: int) -> Any:
        """The same for validating somebody's block: the latest rules py-evm itself knows."""
        machine = _MACHINES[self.fork(number, timestamp)]
        return unsealed(_IMPORTING.get(machine, machine))

    def blob_limits(self, timestamp: int) -> BlobLimits | None:
        """Blob limits at a time, None before Cancun."""
        active = [name for name, first in self.times.items() if timestamp >= first and name in self.blobs]
        return self.blobs[max(active, key=_ORDER.__getitem__)] if active else None

    def fork_id(self, genesis_hash: bytes, timestamp: int) -> bytes:
        """Checksum of the forks that are past at a time (EIP-2124)."""
        checksum = crc32(genesis_hash)
        passed = sorted({first for first in self.blocks.values() if first})
        passed += sorted({first for first in self.times.values() if first and first <= timestamp})
        for first in passed:
            checksum = crc32(first.to_bytes(8, "big"), checksum)
        return checksum.to_bytes(4, "big")


@lru_cache(maxsize=64)
def unsealed(machine: Any) -> Any:
    """The same machine, which asks for no proof of work and knows nothing of the DAO."""
    if issubclass(machine, ParisVM):
        return machine
    free = {"consensus_class": NoProofConsensus, "support_dao_fork": False, "_dao_fork_block_number": None}
    return type(f"Unsealed{machine.__name__}", (machine,), free)


def read_config(data: Mapping[str, Any]) -> ChainConfig:
    """`config` of a go-ethereum genesis. A chain whose terminal difficulty is 0 has merged at block 0. Raises ValueError for
    forks that are not known here: their blocks would be read by other rules than their own."""
    known = {key for _, key, _ in FORKS} | _WITHOUT_RULES
    unknown = sorted(key for key, at in data.items() if key.endswith(("Block", "Time")) and key not in known and at is not None)
    if unknown:
        raise ValueError(f"{unknown[0]} starts a fork that is not known here")
    blocks = {name: int(data[key]) for name, key, _ in FORKS if key.endswith("Block") and data.get(key) is not None}
    times = {name: int(data[key]) for name, key, _ in FORKS if key.endswith("Time") and data.get(key) is not None}
    merged = data.get("terminalTotalDifficulty") == 0 or data.get("terminalTotalDifficultyPassed")
    if merged and "paris" not in blocks:
        blocks["paris"] = 0
    limits = {
        name: BlobLimits(int(one["target"]), int(one["max"]), int(one["baseFeeUpdateFraction"]))
        for name, one in data.get("blobSchedule", {}).items()
    }
    deposits = Address(str(data.get("depositContractAddress", MAINNET_DEPOSITS)).lower())
    return ChainConfig(int(data["chainId"]), blocks, times, {**DEFAULT_BLOBS, **limits}, deposits or ZERO_ADDRESS)
