"""Tests nobody here wrote: with supervision on, exactly the same ones pass as on py-evm itself."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "blockchain-tests"
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
    pytest.mark.skipif(not FILES, reason="../shared/conformance/blockchain-tests is not here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@cache
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
        pytest.param(path, id=f"{path.parent.name}/{path.stem}", marks=[pytest.mark.slow] if path.stem in SLOW else [])
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
