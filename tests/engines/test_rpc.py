"""The rpc engine keeps the contract on Anvil, leaves a node as it found it, and says what a node lacks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from sandbox.domain.effects import CREATING, Frame
from sandbox.domain.units import ZERO_ADDRESS
from sandbox.engines import Remote, create
from sandbox.engines.base import ChainEngine, Genesis
from sandbox.engines.rpc.anvil import Anvil, find
from sandbox.engines.rpc.client import Client
from sandbox.errors import EngineError, InputError, MissingDependency
from tests.engines.assembler import LOOP, asm, calling, creating, initcode, logging, reverting
from tests.engines.contract import COUNTER, NOBODY, SENDER, START, ChainEngineContract, at, genesis, to
from tests.engines.doctor import raw_server, served

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
REMOTE = Remote(node_modules=MODULES)


class TestAnvil(ChainEngineContract):
    """Everything every engine does."""

    runaway_gas = 2_000_000  # executed at once, but half a million steps are not told at once

    @pytest.fixture(autouse=True)
    def _closed(self) -> Iterator[None]:
        self.made: list[ChainEngine] = []
        yield
        for engine in self.made:
            engine.close()

    def make(self, genesis: Genesis, *, seconds: float = 30.0) -> ChainEngine:
        self.made.append(create("rpc", genesis, seconds=seconds, remote=REMOTE))
        return self.made[-1]

    def test_a_call_without_end_ends_at_the_time_budget_too(self) -> None:
        """A node may burn all the gas sooner than that: then the call ends like any other."""
        engine = self.make(genesis(LOOP), seconds=0.2)
        try:
            assert engine.call(at(0), b"", gas=30_000_000).error == "OutOfGas"
        except EngineError as error:
            assert "time budget" in error.what


def alive(pid: int) -> bool:
    """True while a process runs (one that ended and waits to be asked does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_anvil_of_our_own_ends_with_its_engine() -> None:
    anvil = Anvil(find(MODULES), genesis(), steps=False)
    pid = anvil.pid
    assert alive(pid)
    anvil.stop()
    anvil.stop()
    assert not alive(pid)


PROGRAM = """
import sys, time
from pathlib import Path
from sandbox.engines.rpc.anvil import Anvil, find
from tests.engines.contract import genesis
print(Anvil(find(Path(sys.argv[1])), genesis(), steps=False).pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_an_anvil_ends_even_if_whoever_started_it_is_killed() -> None:
    command = [sys.executable, "-c", PROGRAM, str(MODULES)]
    with subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert alive(pid)
        process.kill()
    for _ in range(1_000):
        if not alive(pid):
            return
        sleep(0.01)
    raise AssertionError(f"Anvil {pid} is still there")


def test_a_missing_anvil_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match="Anvil") as caught:
        create("rpc", genesis(), remote=Remote(node_modules=tmp_path))
    assert "make setup-dev" in (caught.value.do or "") and "--rpc-url" in (caught.value.do or "")


def test_an_anvil_that_does_not_come_up_says_its_last_words(tmp_path: Path) -> None:
    broken = tmp_path / "anvil"
    broken.write_text("#!/bin/sh\necho 'no such luck' >&2\nexit 4\n")
    broken.chmod(0o755)
    with pytest.raises(MissingDependency, match="no such luck"):
        Anvil(str(broken), genesis(), steps=False)


@pytest.mark.parametrize(
    "url", ["http://me:secret@127.0.0.1:1/v3/secret?key=secret", "https://127.0.0.1:1/secret", "http://127.0.0.1:1"]
)
def test_a_node_that_cannot_be_reached_is_named_without_what_is_secret_in_its_address(url: str) -> None:
    with pytest.raises(MissingDependency, match="cannot be reached") as caught:
        create("rpc", genesis(), remote=Remote(url))
    assert "127.0.0.1:1" in str(caught.value) and "secret" not in str(caught.value) + (caught.value.do or "")


@pytest.mark.parametrize("url", ["", "localhost:8545", "ws://127.0.0.1:1", "http://", "http://[secret", "ftp://x/secret"])
def test_what_is_no_address_of_a_node_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="no address of a node") as caught:
        create("rpc", genesis(), remote=Remote(url))
    assert "secret" not in str(caught.value)


def plain_node(able: dict[str, object]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A node that has these methods and no other."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        told = {"jsonrpc": "2.0", "id": request["id"]}
        if request["method"] in able:
            return {**told, "result": able[request["method"]]}
        return {**told, "error": {"code": -32601, "message": "the method does not exist/is not available"}}

    return answer


def test_a_node_without_development_methods_is_refused_before_anything_runs_and_all_it_lacks_is_named() -> None:
    with served(plain_node({"web3_clientVersion": "Geth/v1.16", "eth_chainId": "0x7a69"})) as url:
        with pytest.raises(MissingDependency) as caught:
            create("rpc", genesis(), remote=Remote(url))
    for piece in ("Geth/v1.16", "snapshots", "clock", "traces of calls", "accounts", "mining"):
        assert piece in caught.value.what


def test_an_anvil_without_traces_of_steps_cannot_be_judged_on_but_can_be_compared_with() -> None:
    anvil = Anvil(find(MODULES), genesis(), steps=False)
    try:
        with pytest.raises(MissingDependency, match="--steps-tracing"):
            create("rpc", genesis(), remote=Remote(anvil.url))
        create("rpc", genesis(), remote=Remote(anvil.url, judged=False)).close()
    finally:
        anvil.stop()


def test_a_node_of_another_chain_is_refused() -> None:
    anvil = Anvil(find(MODULES), Genesis(START, chain_id=5), steps=True)
    try:
        with pytest.raises(InputError, match="chain 5"):
            create("rpc", genesis(), remote=Remote(anvil.url))
    finally:
        anvil.stop()


@pytest.mark.parametrize(("said", "status"), [("null", 200), ("{}", 200), ("<html>", 200), ('{"result": 5}', 200), ("no", 502)])
def test_whoever_does_not_speak_json_rpc_is_no_node(said: str, status: int) -> None:
    with raw_server(said.encode(), status) as url, pytest.raises(MissingDependency) as caught:
        Client(url, 5.0).batch([("eth_chainId", [])])
    assert caught.value.do


def test_an_answer_nested_without_end_is_not_read() -> None:
    with raw_server(b'{"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 200) as url:
        with pytest.raises(EngineError, match="nested"):
            Client(url, 5.0).ask("eth_chainId")


def test_brackets_within_texts_are_not_counted_as_depth() -> None:
    with served(lambda asked: {"jsonrpc": "2.0", "id": asked["id"], "result": "[{" * 5_000}) as url:
        assert Client(url, 5.0).ask("anything") == "[{" * 5_000


def test_a_node_that_does_not_answer_in_time_ends_at_the_time_budget() -> None:
    def slow(asked: dict[str, Any]) -> dict[str, Any]:
        sleep(0.5)
        return {"jsonrpc": "2.0", "id": asked["id"], "result": None}

    with served(slow) as url, pytest.raises(EngineError, match="time budget"):
        Client(url, 0.05).ask("eth_chainId")


def test_a_foreign_node_is_left_as_it_was_found() -> None:
    anvil = Anvil(find(MODULES), genesis(), steps=True)
    client = Client(anvil.url, 5.0)
    try:
        client.ask("evm_setAutomine", True)
        engine = create("rpc", genesis(COUNTER), remote=Remote(anvil.url))
        engine.execute(to(at(0)))
        engine.seal()
        assert client.ask("eth_blockNumber") == "0x1" and client.ask("anvil_getAutomine") is False
        engine.close()
        assert client.ask("eth_blockNumber") == "0x0" and client.ask("anvil_getAutomine") is True
        assert client.ask("eth_getBalance", SENDER, "latest") == "0x0"
    finally:
        client.close()
        anvil.stop()


def likened(frame: Frame) -> Frame:
    """Without gas, which nodes count differently, and without the address of a creation that failed, which they do not tell."""
    bare = replace(frame, gas=0, gas_used=0)
    lost = frame.kind in CREATING and frame.error is not None
    return replace(bare, target=ZERO_ADDRESS, code_address=ZERO_ADDRESS) if lost else bare


def test_both_engines_tell_the_same_effects_of_the_same_transactions() -> None:
    """Frames, moves, creations, opcodes and writes: what limits are judged on."""
    inner = asm(5, 1, "SSTORE") + logging(1) + calling(at(3), value=1) + reverting(b"")
    dying = creating(initcode(asm("STOP"), before=asm(1, 1, "SSTORE")), value=1) + asm(
        "PREVRANDAO", "POP", NOBODY, "SELFDESTRUCT"
    )
    outer = (
        asm(4, 1, "SSTORE")
        + calling(at(2))
        + calling(at(4), kind="DELEGATECALL")
        + calling(at(3), kind="STATICCALL")
        + calling("0x" + "00" * 19 + "02", data=b"word")
        + calling(NOBODY, value=10**30)
        + creating(initcode(COUNTER), value=10**30)
        + creating(initcode(COUNTER), value=1, salt=3)
        + creating(initcode(COUNTER), salt=3)
        + calling(at(5))
        + asm("STOP")
    )
    codes = (COUNTER, outer, inner, asm("STOP"), asm("ORIGIN", "POP", "STOP"), dying)
    here = create("pyevm", genesis(*codes, balance=50))
    there = create("rpc", genesis(*codes, balance=50), remote=REMOTE)
    try:
        for _ in range(2):
            left, right = here.execute(to(at(1))), there.execute(to(at(1)))
            for name in ("native", "creations", "opcodes", "logs", "gas_used", "output", "error"):
                assert getattr(left, name) == getattr(right, name), name
            assert [likened(frame) for frame in left.frames] == [likened(frame) for frame in right.frames]
        assert {(write.address, write.slot) for write in right.writes} <= {(write.address, write.slot) for write in left.writes}
    finally:
        there.close()


def test_calls_a_thousand_deep_are_traced() -> None:
    code = calling(at(0), gas=2**60) + asm("STOP")
    there = create("rpc", genesis(code), remote=REMOTE)
    try:
        here = create("pyevm", genesis(code)).execute(to(at(0), gas=30_000_000))
        execution = there.execute(to(at(0), gas=30_000_000))
        assert len(execution.frames) == len(here.frames) > 300
        assert execution.frames[-1].depth == here.frames[-1].depth
    finally:
        there.close()
