"""Checkpoints, signed notes and verifier keys as C2SP writes them, read strictly."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.domain.checkpoint import (
    Checkpoint,
    Signature,
    SignedNote,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from sandbox.errors import VerificationFailed

ROOT = bytes(range(32))
ROOT_64 = b64encode(ROOT).decode()
BODY = f"taishan.example/log/sandbox\n42\n{ROOT_64}\n"
BLOB = b64encode(b"\1\2\3\4" + bytes(64)).decode()
NOTE = f"{BODY}\n— taishan.example/sandbox {BLOB}\n"

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="+"), min_size=1)
ORIGINS = NAMES | st.tuples(NAMES, NAMES).map(" ".join)


# --- what is written is read again


@given(ORIGINS, st.integers(0, 10**19 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert parse_checkpoint(checkpoint.body()) == checkpoint


@given(st.lists(st.builds(Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)), min_size=1))
def test_a_note_is_read_as_it_was_written(signatures: list[Signature]) -> None:
    note = SignedNote(BODY, tuple(signatures))
    assert parse_note(str(note)) == note


@given(NAMES, st.binary(min_size=32, max_size=32))
def test_a_verifier_key_is_read_as_it_was_written(name: str, public: bytes) -> None:
    key = VerifierKey(name, public)
    assert parse_verifier_key(str(key)) == key
    assert parse_verifier_key(f"{key}\n") == key


def test_the_layout_is_the_one_c2sp_publishes() -> None:
    note = parse_note(NOTE)
    assert note == SignedNote(BODY, (Signature("taishan.example/sandbox", b"\1\2\3\4", bytes(64)),))
    assert parse_checkpoint(note.text) == Checkpoint("taishan.example/log/sandbox", 42, ROOT)


def test_a_text_with_empty_lines_ends_at_the_last_of_them() -> None:
    note = parse_note(f"one\n\ntwo\n\n— name {BLOB}\n")
    assert note.text == "one\n\ntwo\n"


def test_the_key_id_is_the_published_one_of_a_published_key() -> None:
    """Key and id from the documentation of golang.org/x/mod/sumdb/note, whose format C2SP took over."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = parse_verifier_key(text)
    assert (key.name, key.key_id.hex(), str(key)) == ("PeterNeumann", "c74f20a3", text)
    assert key.key_id == sha256(b"PeterNeumann\n\x01" + key.public).digest()[:4]


# --- one test for each fault


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "three lines"),
        (BODY[:-1], "three lines"),
        (BODY + "\n", "three lines"),
        (BODY + "extension\n", "three lines"),
        (f"42\n{ROOT_64}\n", "three lines"),
        (f"\n42\n{ROOT_64}\n", "origin"),
        (f"   \n42\n{ROOT_64}\n", "origin"),
        (f" taishan\n42\n{ROOT_64}\n", "origin"),
        (f"taishan\r\n42\n{ROOT_64}\n", "origin"),
        (f"taishan\n042\n{ROOT_64}\n", "not the size"),
        (f"taishan\n-1\n{ROOT_64}\n", "not the size"),
        (f"taishan\n+1\n{ROOT_64}\n", "not the size"),
        (f"taishan\n4_2\n{ROOT_64}\n", "not the size"),
        (f"taishan\n٤٢\n{ROOT_64}\n", "not the size"),
        (f"taishan\n42 \n{ROOT_64}\n", "not the size"),
        (f"taishan\n\n{ROOT_64}\n", "not the size"),
        (f"taishan\n{'9' * 5000}\n{ROOT_64}\n", "not the size"),
        ("taishan\n42\n\n", "0 bytes"),
        ("taishan\n42\nAAAA\n", "3 bytes"),
        (f"taishan\n42\n{b64encode(bytes(33)).decode()}\n", "33 bytes"),
        (f"taishan\n42\n{ROOT_64[:-1]}\n", "base64"),
        (f"taishan\n42\n{ROOT_64[:-2]}9=\n", "base64"),
        (f"taishan\n42\n {ROOT_64}\n", "base64"),
        (f"taishan\n42\n{ROOT_64.replace('A', '-')}\n", "base64"),
        (f"taishan\n42\n{ROOT_64.replace('A', '中')}\n", "base64"),
    ],
)
def test_a_checkpoint_with_a_fault_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(VerificationFailed, match=complaint):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        BODY,
        f"{BODY}\n",
        f"\n\n— name {BLOB}\n",
        f"{BODY}— name {BLOB}\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE + "more\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—"),
        NOTE.replace(" " + BLOB, "  " + BLOB),
        NOTE.replace(" " + BLOB, ""),
        NOTE.replace("example/sandbox", "example/sand box"),
        NOTE.replace("example/sandbox", "example+sandbox"),
        NOTE.replace("taishan.example/sandbox", ""),
        NOTE.replace(BLOB, "AAAA"),
        NOTE.replace(BLOB, "AAAAAA=="),
        NOTE.replace(BLOB, "AAAAAB=="),
        NOTE.replace(BLOB, BLOB[:-1]),
        NOTE.replace(BLOB, BLOB + "===="),
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("taishan.example/log", "taishan\x00example/log"),
        NOTE.replace("taishan.example/log", "taishan\texample/log"),
        NOTE.replace("taishan.example/log", "taishan\ud800example/log"),
        NOTE.replace("example/sandbox", "example\udfffsandbox"),
        NOTE.replace("example/sandbox", "example\x00sandbox"),
    ],
)
def test_a_note_with_a_fault_is_refused(note: str) -> None:
    with pytest.raises(VerificationFailed):
        parse_note(note)


KEY = VerifierKey("taishan.example/sandbox", bytes(32))
KEY_64 = b64encode(b"\1" + bytes(32)).decode()


def identified(name: str, blob: bytes) -> str:
    """A key whose id fits, whatever else is wrong with it."""
    key_id = sha256(name.encode() + b"\n" + blob).hexdigest()[:8]
    return f"{name}+{key_id}+{b64encode(blob).decode()}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "++",
        "name",
        f"taishan.example/sandbox+{KEY.key_id.hex()}",
        f"+{KEY.key_id.hex()}+{KEY_64}",
        f"tai shan+{KEY.key_id.hex()}+{KEY_64}",
        f"taishan.example/other+{KEY.key_id.hex()}+{KEY_64}",
        f"taishan.example/sandbox+00000000+{KEY_64}",
        f"taishan.example/sandbox+{KEY.key_id.hex().upper()}+{KEY_64}",
        f"taishan.example/sandbox+{KEY.key_id.hex()}+{KEY_64[:-1]}",
        f"taishan.example/sandbox+{KEY.key_id.hex()}+",
        f"taishan\ud800+{KEY.key_id.hex()}+{KEY_64}",
        f"taishan\x00+{KEY.key_id.hex()}+{KEY_64}",
        identified("taishan", b"\1" + bytes(31)),
        identified("taishan", b"\1" + bytes(33)),
        identified("taishan", b"\2" + bytes(32)),
        identified("taishan", b""),
    ],
)
def test_a_verifier_key_with_a_fault_is_refused(text: str) -> None:
    with pytest.raises(VerificationFailed):
        parse_verifier_key(text)


@pytest.mark.parametrize(("name", "public"), [("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32)), ("a", bytes(31))])
def test_a_key_that_no_note_could_carry_cannot_be_made(name: str, public: bytes) -> None:
    with pytest.raises(VerificationFailed):
        VerifierKey(name, public)


# --- and whatever else comes in


CHARACTERS = st.sampled_from("—+=\n \r\tA09/\ud800\x00中") | st.characters(categories=["Cs", "Cc", "L"])
NOISE = st.text() | st.text(CHARACTERS)


@given(NOISE, st.integers(0, len(NOTE)), st.integers(0, len(NOTE)))
@example("\ud800", 0, 0)
@example("", 0, len(NOTE))
def test_text_of_any_kind_is_read_or_refused_but_never_crashes_a_reader(noise: str, one: int, other: int) -> None:
    start, end = sorted((one, other))
    for read in (parse_note, parse_checkpoint, parse_verifier_key):
        for text in (noise, NOTE[:start] + noise + NOTE[end:], f"name+{noise}+{KEY_64}", f"{noise}\n1\n{ROOT_64}\n"):
            try:
                read(text)
            except VerificationFailed as refused:
                str(refused).encode()


@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_a_note_that_is_read_is_written_again_as_it_was(place: int, letter: str) -> None:
    text = NOTE[:place] + letter + NOTE[place + 1 :]
    try:
        note = parse_note(text)
    except VerificationFailed:
        return
    assert str(note) == text
