"""The rules in force at a time, as EIP-7910 describes them."""

from __future__ import annotations

from typing import Final

from sandbox.domain.units import Address
from sandbox.engines.archive import ForkRules
from sandbox.engines.pyevm.forks import ChainConfig

_PRECOMPILES: Final = (
    ("frontier", "ECREC", 0x01),
    ("frontier", "SHA256", 0x02),
    ("frontier", "RIPEMD160", 0x03),
    ("frontier", "ID", 0x04),
    ("byzantium", "MODEXP", 0x05),
    ("byzantium", "BN254_ADD", 0x06),
    ("byzantium", "BN254_MUL", 0x07),
    ("byzantium", "BN254_PAIRING", 0x08),
    ("istanbul", "BLAKE2F", 0x09),
    ("cancun", "KZG_POINT_EVALUATION", 0x0A),
    ("prague", "BLS12_G1ADD", 0x0B),
    ("prague", "BLS12_G1MSM", 0x0C),
    ("prague", "BLS12_G2ADD", 0x0D),
    ("prague", "BLS12_G2MSM", 0x0E),
    ("prague", "BLS12_PAIRING_CHECK", 0x0F),
    ("prague", "BLS12_MAP_FP_TO_G1", 0x10),
    ("prague", "BLS12_MAP_FP2_TO_G2", 0x11),
    ("osaka", "P256VERIFY", 0x100),
)
_CONTRACTS: Final = (
    ("cancun", "BEACON_ROOTS_ADDRESS", "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"),
    ("prague", "CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS", "0x0000bbddc7ce488642fb579f8b00f3a590007251"),
    ("prague", "HISTORY_STORAGE_ADDRESS", "0x0000f90827f1c53a10cb7a02335b175320002935"),
    ("prague", "WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", "0x00000961ef480eb55e80d19ad83579a64c007002"),
)
_DEPOSITS: Final = "DEPOSIT_CONTRACT_ADDRESS"
_FAR: Final = 2**63


def rules_at(config: ChainConfig, genesis: bytes, timestamp: int) -> tuple[ForkRules, ForkRules | None, ForkRules | None]:
    """Rules in force at a time, those that follow, and the last ones known (None if none follow). genesis: its hash."""
    starts = sorted(set(config.times.values()))
    current = max((start for start in starts if start <= timestamp), default=0)
    later = [start for start in starts if start > timestamp]
    described = [_described(config, genesis, start) for start in (current, *later[:1], *later[-1:])]
    return described[0], described[1] if later else None, described[-1] if later else None


def _described(config: ChainConfig, genesis: bytes, start: int) -> ForkRules:
    known = [fork for fork in (*config.blocks, *config.times) if config.times.get(fork, 0) <= start]

    def reached(fork: str) -> bool:
        return fork == "frontier" or fork in known or config.active(fork, _FAR, start)

    contracts = {name: Address(where) for fork, name, where in _CONTRACTS if reached(fork)}
    if reached("prague"):
        contracts[_DEPOSITS] = config.deposits
    return ForkRules(
        activation=start,
        blobs=config.blob_limits(start),
        fork_id=config.fork_id(genesis, start),
        precompiles={name: Address(f"0x{where:040x}") for fork, name, where in _PRECOMPILES if reached(fork)},
        contracts=contracts,
    )
