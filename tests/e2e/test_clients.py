"""The libraries and tools firms use, unchanged, against a running supervised endpoint (`clients/README.md`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from sandbox.settings import Settings
from sandbox.submissions import check
from tests.e2e.endpoints import Endpoint, of_node, of_server, written
from tests.rpc.nodes import PILOT, running

CLIENTS = Path(__file__).parent / "clients"
MODULES = Settings().node_modules

COMMANDS: dict[str, tuple[str, ...]] = {
    "ethers": ("node", str(CLIENTS / "ethers.cjs")),
    "viem": ("node", str(CLIENTS / "viem.cjs")),
    "web3.py": (sys.executable, str(CLIENTS / "web3_client.py")),
    "cast": (sys.executable, str(CLIENTS / "cast_client.py")),
    "hardhat": (str(MODULES / ".bin" / "hardhat"), "run", "--no-compile", "--network", "taishan", "client.cjs"),
}
NEEDED = {"ethers": "ethers", "viem": "viem", "cast": "@foundry-rs/cast", "hardhat": "@nomicfoundation/hardhat-ethers"}
"""npm packages without which a script cannot run."""

SUBSCRIBED = {"ethers": {"head", "event"}, "viem": {"head", "event"}, "web3.py": {"head", "event"}, "cast": {"event"}}
"""What each can subscribe to; Hardhat's provider speaks HTTP only."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="module")
def artifact(home: Path) -> Path:
    """The pilot's artifact, compiled into the cache that the endpoints use too."""
    return written(check(PILOT / "pilot.yaml", Settings(cache=home / "compiled")).artifacts["Register"], home)


@pytest.fixture(scope="module")
def on_node(home: Path, artifact: Path) -> Iterator[Endpoint]:
    with running(home, "--pilot", PILOT) as node:
        yield of_node(node, artifact)


@pytest.fixture(scope="module")
def on_server(home: Path, artifact: Path) -> Iterator[Endpoint]:
    with of_server(home, artifact) as endpoint:
        yield endpoint


@pytest.fixture(params=[pytest.param("on_node", marks=pytest.mark.slow), "on_server"])
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    found: Endpoint = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("client", COMMANDS)
def test_a_client_deploys_calls_listens_and_meets_the_supervisor(endpoint: Endpoint, client: str) -> None:
    seen = _run(client, endpoint)
    alice, bob = (Account.from_key(endpoint.keys[name]).address for name in ("alice", "bob"))
    approval = {"owner": alice, "spender": bob, "value": "5"}
    assert seen["client"].split()[0] == client
    assert (seen["chainId"], seen["name"], seen["allowance"]) == (endpoint.chain_id, "示例股份", "5")
    assert seen["receipt"].items() >= {"status": 1, "type": 2}.items()
    assert seen["event"] == approval and seen["past"] == [approval]
    assert seen.get("heard", {}) == {what: {"head": True, "event": approval}[what] for what in SUBSCRIBED.get(client, ())}
    assert 21_000 < seen["estimate"] < seen["receipt"]["gas"]  # the slot holds something already
    assert seen["customError"] == {"name": "ERC20InsufficientBalance", "args": [alice, "0", "6"]}
    _check_refusal(seen["refusal"])


def _check_refusal(refusal: dict[str, Any]) -> None:
    assert refusal["code"] == -32_003
    (refused,) = [one for one in refusal["findings"] if one["refused"]]
    wanted = {"code": "max_tx_amount", "base_grade": "S1", "observed": "15012.5", "bound": "15000", "who": "issuer"}
    assert refused.items() >= wanted.items()
    assert refused["grade"] in ("S1", "S2")  # a client that tried before makes it worse
    assert refusal["message"] == f"refused by the supervisor: max_tx_amount {refused['grade']}: 15012.5, bound 15000"


def _run(client: str, endpoint: Endpoint) -> Any:
    package = NEEDED.get(client)
    if package is not None and not (MODULES / package).is_dir():
        pytest.skip(f"npm package {package} is not installed")
    natives = [str(path) for path in MODULES.glob("@foundry-rs/cast-*/bin")]  # npm's own wrapper loses the exit code
    hardhat = client == "hardhat"
    done = subprocess.run(
        [*COMMANDS[client], *([] if hardhat else [endpoint.as_json()])],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=CLIENTS / "hardhat" if hardhat else endpoint.artifact.parent,
        env={
            "PATH": os.pathsep.join([*natives, os.environ["PATH"]]),
            "HOME": str(endpoint.artifact.parent),
            "NODE_PATH": str(MODULES),
            "ENDPOINT": endpoint.as_json(),
            "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true",
        },
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
