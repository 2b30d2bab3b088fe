"""`taishan run --agree rpc` and `--engine rpc` as a user meets them: what holds, what differs, what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.engines.base import Genesis
from sandbox.engines.rpc.anvil import Anvil, find
from tests.e2e.conftest import ROOT, Taishan
from tests.engines.doctor import doctored

LOAN = ROOT / "scenarios" / "quick-loan"
START = 1_799_024_400  # 2027-01-04T09:00:00+08:00, when its scenarios begin


@pytest.fixture
def node() -> Iterator[str]:
    """A node of the user's own."""
    anvil = Anvil(find(ROOT / "node_modules"), Genesis(START), steps=True)
    yield anvil.url
    anvil.stop()


def running_anvils() -> set[int]:
    """Processes of ours."""
    mine = os.getuid()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid == mine and (entry / "comm").read_text().strip() == "anvil":
                found.add(int((entry / "stat").read_text().rpartition(")")[2].split()[1]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_two_engines_agree_on_scenarios_with_refused_transactions_in_them(taishan: Taishan) -> None:
    done = taishan("run", LOAN / "client-cap.yaml", LOAN / "draw-and-repay.yaml", "--agree", "rpc", "--format", "json")
    assert done.code == 0, done.err
    cap, repay = done.json["scenarios"]
    statuses = [step["status"] for step in cap["steps"] if step["kind"] in ("deploy", "call")]
    assert "blocked" in statuses
    assert cap["agreement"]["transactions"] == len(statuses)  # the refused one among them
    for one in (cap, repay):
        agreement = one["agreement"]
        assert (agreement["engine"], agreement["agrees"], agreement["difference"]) == ("rpc", True, None)
        assert agreement["version"].startswith("anvil/") and agreement["blocks"] > 1
    alone = taishan("run", LOAN / "client-cap.yaml", "--format", "json").json["scenarios"][0]
    assert alone["log_root"] == cap["log_root"]  # the second engine only watches
    assert "agreement" not in alone


def test_the_text_says_who_agreed_on_how_much_and_nothing_is_left_running(taishan: Taishan) -> None:
    before = running_anvils()
    done = taishan("run", LOAN / "overdue.yaml", "--agree", "rpc")
    assert done.code == 0, done.err
    assert "agrees with rpc (anvil/v" in done.out and "transactions in" in done.out
    assert running_anvils() <= before


def test_a_node_that_differs_fails_the_run_at_the_step_and_names_everything(taishan: Taishan, node: str) -> None:
    def alter(method: str, _params: list[Any], result: Any) -> Any:
        wrong = method == "eth_getTransactionReceipt" and result["blockNumber"] == "0x2"
        return {**result, "gasUsed": hex(int(result["gasUsed"], 16) + 1)} if wrong else result

    with doctored(node, alter) as url:
        run = ("run", LOAN / "draw-and-repay.yaml", LOAN / "overdue.yaml", "--agree", "rpc", "--rpc-url", url)
        told, shown = taishan(*run, "--format", "json"), taishan(*run)
    assert told.code == shown.code == 1
    (only,) = told.json["scenarios"]  # the first difference ends it all
    *held, wrong = only["steps"]
    assert [step["error"] for step in held] == [None] and wrong["index"] == 2 and wrong["status"] == "differs"
    difference = only["agreement"]["difference"]
    assert only["agreement"]["agrees"] is False and difference["field"] == "gas"
    assert int(difference["there"]) == int(difference["here"]) + 1
    for piece in (
        "quick-loan / draw-and-repay",
        "✗ step 2",
        difference["subject"],
        "gas",
        difference["here"],
        difference["there"],
    ):
        assert piece in " ".join(shown.out.split()), shown.out
    assert "draw-and-repay.yaml:" in shown.out and "differs from rpc (anvil/v" in shown.out


def test_a_scenario_runs_on_a_node_alone_and_is_judged_alike(taishan: Taishan, node: str) -> None:
    here = taishan("run", LOAN / "client-cap.yaml", "--format", "json").json["scenarios"][0]
    there = taishan("run", LOAN / "client-cap.yaml", "--engine", "rpc", "--rpc-url", node, "--format", "json")
    assert there.code == 0, there.err
    assert there.json["engine"] == "rpc"
    assert there.json["scenarios"][0]["steps"] == here["steps"]


def test_a_missing_anvil_is_exit_3_with_what_to_do(taishan: Taishan, tmp_path: Path) -> None:
    bare: dict[str, str | None] = {"TAISHAN_NODE_MODULES": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = taishan("run", LOAN / "overdue.yaml", "--agree", "rpc", env=bare)
    assert done.code == 3 and done.out == ""
    assert "Anvil" in done.err and "make setup-dev" in done.err and "Traceback" not in done.err


def test_a_node_that_cannot_be_reached_is_exit_3_and_shows_no_secret(taishan: Taishan) -> None:
    secret = "http://user:hunter2@127.0.0.1:1/v3/hunter2"
    done = taishan("run", LOAN / "overdue.yaml", "--engine", "rpc", env={"TAISHAN_RPC_URL": secret})
    assert done.code == 3
    assert "cannot be reached" in done.err and "127.0.0.1:1" in done.err and "hunter2" not in done.err + done.out


@pytest.mark.parametrize(
    "options",
    [
        ("--agree", "revm"),
        ("--engine", "rpc", "--agree", "rpc"),
        ("--agree", "rpc", "--what-if", "{}"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_exit_2(taishan: Taishan, options: tuple[str, ...]) -> None:
    done = taishan("run", LOAN / "overdue.yaml", *options)
    assert done.code == 2 and "error:" in done.err and "Traceback" not in done.err


@pytest.mark.slow  # every scenario that is shipped, on two engines
def test_two_engines_agree_on_every_shipped_scenario(taishan: Taishan) -> None:
    shipped = sorted(path for path in (ROOT / "scenarios").rglob("*.yaml") if path.name != "pilot.yaml")
    files = [path for path in shipped if "profiles" not in path.parts]
    done = taishan("run", *files, "--agree", "rpc", "--format", "json", timeout=3_600)
    assert done.code == 0, done.err[-2_000:]
    told = {Path(one["scenario"]).name: one["agreement"] for one in done.json["scenarios"]}
    assert len(done.json["scenarios"]) == len(files) > 250
    assert [name for name, one in told.items() if not one["agrees"] or not one["transactions"]] == []
