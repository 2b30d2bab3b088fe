"""Clients that are slow, wrong or gone: each gets an answer or is dropped, and the server goes on."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sandbox.rpc import http, patience, sockets
from sandbox.rpc.server import Bounds
from tests.rpc.chains import COUNTER
from tests.rpc.listening import SECONDS, Listening, everything, posting, serving

SHORT = 0.3
CHAIN_ID = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    with serving(Bounds(body=20_000, batch=10)) as listening:
        yield listening


@pytest.fixture(autouse=True)
def goes_on(server: Listening) -> Iterator[None]:
    """Whatever a test does to it, the server answers afterwards."""
    yield
    assert server.answers()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience._Taking, "patience", SHORT)
    monkeypatch.setattr(http, "SECONDS_FOR_A_BODY", SHORT)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def code(answer: bytes) -> int:
    return int(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"])


def web(server: Listening, **more: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}/rpc", compression=None, **more)


# --- HTTP


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_methods_other_than_post_are_not_allowed(server: Listening, method: str) -> None:
    answer = server.raw(posting(CHAIN_ID, "Connection: close", method=method))
    assert status(answer) == 405 and b"allow: POST" in answer


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=x"])
def test_another_content_type_is_turned_away(server: Listening, kind: str) -> None:
    answer = server.raw(posting(CHAIN_ID, kind=kind))
    assert (status(answer), code(answer)) == (415, -32_600)


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/json-rpc"])
def test_every_name_of_json_is_taken(server: Listening, kind: str) -> None:
    assert status(server.raw(posting(CHAIN_ID, "Connection: close", kind=kind))) == 200


def test_a_body_that_says_it_is_too_large_is_turned_away(server: Listening) -> None:
    answer = server.raw(posting(b" " * 20_001))
    assert (status(answer), code(answer)) == (413, -32_600)


def test_a_chunked_body_without_a_length_is_cut_off_where_it_becomes_too_large(server: Listening) -> None:
    head = b"POST /rpc HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    with server.connect() as open_socket:
        open_socket.sendall(head)
        sent = 0
        try:
            while sent < 10_000 * len(chunk):
                open_socket.sendall(chunk)
                sent += len(chunk)
        except ConnectionError:
            pass
        assert sent < 10_000 * len(chunk)


def test_a_chunked_body_that_fits_is_read(server: Listening) -> None:
    head = b"POST /rpc HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nConnection: close\r\n"
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in (CHAIN_ID[:7], CHAIN_ID[7:]))
    answer = server.raw(head + b"Transfer-Encoding: chunked\r\n\r\n", pieces, b"0\r\n\r\n")
    assert status(answer) == 200 and b"0x7a69" in answer


def test_a_body_that_does_not_come_to_an_end_is_given_up(server: Listening, impatient: None) -> None:
    answer = server.raw(posting(CHAIN_ID + b" " * 100)[:-100])
    assert (status(answer), code(answer)) == (408, -32_600)


@pytest.mark.parametrize("start", [b"", b"POST /rpc HTTP/1.1\r\nHost: he"])
def test_a_head_that_does_not_come_to_an_end_is_given_up(server: Listening, impatient: None, start: bytes) -> None:
    assert server.raw(start) == b""


def test_a_second_head_that_does_not_come_to_an_end_is_given_up_too(server: Listening, impatient: None) -> None:
    with server.connect() as open_socket:
        open_socket.sendall(posting(CHAIN_ID))
        got = b""
        while not got.endswith(b"}"):
            got += open_socket.recv(4_096)
        open_socket.sendall(b"POST /r")
        assert everything(open_socket) == b""


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"POST /rpc HTTP/9.9\r\n\r\n", b"\x00" * 4096]
)
def test_what_is_no_http_is_a_bad_request(server: Listening, nonsense: bytes) -> None:
    assert status(server.raw(nonsense + b"\r\n\r\n")) == 400


def test_a_client_that_is_gone_before_its_body_is_there_leaves_nothing(server: Listening) -> None:
    for _ in range(20):
        with server.connect() as open_socket:
            open_socket.sendall(posting(CHAIN_ID)[:-5])


def test_a_client_that_is_gone_while_a_big_answer_is_sent_leaves_nothing(server: Listening) -> None:
    for _ in range(5):
        with server.connect() as open_socket:
            open_socket.sendall(posting(_big_request()))
            assert open_socket.recv(1_000)


def test_a_client_that_leaves_a_big_answer_lying_is_dropped(server: Listening, impatient: None) -> None:
    with server.connect() as open_socket:
        open_socket.sendall(posting(_big_request()))
        time.sleep(5 * SHORT)
        got = everything(open_socket)
    assert len(got) < len(_big_answer(server))


def test_a_client_that_takes_a_big_answer_slowly_gets_all_of_it(server: Listening, impatient: None) -> None:
    got = bytearray()
    with server.connect() as open_socket:
        open_socket.sendall(posting(_big_request(), "Connection: close"))
        while piece := open_socket.recv(2**20):
            got += piece
            time.sleep(SHORT / 10)
    assert bytes(got).partition(b"\r\n\r\n")[2] == _big_answer(server)


def _big_request() -> bytes:
    """Asks for 16 MB: memory a contract returns, which is there only in this call."""
    code_ = "62" + f"{2**19:06x}" + "5ff3"  # PUSH3 size, PUSH0, RETURN
    override = {COUNTER: {"code": "0x" + code_}}
    one = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": COUNTER}, "latest", override]}
    return json.dumps([one] * 10).encode()


def _big_answer(server: Listening) -> bytes:
    return server.chain.server.handle(_big_request())


# --- WebSocket


def test_binary_frames_are_read_like_text(server: Listening) -> None:
    with web(server) as client:
        client.send(CHAIN_ID)
        assert json.loads(client.recv(SECONDS))["result"] == "0x7a69"


def test_text_that_is_not_utf8_ends_the_connection(server: Listening) -> None:
    with web(server) as client, pytest.raises(ConnectionClosed) as ended:
        client.socket.sendall(b"\x81\x82\x00\x00\x00\x00\xff\xfe")  # a masked text frame of two bytes
        client.recv(SECONDS)
    assert ended.value.rcvd is not None and ended.value.rcvd.code == 1007


def test_a_message_that_is_too_large_is_refused_and_one_beyond_all_bounds_ends_the_connection(server: Listening) -> None:
    with web(server) as client:
        client.send(" " * 20_001)
        assert json.loads(client.recv(SECONDS))["error"]["code"] == -32_600
        with pytest.raises(ConnectionClosed):  # 1009, unless what was left unread makes the end abrupt
            client.send(" " * (5 * 2**20 + 1))
            client.recv(SECONDS)


def test_more_connections_than_allowed_are_told_to_come_again(server: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 2)
    with web(server) as first, web(server), web(server) as third:
        with pytest.raises(ConnectionClosed) as ended:
            third.recv(SECONDS)
        assert ended.value.rcvd is not None and ended.value.rcvd.code == sockets.TRY_AGAIN
        first.send(CHAIN_ID)
        assert json.loads(first.recv(SECONDS))["result"] == "0x7a69"


def test_a_websocket_client_that_never_reads_is_dropped(server: Listening, impatient: None) -> None:
    with server.connect() as silent:
        silent.sendall(_UPGRADE)
        assert b" 101 " in silent.recv(4_096)
        silent.sendall(_frame(_big_request()))
        time.sleep(5 * SHORT)
        assert len(everything(silent)) < len(_big_answer(server))


_UPGRADE = (
    b"GET /rpc HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def _frame(text: bytes) -> bytes:
    """One masked text frame; the mask is zero, which changes nothing."""
    return b"\x81" + bytes([0x80 | 126]) + len(text).to_bytes(2, "big") + bytes(4) + text


def test_a_client_gone_in_the_middle_of_a_stream_leaves_nothing(server: Listening) -> None:
    for _ in range(10):
        with web(server) as client:
            client.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}))
            client.recv(SECONDS)
            client.socket.shutdown(socket.SHUT_RDWR)
    with server.chain.server.lock:
        server.chain.send(COUNTER)
