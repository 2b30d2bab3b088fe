"""The official execution-apis suite against a chain imported from its genesis and blocks, every block validated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.engines.archive import TraceOptions
from tests.rpc.nodes import ROOT
from tests.rpc.official import FILES, FOLDER, differences, imported, read, server, without_words

KNOWN: dict[str, str] = {}
"""`METHOD/case.io` that does not pass -> why it cannot."""

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/conformance/execution-apis is not here")

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")


@each_file
def test_the_answer_is_the_official_one(path: Path, request: pytest.FixtureRequest) -> None:
    name = f"{path.parent.name}/{path.name}"
    if name in KNOWN:
        request.applymarker(pytest.mark.xfail(reason=KNOWN[name], strict=True))
    conversation = read(path)
    if not conversation.exchanges:
        pytest.skip("the file is empty here: upstream it is larger than the copy may be")
    node = server()
    for exchange in conversation.exchanges:
        got = json.loads(node.handle(exchange.request))
        if conversation.shape_only:
            assert got.keys() == exchange.answer.keys()
        else:
            assert list(differences(without_words(got), without_words(exchange.answer))) == []


def test_what_is_known_not_to_pass_is_little_and_really_there() -> None:
    names = {f"{path.parent.name}/{path.name}" for path in FILES}
    assert set(KNOWN) <= names
    assert len([name for name in KNOWN if not name.startswith("eth_simulateV1/")]) < 5
    assert len([name for name in KNOWN if name.startswith("eth_simulateV1/")]) <= 18


DIFFERENT: list[tuple[Any, Any]] = [
    ({"result": "0x1"}, {"result": "0x01"}),
    ({"result": None}, {}),
    ({"result": None}, {"error": {"code": 1}}),
    ({"result": {"a": 1, "more": None}}, {"result": {"a": 1}}),
    ({"result": {"a": 1}}, {"result": {"a": 1, "more": None}}),
    ({"result": {"a": "absent"}}, {"result": {}}),
    ({"result": [1, 2]}, {"result": [2, 1]}),
    ({"result": [1]}, {"result": [1, 1]}),
    ({"result": True}, {"result": 1}),
    ({"result": 0}, {"result": False}),
    ({"result": {}}, {"result": []}),
    ({"error": {"code": 3, "data": "0x"}}, {"error": {"code": 3}}),
    ({"error": {"code": 3}}, {"error": {"code": -32_000}}),
    ({"id": 1, "result": 1}, {"id": "1", "result": 1}),
]


@pytest.mark.parametrize(("got", "wanted"), DIFFERENT)
def test_a_difference_of_any_kind_is_seen(got: Any, wanted: Any) -> None:
    assert list(differences(without_words(got), without_words(wanted)))


def test_only_the_words_of_an_error_make_no_difference() -> None:
    one, other = ({"error": {"code": 3, "message": text}, "result": {"message": "kept"}} for text in ("reverted", "failed"))
    assert list(differences(without_words(one), without_words(other))) == []
    assert without_words({"result": {"message": "kept"}}) == {"result": {"message": "kept"}}


def test_the_table_of_the_readme_counts_this_suite() -> None:
    recorded = json.loads((ROOT / "docs" / "conformance.json").read_text(encoding="utf-8"))
    rows = [one for one in recorded if one["suite"].startswith("execution-apis")]
    full = [path for path in FILES if read(path).exchanges]
    assert sum(one["files"] for one in rows) == len(full)
    assert sum(one["passed"] for one in rows) == len(full) - len(KNOWN)
    assert sorted(miss for one in rows for miss in one["misses"]) == sorted(KNOWN)


def test_the_imported_chain_ends_in_the_official_head() -> None:
    wanted = json.loads((FOLDER / "headfcu.json").read_text())["params"][0]["headBlockHash"]
    assert "0x" + imported().head.hash.hex() == wanted


def test_every_block_comes_back_as_it_was_imported() -> None:
    from sandbox.engines.pyevm.imported import split_blocks

    for number, raw in enumerate(split_blocks((FOLDER / "chain.rlp").read_bytes()), 1):
        assert imported().block(number).raw == raw


_GAS_IN_TRACE = {"": lambda trace: trace["gas"], "callTracer": lambda trace: int(trace["gasUsed"], 16)}


@pytest.mark.parametrize("tracer", _GAS_IN_TRACE)
def test_running_every_block_again_uses_the_gas_the_receipts_say(tracer: str) -> None:
    chain = imported()
    for number in range(1, chain.head.number + 1):
        traces = chain.trace_block(chain.header(number), TraceOptions(tracer=tracer))
        assert [_GAS_IN_TRACE[tracer](trace) for trace in traces] == [one.gas_used for one in chain.receipts(number)]


@pytest.mark.parametrize("name", ["trace-block-memory-encoding.io", "trace-block-storage-encoding.io"])
def test_opcode_traces_are_the_same_to_the_last_step(name: str) -> None:
    """More than the suite asks for: it compares these by shape alone."""
    (exchange,) = read(FOLDER / "debug_traceBlockByNumber" / name).exchanges
    got = json.loads(server().handle(exchange.request))
    assert list(differences(got, exchange.answer)) == []
