"""`taishan serve`: registered pilots answer over HTTP and WebSocket, and nothing acknowledged is lost when it is killed."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from requests import RequestException
from web3 import HTTPProvider, Web3
from websockets.sync.client import connect

from sandbox.domain.artifact import from_json
from sandbox.service import Sandbox
from sandbox.settings import Settings
from tests.cases.registry import ALICE, BOB, EQUITY, ISSUER, ROOT, STRANGER, activated, settings_in
from tests.cases.test_residence import Client, issue, transfer
from tests.e2e.conftest import Taishan
from tests.rpc.nodes import environment

KILLS = 20


@dataclass
class Serving:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    banner: list[str]

    def client(self, artifact: Any, query: str = "") -> Client:
        provider = HTTPProvider(f"{self.url}/rpc/{EQUITY}{query}", exception_retry_configuration=None)
        return Client(Web3(provider), artifact)

    def post(self, path: str, body: bytes) -> tuple[int, Any]:
        try:
            with urlopen(Request(self.url + path, body, {"Content-Type": "application/json"}), timeout=20) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)


class Place:
    """A sandbox in a folder with one active pilot. settings: of this process; the server's are the same."""

    def __init__(self, folder: Path, compiled: Path) -> None:
        self.folder = folder
        self.settings: Settings = settings_in(folder, compiled)
        with Sandbox.open(self.settings) as sandbox:
            activated(sandbox, ROOT / "scenarios" / EQUITY)
            self.artifact = from_json(sandbox.pilot(EQUITY).contracts[0].artifact)

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[Serving]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--home", str(self.settings.home), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**environment(self.folder), "TAISHAN_SCENARIOS": str(self.settings.scenarios)},
        )
        try:
            banner: list[str] = []
            while not (found := re.search(r"listening on (http\S+)", banner[-1] if banner else "")):
                assert process.stdout is not None
                banner.append(process.stdout.readline())
                assert banner[-1], "".join(banner)
            yield Serving(process, found[1], banner)
        finally:
            process.kill()
            process.communicate(timeout=10)


@pytest.fixture
def place(tmp_path: Path, compiled: Path) -> Place:
    return Place(tmp_path, compiled)


def test_a_server_tells_where_which_pilot_answers_and_stops_cleanly(place: Place) -> None:
    with place.serving() as server:
        assert any(f"{server.url}/rpc/{EQUITY}" in line and "active" in line for line in server.banner)
        with urlopen(server.url + "/healthz", timeout=10) as answer:
            assert json.load(answer) == {"status": "ok"}
        status, body = server.post("/rpc/nobody", b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}')
        assert (status, body["error"]["message"]) == (404, "there is no pilot 'nobody'")
        status, body = server.post(f"/rpc/{EQUITY}", b'{"jsonrpc":"2.0","id":1,"method":"anvil_setBalance","params":[]}')
        assert (status, body["error"]["code"]) == (200, -32601)  # a registered pilot's endpoint never has them
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) == 0


def test_a_pilot_trades_over_http_and_its_events_are_heard_over_websocket(place: Place) -> None:
    with place.serving() as server:
        trader, issuer = server.client(place.artifact), server.client(place.artifact, "?request=REQ-1")
        register = trader.deployed()
        assert issuer.send(ISSUER, **issue(register, ALICE, 100))["status"] == 1
        with connect(f"{server.url.replace('http', 'ws')}/rpc/{EQUITY}") as socket:
            ask = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["logs", {"address": register.address}]}
            socket.send(json.dumps(ask))
            subscription = json.loads(socket.recv(10))["result"]
            done = trader.send(ALICE, **transfer(register, BOB, 7))
            heard = json.loads(socket.recv(10))["params"]
            assert (heard["subscription"], heard["result"]["transactionHash"]) == (
                subscription,
                "0x" + bytes(done["transactionHash"]).hex(),
            )
        assert "whitelist" in trader.refused(ALICE, **transfer(register, STRANGER, 1))


@pytest.mark.slow
def test_a_server_that_is_killed_twenty_times_loses_nothing_it_acknowledged(place: Place) -> None:
    chance, acknowledged = random.Random(11), dict[str, int]()
    with place.serving() as server:
        server.client(place.artifact).deployed()
    for _ in range(KILLS):
        with place.serving() as server:
            client = server.client(place.artifact)
            assert client.web3.is_connected()
            killer = Timer(chance.uniform(0.1, 2.0), server.process.kill)
            killer.start()
            try:
                while True:
                    done = client.send(ISSUER, to=ISSUER.address)
                    acknowledged["0x" + bytes(done["transactionHash"]).hex()] = done["blockNumber"]
            except RequestException:  # killed
                killer.join()
        with Sandbox.open(place.settings) as sandbox:
            assert any(f"log {EQUITY}.chain" in line for line in sandbox.verify_logs())
    assert acknowledged
    with place.serving() as server:
        client = server.client(place.artifact)
        for digest, number in acknowledged.items():
            assert client.web3.eth.get_transaction_receipt(digest)["blockNumber"] == number  # type: ignore[arg-type]
    with Sandbox.open(place.settings) as sandbox, sandbox._database.read() as connection:
        counted = connection.exec_driver_sql("SELECT value FROM book_facts WHERE kind = 'scalar' AND key = 'transactions'")
        told = connection.exec_driver_sql(f"SELECT body FROM entries WHERE log_id = '{EQUITY}.chain' AND type = 'transaction'")
        statuses = [json.loads(body)["status"] for (body,) in told]
        assert int(counted.scalar_one()) == sum(status != "blocked" for status in statuses)


def test_a_contract_is_printed_for_clients_as_admitted_or_as_it_compiles(place: Place, taishan: Taishan) -> None:
    admitted = taishan("pilot", "artifact", EQUITY, "Register", "--home", place.settings.home).json
    compiled = taishan("pilot", "artifact", ROOT / "scenarios" / EQUITY, "Register").json
    assert admitted == compiled and admitted["bytecode"] == "0x" + place.artifact.init_code.hex()
    refused = taishan("pilot", "artifact", EQUITY, "Nope", "--home", place.settings.home)
    assert (refused.code, refused.err.splitlines()[1].strip()) == (2, "do: its contracts are: Register")
