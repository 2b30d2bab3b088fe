"""While pilots are served, the registry on the chain is told of what transactions bring about, and of all else at both ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cases.serving import serving
from sandbox.domain.standing import State
from sandbox.service import Sandbox
from tests.cases.registry import ALICE, EQUITY, ISSUER, ROOT, activated, move
from tests.cases.test_residence import Stage, issue


@pytest.fixture
def stage(tmp_path: Path, compiled: Path) -> Stage:
    made = Stage(tmp_path, compiled)
    with made.sandbox() as sandbox:
        activated(sandbox, ROOT / "scenarios" / EQUITY)
    return made


def status(sandbox: Sandbox) -> tuple[State, bool, int]:
    """(what the chain says, whether the file says so too, the block it was written in)."""
    found = sandbox.on_chain(EQUITY)
    assert found is not None
    return found.entry.status, found.current, found.block


def test_a_suspension_by_a_transaction_is_on_the_chain_in_the_next_block(stage: Stage) -> None:
    told: list[str] = []
    with stage.sandbox() as sandbox:
        sandbox.sync_registry()
        assert status(sandbox) == (State.ACTIVE, True, 2)
        with sandbox.residences(lambda *_: None, lambda slug: told.extend(sandbox.sync_registry(slug))) as servers:
            client = stage.client_of(sandbox, servers, EQUITY)
            register = client.deployed()
            client.send(ISSUER, "REQ-1", **issue(register, ALICE, 10))
            assert told == [], "nothing that the registry tells of has changed"
            red = client.send(ISSUER, **issue(register, ALICE, 100))  # answers to no request
            assert told == [EQUITY]
            assert status(sandbox) == (State.SUSPENDED, True, red["blockNumber"] + 1)
            assert client.web3.eth.block_number == red["blockNumber"] + 1, "the pilot's clients see that block too"
            assert "supervisory_order" in client.refused(ISSUER, "REQ-2", **issue(register, ALICE, 1))
        assert any("registry" in line for line in sandbox.verify_logs())


def test_a_server_tells_the_registry_when_it_starts_and_when_it_stops(stage: Stage) -> None:
    with stage.sandbox() as sandbox:
        assert sandbox.on_chain(EQUITY) is None
        with serving(sandbox, "127.0.0.1", 0, lambda *_: None):
            assert status(sandbox)[:2] == (State.ACTIVE, True)
            with stage.sandbox() as elsewhere:
                move(elsewhere, EQUITY, "suspended")
            assert status(sandbox)[:2] == (State.ACTIVE, False)
        assert status(sandbox)[:2] == (State.SUSPENDED, True)
