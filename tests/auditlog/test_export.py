"""Logs and proofs as files: they verify with nothing else at hand, and not at all once anything in them was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sandbox.auditlog import Signer, proof_document, verify_export, verify_proof, write_export
from sandbox.domain.canonical import canonical
from sandbox.domain.checkpoint import Checkpoint
from sandbox.domain.merkle import Frontier, leaf_hash
from sandbox.errors import NotFound, VerificationFailed
from tests.auditlog.stage import BODIES, NOW, ORIGIN, SIGNER, SIZE, STRANGER, Stage, flipped

LINES = [canonical(body) for body in BODIES[:5]]


def note(lines: list[bytes], signer: Signer = SIGNER, origin: str = ORIGIN) -> str:
    tree = Frontier()
    for line in lines:
        tree.append(leaf_hash(line))
    return signer.sign(Checkpoint(origin, tree.size, tree.root()))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "reports" / "run-1.log"
    assert write_export(path, "run-1", note(LINES), SIGNER.verifier, iter(LINES)) == len(LINES)
    return path


def refused(path: Path, content: bytes) -> VerificationFailed:
    path.write_bytes(content)
    with pytest.raises(VerificationFailed) as raised:
        verify_export(path)
    with pytest.raises(VerificationFailed):
        verify_export(path, SIGNER.verifier)
    return raised.value


# --- exports


def test_an_export_verifies_with_its_own_key_and_with_the_one_known_from_elsewhere(export: Path) -> None:
    for key in (None, SIGNER.verifier):
        assert verify_export(export, key) == f"5 entries of log run-1, signed by taishan.example/sandbox as {ORIGIN}"


def test_the_lines_of_an_export_are_the_entries_themselves(export: Path) -> None:
    header, *lines = export.read_bytes().splitlines()
    assert lines == LINES
    assert json.loads(header)["key"] == str(SIGNER.verifier)


def test_an_empty_log_can_be_exported(tmp_path: Path) -> None:
    write_export(tmp_path / "empty.log", "run-1", note([]), SIGNER.verifier, [])
    assert verify_export(tmp_path / "empty.log").startswith("0 entries")


def test_the_key_from_elsewhere_decides(export: Path) -> None:
    with pytest.raises(VerificationFailed):
        verify_export(export, STRANGER.verifier)
    with pytest.raises(VerificationFailed):
        verify_export(export, Signer("taishan.example/other", bytes(range(32))).verifier)


def test_an_export_forged_with_another_key_stands_by_itself_but_not_against_the_key_from_elsewhere(tmp_path: Path) -> None:
    forged = [LINES[0].replace(b"1000000", b"2000000"), *LINES[1:]]
    write_export(tmp_path / "forged.log", "run-1", note(forged, STRANGER), STRANGER.verifier, forged)
    assert verify_export(tmp_path / "forged.log").startswith("5 entries")
    with pytest.raises(VerificationFailed):
        verify_export(tmp_path / "forged.log", SIGNER.verifier)


@pytest.mark.parametrize("bit", [0, 5, 7])
def test_any_bit_of_an_export_that_changes_makes_it_invalid(export: Path, bit: int) -> None:
    whole = export.read_bytes()
    for place in range(len(whole)):
        refused(export, flipped(whole, place, bit))


def test_any_byte_of_an_export_that_goes_missing_makes_it_invalid(export: Path) -> None:
    whole = export.read_bytes()
    for place in range(len(whole)):
        refused(export, whole[:place] + whole[place + 1 :])


def test_any_space_or_line_put_into_an_export_makes_it_invalid(export: Path) -> None:
    whole = export.read_bytes()
    for place in range(len(whole) + 1):
        for more in (b" ", b"\n", b"\0"):
            refused(export, whole[:place] + more + whole[place:])


def test_an_export_cut_short_anywhere_is_invalid(export: Path) -> None:
    whole = export.read_bytes()
    for length in range(len(whole)):
        refused(export, whole[:length])


def test_a_changed_line_is_named(export: Path) -> None:
    whole = export.read_bytes().splitlines(keepends=True)
    for number in range(1, 6):
        lines = [*whole]
        lines[number] = lines[number].replace(b'"v":1', b'"v":2')
        assert refused(export, b"".join(lines)).where == f"{export}:{number + 1}"


def test_lines_left_out_added_repeated_or_exchanged_make_an_export_invalid(export: Path) -> None:
    header, *lines = export.read_bytes().splitlines(keepends=True)
    for changed in (
        [],
        lines[:-1],
        lines[1:],
        [*lines, lines[0]],
        [*lines, b"{}\n"],
        [*lines, b"\n"],
        [lines[1], lines[0], *lines[2:]],
        [lines[0], *lines],
        [header, *lines],
    ):
        refused(export, b"".join([header, *changed]))
    refused(export, b"".join(lines))


@pytest.mark.parametrize("name", ["format", "log", "checkpoint", "key"])
@pytest.mark.parametrize("value", [None, "", 7, [], "run-2", "taishan-log/2"])
def test_a_header_that_says_something_else_or_nothing_makes_an_export_invalid(export: Path, name: str, value: object) -> None:
    header, rest = export.read_bytes().split(b"\n", 1)
    refused(export, canonical(json.loads(header) | {name: value}) + b"\n" + rest)
    refused(export, canonical({key: kept for key, kept in json.loads(header).items() if key != name}) + b"\n" + rest)


def test_the_checkpoint_of_another_log_of_the_same_signer_does_not_cover_an_export(tmp_path: Path) -> None:
    path = tmp_path / "other.log"
    write_export(path, "run-1", note(LINES, origin="taishan.example/log/run-2"), SIGNER.verifier, LINES)
    with pytest.raises(VerificationFailed, match="run-2"):
        verify_export(path)


JUNK = [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b'"x"\n', b"\xff\xfe\n", b"[" * 100_000 + b"\n", b"9" * 5000 + b"\n"]


@pytest.mark.parametrize("content", JUNK, ids=lambda content: repr(content[:8]))
def test_a_file_of_another_kind_is_no_export(export: Path, content: bytes) -> None:
    assert "not an exported log" in refused(export, content).what


@pytest.mark.parametrize("line", [b"[" * 100_000, b"9" * 5000, b"\xff", b"", b"1.5"], ids=lambda line: repr(line[:8]))
def test_a_line_of_another_kind_is_no_entry(export: Path, line: bytes) -> None:
    whole = export.read_bytes().splitlines()
    whole[3] = line
    assert refused(export, b"\n".join(whole) + b"\n").where == f"{export}:4"


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(NotFound):
            verify_export(path)


# --- proofs


@pytest.fixture(scope="module")
def document(stage: Stage) -> dict[str, Any]:
    """The proof of entry 23, through a file."""
    with stage.changed() as log:
        body = canonical(BODIES[23])
        made = proof_document(
            "run-1", 23, SIZE, body, log.prove_inclusion(23), log.checkpoint(SIGNER, NOW), SIGNER.verifier
        )
    return dict(json.loads(json.dumps(made)))


def test_a_proof_verifies_with_nothing_else_at_hand(document: dict[str, Any]) -> None:
    for key in (None, SIGNER.verifier):
        assert verify_proof(document, key) == "entry 23 of log run-1 is covered by the checkpoint of 40 entries"


def test_every_entry_has_a_proof_that_verifies(stage: Stage) -> None:
    with stage.changed() as log:
        signed = log.checkpoint(SIGNER, NOW)
        for index, body in enumerate(BODIES):
            path = log.prove_inclusion(index)
            verify_proof(proof_document("run-1", index, SIZE, canonical(body), path, signed, SIGNER.verifier))


def test_a_proof_of_another_signer_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(VerificationFailed):
        verify_proof(document, STRANGER.verifier)


Change = Callable[[dict[str, Any]], Any]
WRONG: dict[str, list[object]] = {
    "format": ["taishan-proof/2", "taishan-log/1", "", None, 1],
    "log": ["run-2", "", "un-1", "log/run-1", None, 1],
    "index": [22, 24, -1, 40, 23.0, "23", True, None, 2**70],
    "size": [39, 41, 0, -40, 40.0, "40", None, 2**70],
    "leaf_hash": ["00" * 32, "", "zz", None, 7],
    "path": [[], None, "", "ab", {}, [1], ["zz"], ["00" * 32] * 6, [None], ["é"]],
    "entry": [{}, None, [], 1.5, {"type": "note"}, "\ud800", 2**60],
    "checkpoint": ["", None, 7, [], "\ud800", "a\n\n— b c\n"],
    "key": ["", None, 7, [], "a+b+c", "\ud800+1+2", str(STRANGER.verifier)],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_proof_with_a_field_that_says_something_else_is_refused(document: dict[str, Any], name: str, value: object) -> None:
    with pytest.raises(VerificationFailed):
        verify_proof(document | {name: value})


@pytest.mark.parametrize("name", WRONG)
def test_a_proof_without_a_field_is_refused(document: dict[str, Any], name: str) -> None:
    assert set(document) == set(WRONG)
    with pytest.raises(VerificationFailed):
        verify_proof({key: value for key, value in document.items() if key != name})


@pytest.mark.parametrize("name", ["log", "leaf_hash", "checkpoint", "key", "format"])
def test_any_character_of_a_proofs_texts(document: dict[str, Any], name: str) -> None:
    text = document[name]
    for place in range(len(text)):
        with pytest.raises(VerificationFailed):
            verify_proof(document | {name: text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]})
        with pytest.raises(VerificationFailed):
            verify_proof(document | {name: text[:place] + text[place + 1 :]})


def test_any_digit_of_a_proofs_path_and_any_change_of_its_length(document: dict[str, Any]) -> None:
    for at, sibling in enumerate(document["path"]):
        for place in range(64):
            changed = deepcopy(document)
            changed["path"][at] = sibling[:place] + f"{int(sibling[place], 16) ^ 1:x}" + sibling[place + 1 :]
            with pytest.raises(VerificationFailed):
                verify_proof(changed)
    path = document["path"]
    for other in (path[:-1], path[1:], [*path, path[0]], path[::-1], [[*path]]):
        with pytest.raises(VerificationFailed):
            verify_proof(document | {"path": other})


def test_any_value_of_a_proofs_entry(document: dict[str, Any]) -> None:
    others: list[object] = ["other", 2, None, True, [], {}]
    for name in document["entry"]:
        for value in others:
            with pytest.raises(VerificationFailed):
                verify_proof(document | {"entry": document["entry"] | {name: value}})
    with pytest.raises(VerificationFailed):
        verify_proof(document | {"entry": document["entry"] | {"more": 1}})


@pytest.mark.parametrize("thing", [[], None, "text", 7, {}, {"format": "taishan-proof/1"}])
def test_what_is_no_proof_is_refused(thing: Any) -> None:
    with pytest.raises(VerificationFailed):
        verify_proof(thing)
