"""The registry contract on the shared chain: it says what the files say, however often and from wherever it is told, and its
transactions and the log's entries come together or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.cases.registry import OnChain
from sandbox.cases.shared_chain import KEY_FILE
from sandbox.domain.standing import State
from sandbox.errors import Conflict, EngineError, NotFound
from sandbox.onchain.registry import PilotRegistry
from sandbox.service import Sandbox
from sandbox.storage.logs import LogRepository
from tests.cases.stage import REGULATOR, SLUG, Stage

KINDS = ("registry_deployed", "registry_written", "log_anchored")


def logged(stage: Stage) -> list[dict[str, Any]]:
    """The sandbox's own log."""
    with stage.sandbox._database.read() as connection:
        return [json.loads(one.body) for one in LogRepository(connection).entries("sandbox")]


def told(stage: Stage, *kinds: str) -> list[dict[str, Any]]:
    """What the log tells of the registry."""
    return [entry for entry in logged(stage) if entry["type"] in (kinds or KINDS)]


def shown(stage: Stage) -> OnChain:
    """What the contract says of the pilot."""
    found = stage.sandbox.on_chain(SLUG)
    assert found is not None
    return found


def height(stage: Stage) -> int:
    with stage.sandbox.chains.use() as chain:
        return chain.head.number


@pytest.fixture
def submitted(stage: Stage) -> Stage:
    """A sandbox whose pilot was handed in, and whose registry says so."""
    stage.submit()
    assert stage.sandbox.sync_registry() == [SLUG]
    return stage


# --- what it says


def test_a_pilot_that_was_handed_in_is_on_the_chain_once_the_registry_is_told(stage: Stage) -> None:
    stage.submit()
    assert stage.sandbox.on_chain(SLUG) is None
    assert stage.sandbox.chains.names() == [], "asking makes no chain"
    assert stage.sandbox.sync_registry() == [SLUG]
    row, found = stage.sandbox.pilot(SLUG).row, shown(stage)
    assert found.current and found.block == 2, "after the deployment"
    assert (found.entry.firm, found.entry.status) == (row.firm, State.SUBMITTED)
    assert (found.entry.manifest_hash, found.entry.limits_hash) == ("0x" + row.manifest_hash, "0x" + row.limits_hash)


def test_each_transaction_is_told_of_in_the_log_with_its_block(submitted: Stage) -> None:
    deployed, written = told(submitted)
    assert (deployed["type"], written["type"], written["pilot"]) == ("registry_deployed", "registry_written", SLUG)
    assert deployed["address"] == written["address"] == shown(submitted).address
    with submitted.sandbox.chains.use() as chain:
        for entry in (deployed, written):
            block = chain.block(entry["block"])
            assert entry["block_hash"] == "0x" + block.hash.hex()
            assert [entry["transaction"]] == ["0x" + one.hex() for one in block.transactions]


def test_telling_it_again_writes_nothing(submitted: Stage) -> None:
    before = height(submitted), len(logged(submitted))
    assert submitted.sandbox.sync_registry() == submitted.sandbox.sync_registry(SLUG) == []
    assert (height(submitted), len(logged(submitted))) == before


def test_a_move_is_told_and_a_mentor_changes_nothing(submitted: Stage) -> None:
    submitted.go("under_review")
    assert not shown(submitted).current, "it lags until it is told"
    assert submitted.sandbox.sync_registry(SLUG) == [SLUG]
    assert (shown(submitted).entry.status, shown(submitted).current) == (State.UNDER_REVIEW, True)
    submitted.act("assign_mentor", REGULATOR, mentor="sun")
    assert submitted.sandbox.sync_registry(SLUG) == []


def test_a_pause_shows_and_its_end_and_a_cap(stage: Stage) -> None:
    stage.active()
    for act, paused in (("pause", True), ("resume", False)):
        stage.act(act, REGULATOR, reason="as ordered")
        assert stage.sandbox.sync_registry(SLUG) == [SLUG]
        assert (shown(stage).entry.paused, shown(stage).entry.status) == (paused, State.ACTIVE)
    limits = shown(stage).entry.limits_hash
    stage.act("cap_down", REGULATOR, limit="max_clients", value=2, reason="caution")
    assert stage.sandbox.sync_registry() == [SLUG]
    assert shown(stage).entry.limits_hash != limits


def test_each_stage_of_a_test_has_its_limits_on_the_chain(stage: Stage) -> None:
    stage.active()
    stage.sandbox.sync_registry()
    first = shown(stage).entry
    stage.agree("active")
    assert stage.sandbox.sync_registry() == [SLUG]
    assert shown(stage).entry.limits_hash != first.limits_hash
    assert (shown(stage).entry.status, shown(stage).entry.code_hash) == (first.status, first.code_hash)


def test_a_pilot_that_is_not_there_is_told_so(submitted: Stage) -> None:
    for ask in (submitted.sandbox.on_chain, submitted.sandbox.sync_registry):
        with pytest.raises(NotFound, match="no pilot 'nobody'"):
            ask("nobody")


def test_without_any_pilot_there_is_nothing_to_tell_and_no_chain(stage: Stage) -> None:
    assert stage.sandbox.sync_registry() == [] == stage.sandbox.chains.names()


# --- anchors


def test_a_checkpoint_anchors_the_log_once_and_again_when_something_was_added(submitted: Stage) -> None:
    first = submitted.sandbox.checkpoint()
    size, root = len(logged(submitted)) - 1, told(submitted, "log_anchored")[0]["root"]
    assert (first.anchor.size, "0x" + first.anchor.root.hex()) == (size, root)
    assert first.note.splitlines()[1] == str(size), "the note is of what was anchored"
    again = submitted.sandbox.checkpoint()
    assert again.anchor == first.anchor and len(told(submitted, "log_anchored")) == 1
    submitted.go("under_review")
    later = submitted.sandbox.checkpoint()
    assert shown(submitted).entry.status is State.UNDER_REVIEW, "pilots are told first"
    assert [one["size"] for one in told(submitted, "log_anchored")] == [size, later.anchor.size]
    assert submitted.sandbox.verify_logs()[-1].endswith("1 pilots, 2 anchors")


def test_a_sandbox_without_pilots_has_its_log_anchored_too(stage: Stage) -> None:
    assert stage.sandbox.checkpoint().anchor.size == 1, "the deployment is all there is"
    assert stage.sandbox.verify_logs()[-1].endswith("0 pilots, 1 anchors")


# --- whatever happens in between


@pytest.mark.parametrize("moment", ["before the block", "with the block"])
def test_what_breaks_off_in_the_middle_leaves_nothing_and_the_next_time_the_rest_is_told(
    submitted: Stage, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted.go("under_review")
    before = height(submitted), logged(submitted)
    name = "record" if moment == "before the block" else "_tell"
    whole = getattr(PilotRegistry, name)

    def broken(*args: Any) -> None:
        if moment == "with the block":
            whole(*args)  # the entry is in the transaction already
        raise EngineError("the power went off")

    with monkeypatch.context() as patched:
        patched.setattr(PilotRegistry, name, broken)
        with pytest.raises(EngineError, match="power went off"):
            submitted.sandbox.sync_registry()
    assert (height(submitted), logged(submitted)) == before
    assert submitted.sandbox.sync_registry() == [SLUG]
    assert shown(submitted).current
    submitted.sandbox.verify_logs()


def test_two_processes_tell_the_same_registry(submitted: Stage) -> None:
    home, settings = submitted.sandbox.home, submitted.sandbox.settings
    with Sandbox.open(settings, home, clock=submitted.clock) as other:
        assert other.sync_registry() == []
        for to, teller, asker in (("under_review", other, submitted.sandbox), ("rejected", submitted.sandbox, other)):
            submitted.go(to)
            assert teller.sync_registry() == [SLUG]
            found = asker.on_chain(SLUG)
            assert found is not None and (found.entry.status, found.current) == (State(to), True)
            assert asker.sync_registry() == []


def test_who_is_overtaken_by_another_process_looks_again(submitted: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted.go("under_review")
    whole, overtaken = PilotRegistry.record, list[bool]()

    def overtake(self: PilotRegistry, *args: Any) -> None:
        if not overtaken:
            overtaken.append(True)
            with Sandbox.open(submitted.sandbox.settings, submitted.sandbox.home, clock=submitted.clock) as other:
                other.sync_registry()
        whole(self, *args)

    monkeypatch.setattr(PilotRegistry, "record", overtake)
    assert submitted.sandbox.sync_registry() == [], "the other process has told it"
    assert overtaken and shown(submitted).current
    submitted.sandbox.verify_logs()


def test_the_contract_refuses_what_it_should_never_be_told(submitted: Stage) -> None:
    with submitted.sandbox._registry() as registry:
        with pytest.raises(Conflict, match=r"refuses: NothingChanged\(quick-loan\)"):
            registry.record(SLUG, shown(submitted).entry)
        registry.anchor("sandbox", 1, b"\x01" * 32)
        with pytest.raises(Conflict, match=r"refuses: LogNotGrown\(sandbox, 1, 1\)"):
            registry.anchor("sandbox", 1, b"\x02" * 32)
        with pytest.raises(Conflict, match="has acted on this chain before"):
            registry.deploy()


def test_without_its_key_the_registry_is_neither_told_nor_read(submitted: Stage) -> None:
    (submitted.sandbox.home / "keys" / KEY_FILE).unlink()
    for ask in (submitted.sandbox.sync_registry, submitted.sandbox.verify_logs, lambda: submitted.sandbox.on_chain(SLUG)):
        with pytest.raises(NotFound, match="key of this sandbox's chain is gone"):
            ask()


def test_a_registry_outlives_the_program(submitted: Stage) -> None:
    before = shown(submitted)
    submitted.sandbox.chains.close()
    with Sandbox.open(submitted.sandbox.settings, submitted.sandbox.home, clock=submitted.clock) as again:
        assert again.on_chain(SLUG) == before
        assert again.sync_registry() == []
