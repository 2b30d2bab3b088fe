"""Where client scripts find a supervised chain: one row for each way of serving one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.domain.artifact import Artifact
from sandbox.rpc.wallet import prefunded
from sandbox.service import Sandbox
from tests.cases.registry import ALICE, BOB, EQUITY, ISSUER, STRANGER
from tests.e2e.test_serve import Place
from tests.rpc.nodes import RunningNode

PARTIES = ("issuer", "agent", "alice", "bob")


@dataclass(frozen=True)
class Endpoint:
    """A running endpoint under the limits of the pilot sme-equity. keys: private keys by party. artifact: its contract."""

    http: str
    ws: str
    chain_id: int
    keys: dict[str, str]
    artifact: Path

    def as_json(self) -> str:
        """What the scripts are given."""
        shown = {"http": self.http, "ws": self.ws, "chainId": self.chain_id, "keys": self.keys, "artifact": str(self.artifact)}
        return json.dumps(shown)


def written(artifact: Artifact, folder: Path) -> Path:
    """The artifact in a file, as clients read it."""
    path = folder / f"{artifact.name}.json"
    path.write_text(json.dumps({"abi": artifact.abi, "bytecode": "0x" + artifact.init_code.hex()}), encoding="utf-8")
    return path


@contextmanager
def of_server(home: Path, artifact: Path) -> Iterator[Endpoint]:
    """A registered pilot's endpoint, whose log holds afterwards. What is privileged answers to a request named in the URL."""
    place = Place(home, home / "compiled")
    keys = {party: "0x" + bytes(one.key).hex() for party, one in zip(PARTIES, (ISSUER, STRANGER, ALICE, BOB), strict=True)}
    with place.serving() as server:
        url = f"{server.url}/rpc/{EQUITY}?request=REQ-2027-001"
        chain = int(server.post(f"/rpc/{EQUITY}", b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}')[1]["result"], 16)
        yield Endpoint(url, url.replace("http", "ws"), chain, keys, artifact)
    with Sandbox.open(place.settings) as sandbox:
        assert any(f"log {EQUITY}.chain" in line for line in sandbox.verify_logs())


def of_node(node: RunningNode, artifact: Path) -> Endpoint:
    """A development node."""
    keys = {party: "0x" + one.key.hex() for party, one in zip(PARTIES, prefunded(len(PARTIES)), strict=True)}
    return Endpoint(node.url, node.url.replace("http", "ws"), 31_337, keys, artifact)
