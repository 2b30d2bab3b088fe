"""`taishan node` in a process of its own on a free port, and a client that asks it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

from web3 import HTTPProvider, Web3
from web3.contract import Contract

from sandbox.domain.artifact import Artifact

ROOT = Path(__file__).resolve().parents[2]
PILOT = ROOT / "scenarios" / "sme-equity"
ETHER = 10**18
ZERO = "0x" + "00" * 20
STRANGER = "0x" + "5e" * 20


class Refusal(Exception):
    """An error a node answered. body: its `error` member."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(str(body))
        self.body = body


@dataclass
class RunningNode:
    """A node that answers. printed: its lines so far."""

    process: subprocess.Popen[str]
    url: str
    printed: list[str] = field(default_factory=list)

    @property
    def web3(self) -> Web3:
        return Web3(HTTPProvider(self.url))

    def ask(self, method: str, *params: Any) -> Any:
        """A result. Raises Refusal."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        with urlopen(Request(self.url, body, {"Content-Type": "application/json"}), timeout=20) as answer:
            read = json.load(answer)
        if "error" in read:
            raise Refusal(read["error"])
        return read["result"]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(10)


def environment(home: Path) -> dict[str, str]:
    """Variables of a process that keeps everything in `home`."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), "TAISHAN_CACHE": str(home / "compiled")}


def ended(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`taishan node ARGUMENTS` that does not get to answer."""
    command = [sys.executable, "-m", "sandbox", "node", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=home, env=environment(home), timeout=30)


@contextmanager
def running(home: Path, *arguments: str | Path) -> Iterator[RunningNode]:
    """`taishan node --port 0 ARGUMENTS`, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "node", "--port", "0", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=environment(home),
    )
    assert process.stdout is not None and process.stderr is not None
    printed, url = list[str](), ""
    for line in process.stdout:
        printed.append(line.rstrip("\n"))
        found = re.search(r"listening on (http://\S+)", line)
        if found:
            url = found[1]
            break
    assert url, (printed, process.stderr.read())
    reader = Thread(target=lambda: printed.extend(one.rstrip("\n") for one in process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield RunningNode(process, url, printed)
    finally:
        process.kill()
        process.wait(10)
        reader.join(5)


def deployed(node: RunningNode, artifact: Artifact) -> Contract:
    """A register with 200 holders at most; account 0 issues, account 1 is the agent."""
    web3 = node.web3
    issuer, agent = web3.eth.accounts[:2]
    factory = web3.eth.contract(abi=artifact.abi, bytecode=artifact.init_code)
    digest = factory.constructor("股份", "GF", 200, issuer, agent).transact({"from": issuer})
    return web3.eth.contract(web3.eth.get_transaction_receipt(digest)["contractAddress"], abi=artifact.abi)
