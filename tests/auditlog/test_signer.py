"""Keys, signatures, and the file that holds a key."""

from __future__ import annotations

import os
import stat
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from sandbox.auditlog import Signer, load_or_create, verify_note
from sandbox.domain.checkpoint import Checkpoint, Signature, SignedNote, VerifierKey, parse_note, parse_verifier_key
from sandbox.errors import InputError, VerificationFailed

NAME = "taishan.example/sandbox"
SIGNER = Signer(NAME, bytes(range(32)))
OTHER = Signer(NAME, bytes(32))
REGULATOR = Signer("regulator.example", bytes(32))
CHECKPOINT = Checkpoint("taishan.example/log/sandbox", 42, bytes(range(32)))
NOTE = SIGNER.sign(CHECKPOINT)


# --- signatures


def test_a_signed_checkpoint_is_read_back_with_the_key_that_signed_it() -> None:
    assert verify_note(NOTE, SIGNER.verifier) == CHECKPOINT
    assert verify_note(NOTE, parse_verifier_key(str(SIGNER.verifier))) == CHECKPOINT


def test_the_signature_is_plain_ed25519_over_the_text() -> None:
    note = parse_note(NOTE)
    assert note.text == CHECKPOINT.body()
    Ed25519PublicKey.from_public_bytes(SIGNER.verifier.public).verify(note.signatures[0].blob, note.text.encode())


def test_the_public_key_of_a_seed_is_the_one_of_rfc_8032() -> None:
    """Section 7.1, test 1."""
    signer = Signer(NAME, bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert signer.verifier.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def test_a_published_note_passes_its_published_key_up_to_its_not_being_a_checkpoint() -> None:
    """The example of golang.org/x/mod/sumdb/note, whose format C2SP took over."""
    key = parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    with pytest.raises(VerificationFailed, match="three lines"):
        verify_note(note, key)
    with pytest.raises(VerificationFailed, match="false"):
        verify_note(note.replace("cryptography", "blockchain"), key)


def test_another_key_of_the_same_name_another_name_for_the_same_key_and_the_regulators_key_do_not_verify() -> None:
    for key in (OTHER.verifier, VerifierKey("someone.example", SIGNER.verifier.public), REGULATOR.verifier):
        with pytest.raises(VerificationFailed, match="not signed by"):
            verify_note(NOTE, key)


def test_a_forged_signature_under_the_right_name_and_key_id_does_not_verify() -> None:
    forged = parse_note(OTHER.sign(CHECKPOINT)).signatures[0].blob
    for blob in (forged, bytes(64), forged[:63], forged + b"\0", b"\0"):
        note = SignedNote(CHECKPOINT.body(), (Signature(NAME, SIGNER.verifier.key_id, blob),))
        with pytest.raises(VerificationFailed, match="false"):
            verify_note(str(note), SIGNER.verifier)


def test_a_signature_made_malleable_does_not_verify() -> None:
    """s + L signs the same text by the same equation; RFC 8032 wants s < L."""
    blob = parse_note(NOTE).signatures[0].blob
    order = 2**252 + 27742317777372353535851937790883648493
    twin = blob[:32] + (int.from_bytes(blob[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(VerificationFailed, match="false"):
        verify_note(str(SignedNote(CHECKPOINT.body(), (Signature(NAME, SIGNER.verifier.key_id, twin),))), SIGNER.verifier)


def test_the_signature_of_one_checkpoint_does_not_serve_another() -> None:
    text = Checkpoint(CHECKPOINT.origin, 43, CHECKPOINT.root).body()
    with pytest.raises(VerificationFailed, match="false"):
        verify_note(str(SignedNote(text, parse_note(NOTE).signatures)), SIGNER.verifier)


def cosigned(*signers: Signer) -> str:
    signatures = (parse_note(signer.sign(CHECKPOINT)).signatures[0] for signer in signers)
    return str(SignedNote(CHECKPOINT.body(), tuple(signatures)))


def test_a_note_with_two_signatures_verifies_with_either_key_and_no_third() -> None:
    for note in (cosigned(SIGNER, REGULATOR), cosigned(REGULATOR, SIGNER), cosigned(OTHER, SIGNER, REGULATOR)):
        assert verify_note(note, SIGNER.verifier) == verify_note(note, REGULATOR.verifier) == CHECKPOINT
        with pytest.raises(VerificationFailed):
            verify_note(note, Signer("auditor.example", bytes(32)).verifier)


def test_a_false_signature_is_not_made_good_by_a_true_one_of_somebody_else() -> None:
    ours = Signature(NAME, SIGNER.verifier.key_id, bytes(64))
    theirs = parse_note(REGULATOR.sign(CHECKPOINT)).signatures[0]
    note = str(SignedNote(CHECKPOINT.body(), (theirs, ours)))
    assert verify_note(note, REGULATOR.verifier) == CHECKPOINT
    with pytest.raises(VerificationFailed, match="false"):
        verify_note(note, SIGNER.verifier)


@given(st.integers(0, len(NOTE) - 1), st.characters())
def test_any_other_character_anywhere_in_a_note_is_found(place: int, letter: str) -> None:
    if letter != NOTE[place]:
        with pytest.raises(VerificationFailed):
            verify_note(NOTE[:place] + letter + NOTE[place + 1 :], SIGNER.verifier)


def test_any_bit_of_a_signature_or_key_id_is_found() -> None:
    line = NOTE.rstrip("\n").rpartition(" ")[2]
    blob = b64decode(line)
    for bit in range(8 * len(blob)):
        changed = (int.from_bytes(blob, "big") ^ 1 << bit).to_bytes(len(blob), "big")
        with pytest.raises(VerificationFailed):
            verify_note(NOTE.replace(line, b64encode(changed).decode()), SIGNER.verifier)


@given(st.binary(min_size=32, max_size=32))
def test_no_public_key_however_odd_crashes_a_verifier(public: bytes) -> None:
    key = VerifierKey(NAME, public)
    note = SignedNote(CHECKPOINT.body(), (Signature(NAME, key.key_id, bytes(64)),))
    with pytest.raises(VerificationFailed):
        verify_note(str(note), key)


# --- the key's file


def test_a_key_is_created_once_and_loaded_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "sandbox.key"
    first = load_or_create(path, NAME, bytes(range(32)))
    again = load_or_create(path, NAME, bytes(32))
    assert first.verifier == again.verifier == SIGNER.verifier
    assert path.read_text() == bytes(range(32)).hex() + "\n"
    assert [file.name for file in path.parent.iterdir()] == ["sandbox.key"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX's")
def test_only_its_owner_can_read_a_key_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_create(tmp_path / "sandbox.key", NAME, bytes(32))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "sandbox.key").stat().st_mode) == 0o600


def test_many_who_create_a_key_at_once_end_with_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(lambda number: load_or_create(tmp_path / "key", NAME, bytes([number] * 32)), range(8)))
    assert len({signer.verifier for signer in signers}) == 1


BAD_FILES = [b"", b"\n", b"not hex", b"ab", b"ab" * 31, b"ab" * 33, b"\xff" * 32, bytes(32), b"-----BEGIN PRIVATE KEY-----"]


@pytest.mark.parametrize("content", BAD_FILES)
def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sandbox.key"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a signing key") as raised:
        load_or_create(path, NAME, bytes(32))
    assert raised.value.where == str(path)
    assert path.read_bytes() == content
