"""Tests nobody here wrote: with supervision on, exactly the same ones pass as on py-evm itself."""

from __future__ import annotations

import json
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

CONFORMANCE = Path(__file__).resolve().parents[3] / "shared" / "conformance"
FOLDER = CONFORMANCE / "blockchain-tests"
OFFICIAL_CHAIN = CONFORMANCE / "execution-apis"
NETWORKS = ("Shanghai", "Cancun", "Prague")
SLOW = frozenset(  # deep recursion or tens of thousands of calls: more than two seconds each on py-evm itself
    {
        "Create2Recursive",
        "static_Call1024PreCalls",
        "static_Call1024PreCalls2",
        "static_Call1024PreCalls3",
        "static_Call1MB1024Calldepth",
        "static_Call50000_rip160",
        "static_CallRecursiveBombPreCall2",
    }
)
FILES = sorted(FOLDER.rglob("*.json")) if FOLDER.is_dir() else []

pytestmark = [
    pytest.mark.skipif(not FILES, reason="../shared/conformance is not here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@lru_cache(maxsize=None)
def machine(network: str, watched: bool) -> Any:
    from eth.vm import forks

    from sandbox.engines.pyevm.supervised import supervised

    plain = getattr(forks, f"{network}VM")
    return supervised(plain) if watched else plain


def passes(fixture: dict[str, Any], watched: bool) -> bool:
    """Whether the fixture's blocks import (or are refused) as it says, and leave the state it says."""
    from eth.chains.base import Chain
    from eth.db.atomic import AtomicDB
    from eth.exceptions import PyEVMError
    from eth.tools.fixtures.helpers import apply_fixture_block_to_chain, genesis_params_from_fixture
    from eth_utils.exceptions import ValidationError
    from rlp.exceptions import RLPException

    chain = Chain.configure(
        __name__="Conforming", vm_configuration=((0, machine(fixture["network"], watched)),), chain_id=1
    ).from_genesis(AtomicDB(), genesis_params_from_fixture(fixture), fixture["pre"])
    for block in fixture["blocks"]:
        refused = "blockHeader" not in block
        try:
            apply_fixture_block_to_chain(block, chain)
        except (ValidationError, PyEVMError, RLPException, TypeError):
            if not refused:
                return False
        else:
            if refused:
                return False
    return bool(chain.get_canonical_head().hash == fixture["lastblockhash"])


def cases() -> list[Any]:
    return [
        pytest.param(
            path, id=f"{path.parent.name}/{path.stem}", marks=[pytest.mark.slow] if path.stem in SLOW else []
        )
        for path in FILES
    ]


@pytest.mark.parametrize("file", cases())
def test_supervision_changes_no_outcome(file: Path) -> None:
    from eth.tools._utils.normalization import normalize_blockchain_fixtures

    tried = 0
    for name, raw in json.loads(file.read_text()).items():
        if raw.get("network") in NETWORKS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fixture = normalize_blockchain_fixtures(raw)
                assert passes(fixture, watched=True) == passes(fixture, watched=False), name
            tried += 1
    if not tried:
        pytest.skip("no test of these forks in the file")


def test_the_official_prague_chain_imports_under_supervision_up_to_its_head() -> None:
    import rlp
    from eth.chains.base import Chain
    from eth.db.atomic import AtomicDB
    from eth.vm.forks.prague.blocks import PragueBlock

    described = json.loads((OFFICIAL_CHAIN / "genesis.json").read_text())
    wanted = json.loads((OFFICIAL_CHAIN / "headfcu.json").read_text())["params"][0]["headBlockHash"]
    state = {bytes.fromhex(address[-40:]): account_of(written) for address, written in described["alloc"].items()}
    params = {
        "coinbase": bytes.fromhex(described["coinbase"][2:]),
        "difficulty": 0,
        "gas_limit": int(described["gasLimit"], 16),
        "timestamp": int(described["timestamp"], 16),
        "extra_data": bytes.fromhex(described["extraData"][2:]),
        "nonce": int(described["nonce"], 16).to_bytes(8, "big"),
        "mix_hash": bytes.fromhex(described["mixHash"][2:]),
        "base_fee_per_gas": int(described["baseFeePerGas"], 16),
    }
    chain = Chain.configure(
        __name__="Official",
        vm_configuration=((0, machine("Prague", True)),),
        chain_id=described["config"]["chainId"],
    ).from_genesis(AtomicDB(), params, state)
    encoded, at = (OFFICIAL_CHAIN / "chain.rlp").read_bytes(), 0
    while at < len(encoded):
        _, _, _, end = rlp.codec.consume_length_prefix(encoded, at)
        length = rlp.codec.consume_length_prefix(encoded, at)[2]
        block = rlp.decode(encoded[at : end + length], PragueBlock)
        if block.number:
            chain.import_block(block, perform_validation=True)
        at = end + length
    assert "0x" + chain.get_canonical_head().hash.hex() == wanted


def account_of(written: dict[str, Any]) -> dict[str, Any]:
    return {
        "balance": int(written.get("balance", "0x0"), 16),
        "nonce": int(written.get("nonce", "0x0"), 16),
        "code": bytes.fromhex(written.get("code", "0x")[2:]),
        "storage": {int(slot, 16): int(value, 16) for slot, value in written.get("storage", {}).items()},
    }
