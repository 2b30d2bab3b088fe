"""The registry contract: what it holds, who may write it, and that what was anchored stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from eth_hash.auto import keccak
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.domain.artifact import from_json
from sandbox.domain.standing import State
from sandbox.domain.units import ZERO_ADDRESS
from tests.contracts.bench import ROOT, Bench, Instance, Reverted, build

SOURCE = build("contracts/supervision", "PilotRegistry.sol")["PilotRegistry"]
SLUG, OTHER, LOG = "quick-loan", "sme-equity", "sandbox"
CODE, MANIFEST, LIMITS, ROOT_HASH = (bytes([number]) * 32 for number in range(1, 5))
SUBMITTED, ACTIVE, SUSPENDED = 1, 5, 7
NOTHING = bytes(32)


def entry(**changes: Any) -> tuple[Any, ...]:
    plain = {"firm": "某某科技", "code": CODE, "manifest": MANIFEST, "limits": LIMITS, "status": SUBMITTED, "paused": False}
    return tuple((plain | changes).values())


class Office:
    """A registry whose supervisor is not the account that deployed it."""

    def __init__(self, bench: Bench) -> None:
        self.supervisor, self.stranger = bench.people[1], bench.people[2]
        self.registry: Instance = bench.deploy(SOURCE, self.supervisor)

    def record(self, slug: str = SLUG, *, by: str | None = None, **changes: Any) -> list[Any]:
        return self.registry.send(by or self.supervisor, "record", slug, entry(**changes))

    def anchor(self, size: int, root: bytes = ROOT_HASH, log: str = LOG, *, by: str | None = None) -> list[Any]:
        return self.registry.send(by or self.supervisor, "anchor", log, size, root)

    def refused(self, error: str, *values: Any) -> Any:
        return pytest.raises(Reverted, check=lambda raised: (raised.error, raised.values) == (error, values))

    @property
    def names(self) -> list[str]:
        return [self.registry.view("pilotAt", at) for at in range(self.registry.view("pilotCount"))]


@pytest.fixture
def office(bench: Bench) -> Office:
    return Office(bench)


def test_what_is_shipped_compiled_is_what_the_compiler_makes_of_the_source() -> None:
    shipped = (ROOT / "sandbox" / "data" / "PilotRegistry.json").read_text(encoding="utf-8")
    assert from_json(shipped) == SOURCE, "run make contracts"


def test_a_status_of_the_contract_is_a_state_of_the_life_cycle_by_its_place() -> None:
    source = (ROOT / "contracts" / "supervision" / "PilotRegistry.sol").read_text(encoding="utf-8")
    names = source.partition("enum Status {")[2].partition("}")[0].replace(",", " ").split()
    assert [name.lower() for name in names] == [state.value.replace("_", "") for state in State]


# --- pilots


def test_a_recorded_pilot_is_read_back_with_the_block_it_was_written_in(office: Office) -> None:
    (told,) = office.record()
    expected = {"id": keccak(SLUG.encode()), "pilot": SLUG, "entry": entry()}
    assert (told.name, told.args) == ("PilotRecorded", expected)
    first, written = office.registry.view("entryOf", SLUG)
    assert first == entry()
    office.record(status=ACTIVE, paused=True)
    assert office.registry.view("entryOf", SLUG) == [entry(status=ACTIVE, paused=True), written + 1]
    assert office.names == [SLUG], "a pilot that changes is not another one"


def test_pilots_are_listed_in_the_order_in_which_they_came(office: Office) -> None:
    office.record(OTHER)
    office.record(SLUG)
    office.record(OTHER, status=SUSPENDED)
    assert office.names == [OTHER, SLUG]


@pytest.mark.parametrize(
    "changes", [{"firm": "另一家"}, {"code": LIMITS}, {"manifest": CODE}, {"limits": CODE}, {"status": 5}, {"paused": True}]
)
def test_whatever_differs_can_be_recorded_and_what_does_not_is_refused(office: Office, changes: dict[str, Any]) -> None:
    office.record()
    with office.refused("NothingChanged", SLUG):
        office.record()
    office.record(**changes)
    assert office.registry.view("entryOf", SLUG)[0] == entry(**changes)


def test_a_pilot_without_a_name_a_firm_or_a_hash_is_refused(office: Office) -> None:
    for slug, changes in (("", {}), (SLUG, {"firm": ""})):
        with office.refused("NameMissing"):
            office.record(slug, **changes)
    for missing in ("code", "manifest", "limits"):
        with office.refused("HashMissing", SLUG):
            office.record(**{missing: NOTHING})
    assert office.names == []


def test_a_status_that_is_none_is_refused(office: Office) -> None:
    with pytest.raises(Reverted):
        office.record(status=len(State))
    office.record(status=len(State) - 1)


def test_of_a_pilot_nobody_recorded_nothing_is_told(office: Office) -> None:
    with office.refused("UnknownPilot", SLUG):
        office.registry.view("entryOf", SLUG)


# --- anchors


def test_anchors_are_read_back_in_order_each_log_by_itself(office: Office) -> None:
    (told,) = office.anchor(5)
    assert (told.name, told.args) == (
        "LogAnchored",
        {"id": keccak(LOG.encode()), "log": LOG, "size": 5, "root": ROOT_HASH},
    )
    office.anchor(9, CODE)
    office.anchor(1, LIMITS, "another")
    view = office.registry.view
    assert [view("anchorAt", LOG, at)[:2] for at in range(view("anchorCount", LOG))] == [(ROOT_HASH, 5), (CODE, 9)]
    assert view("anchorAt", "another", 0)[:2] == (LIMITS, 1)


@pytest.mark.parametrize("size", [0, 4, 5])
def test_a_log_that_has_not_grown_is_not_anchored_again(office: Office, size: int) -> None:
    office.anchor(5)
    with office.refused("LogNotGrown", LOG, 5, size):
        office.anchor(size, CODE)
    office.anchor(6, CODE)
    assert office.registry.view("anchorAt", LOG, 0)[:2] == (ROOT_HASH, 5), "the first stands as it was"


def test_an_empty_log_a_log_without_root_and_one_without_name_are_refused(office: Office) -> None:
    with office.refused("LogNotGrown", LOG, 0, 0):
        office.anchor(0)
    with office.refused("RootMissing", LOG):
        office.anchor(1, NOTHING)
    with office.refused("NameMissing"):
        office.anchor(1, log="")


def test_an_anchor_that_is_not_there_is_told_so(office: Office) -> None:
    office.anchor(5)
    with office.refused("UnknownAnchor", LOG, 1, 1):
        office.registry.view("anchorAt", LOG, 1)


# --- who may write


def test_nobody_but_the_supervisor_writes_not_even_who_deployed_it(office: Office, bench: Bench) -> None:
    assert office.registry.view("supervisor") == office.supervisor
    for who in (office.stranger, bench.people[0]):
        with office.refused("NotSupervisor", who, office.supervisor):
            office.record(by=who)
        with office.refused("NotSupervisor", who, office.supervisor):
            office.anchor(1, by=who)


def test_a_registry_without_a_supervisor_is_not_deployed(bench: Bench) -> None:
    with pytest.raises(Reverted, match="SupervisorMissing"):
        bench.deploy(SOURCE, ZERO_ADDRESS)


# --- whatever anybody does


class RegistryMachine(RuleBasedStateMachine):
    """Anybody tries anything; a mirror says what passes, and that what was anchored stays."""

    @initialize()
    def found(self) -> None:
        self.office = Office(Bench())
        self.pilots: dict[str, tuple[Any, ...]] = {}
        self.anchors: dict[str, list[tuple[bytes, int]]] = {LOG: [], "other": []}

    @rule(
        supervised=st.integers(0, 3).map(bool),
        slug=st.sampled_from(["", SLUG, OTHER]),
        limits=st.sampled_from([NOTHING, LIMITS, CODE]),
        status=st.integers(0, len(State)),
    )
    def record(self, supervised: bool, slug: str, limits: bytes, status: int) -> None:
        wanted = entry(limits=limits, status=status)
        fine = bool(slug) and limits != NOTHING and status < len(State) and self.pilots.get(slug) != wanted
        if self.attempt(supervised and fine, supervised, "record", slug, wanted):
            self.pilots[slug] = wanted

    @rule(
        supervised=st.integers(0, 3).map(bool),
        log=st.sampled_from([LOG, "other"]),
        size=st.integers(0, 12),
        root=st.sampled_from([NOTHING, CODE, LIMITS]),
    )
    def anchor(self, supervised: bool, log: str, size: int, root: bytes) -> None:
        known = self.anchors[log]
        fine = root != NOTHING and size > (known[-1][1] if known else 0)
        if self.attempt(supervised and fine, supervised, "anchor", log, size, root):
            known.append((root, size))

    @invariant()
    def the_registry_agrees(self) -> None:
        view = self.office.registry.view
        assert self.office.names == list(self.pilots)
        assert {slug: view("entryOf", slug)[0] for slug in self.pilots} == self.pilots
        for log, known in self.anchors.items():
            assert [view("anchorAt", log, at)[:2] for at in range(view("anchorCount", log))] == known
            assert sorted({size for _, size in known}) == [size for _, size in known]

    def attempt(self, allowed: bool, supervised: bool, function: str, *args: Any) -> bool:
        sender = self.office.supervisor if supervised else self.office.stranger
        try:
            self.office.registry.send(sender, function, *args)
        except Reverted as refused:
            assert not allowed, f"{function}{args} should have passed, but: {refused}"
            return False
        assert allowed, f"{function}{args} should have been refused"
        return True


TestRegistryMachine = RegistryMachine.TestCase
TestRegistryMachine.settings = settings(max_examples=8, stateful_step_count=15, deadline=None, derandomize=True)
