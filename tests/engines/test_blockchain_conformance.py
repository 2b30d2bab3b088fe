"""Tests nobody here wrote: with supervision on and all limits unset, exactly the same ones pass as on py-evm itself, with the
same state roots. On means all of it: every transaction of every block goes through effects, judging and the book."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.chain.observe import Observer
from sandbox.domain.book import Book
from sandbox.domain.effects import Reverted, Standard
from sandbox.domain.limits import CATALOGUE, Limit, LimitSet, Mode, Required
from sandbox.domain.policy import AssetRule, Orders, Party, PartyKind, Policy
from sandbox.domain.supervision import Allow, judge
from sandbox.domain.units import ZERO_ADDRESS, Address, Value
from sandbox.engines.base import Execution

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


@dataclass
class Supervisor:
    """Everything the sandbox does about a transaction besides running it: effects, verdict, book. judged: how many."""

    policy: Policy
    book: Book
    observer: Observer
    judged: int = 0

    def see(self, execution: Execution, block: int, timestamp: int) -> None:
        """Judge what was executed; no limit is set, so no verdict but `Allow` is right."""
        reverted = None if execution.error is None else Reverted(execution.error)
        effects = self.observer.observe(execution, block, timestamp, reverted, None)
        judgement = judge(self.policy, self.book, effects)
        assert (judgement.verdict, judgement.findings, judgement.warnings) == (Allow(), (), ())
        self.book.apply(judgement.draft)
        self.judged += 1


def supervisor(accounts: Iterable[bytes]) -> Supervisor:
    """Supervision on with all limits unset: 38 rows without a bound but one, which orders nothing, since a set of limits that
    holds no bound at all is refused. Every account is a client of its own and a token, so that whatever moves is counted."""
    rows = {spec.id: Limit(spec.id, None, Mode.ENFORCE, "unset", "design") for spec in CATALOGUE}
    rows["supervisory_order"] = replace(rows["supervisory_order"], bound=Required(True))
    people = [Address(f"0x{account.hex()}") for account in accounts]
    observer = Observer()
    assets = {ZERO_ADDRESS: AssetRule("ether", ZERO_ADDRESS, Standard.NATIVE, Value(1), "other")}
    for one in people:
        observer.watch_asset(one, Standard.ERC20)
        assets[one] = AssetRule(one, one, Standard.ERC20, Value(1), "other")
    policy = Policy(
        limits=LimitSet("UnsafeNoLimits", "CNY", rows),
        parties={one: Party(PartyKind.CLIENT, f"C-{one}") for one in people},
        approved={},
        roles={},
        start=0,
        assets=assets,
    )
    return Supervisor(policy, Book(), observer)


@cache
def machine(network: str) -> Any:
    """(py-evm's own virtual machine, the supervised one)."""
    from eth.vm import forks

    from sandbox.engines.pyevm.supervised import supervised

    plain = getattr(forks, f"{network}VM")
    return plain, supervised(plain)


def judging(watched: Any, by: Supervisor) -> Any:
    """The supervised machine, which shows the supervisor each transaction of a block."""
    from sandbox.engines.pyevm.effects import execution_of
    from sandbox.engines.pyevm.supervised import Watch
    from sandbox.engines.pyevm.transactions import Signed

    def apply_transaction(self: Any, header: Any, transaction: Any) -> Any:
        watch = self.state.watch = Watch()
        receipt, computation = watched.apply_transaction(self, header, transaction)
        signed = Signed(transaction, transaction.encode(), transaction.hash, transaction.sender)
        gas_used = self.finalize_gas_used(transaction, computation)
        by.see(execution_of(signed, computation, watch, gas_used, 0), header.block_number, header.timestamp)
        return receipt, computation

    return type("JudgingVM", (watched,), {"apply_transaction": apply_transaction})


def outcome(fixture: dict[str, Any], vm: Any) -> tuple[bool, bytes]:
    """Whether the fixture's blocks import (or are refused) as it says and leave the head it says, and the state root left."""
    from eth.chains.base import Chain
    from eth.db.atomic import AtomicDB
    from eth.exceptions import PyEVMError
    from eth.tools.fixtures.helpers import apply_fixture_block_to_chain, genesis_params_from_fixture
    from eth_utils.exceptions import ValidationError
    from rlp.exceptions import RLPException

    chain = Chain.configure(__name__="Conforming", vm_configuration=((0, vm),), chain_id=1).from_genesis(
        AtomicDB(), genesis_params_from_fixture(fixture), fixture["pre"]
    )
    passed = True
    for block in fixture["blocks"]:
        refused = "blockHeader" not in block
        try:
            apply_fixture_block_to_chain(block, chain)
        except (ValidationError, PyEVMError, RLPException, TypeError):
            passed = passed and refused
        else:
            passed = passed and not refused
    head = chain.get_canonical_head()
    return passed and bool(head.hash == fixture["lastblockhash"]), bytes(head.state_root)


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
                plain, watched = machine(fixture["network"])
                seer = supervisor(fixture["pre"])
                assert outcome(fixture, judging(watched, seer)) == outcome(fixture, plain), name
                valid = [block for block in raw["blocks"] if "blockHeader" in block]
                assert seer.judged >= sum(len(block.get("transactions", ())) for block in valid)
            tried += 1
    if not tried:
        pytest.skip("no test of these forks in the file")


def test_the_supervisor_of_these_tests_would_be_heard() -> None:
    """A comparison that could not fail would compare nothing: the same fixtures under an order that pauses the pilot."""
    from eth.tools._utils.normalization import normalize_blockchain_fixtures

    file = next(path for path in FILES if path.stem not in SLOW)
    raw = next(one for one in json.loads(file.read_text()).values() if one.get("network") in NETWORKS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fixture = normalize_blockchain_fixtures(raw)
        seer = supervisor(fixture["pre"])
        seer.policy = replace(seer.policy, orders=Orders(paused=True))
        with pytest.raises(AssertionError, match="supervisory_order"):
            outcome(fixture, judging(machine(fixture["network"])[1], seer))
