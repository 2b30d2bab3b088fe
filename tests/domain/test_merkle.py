"""Merkle trees against a five-line oracle, the public conformance vectors, and attacks kept as named files."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    NodeSource,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
)
from sandbox.errors import VerificationFailed

ROOT = Path(__file__).resolve().parents[2]
CONFORMANCE = ROOT.parent / "shared" / "conformance" / "merkle"
ATTACKS = ROOT / "tests" / "vectors" / "merkle"

MOST = 200
LEAVES = [leaf_hash(str(number).encode()) for number in range(MOST)]
SIZES = st.integers(0, MOST)


def oracle(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + oracle(leaves[:k]) + oracle(leaves[k:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*path(index, leaves[:k]), oracle(leaves[k:])]
    return [*path(index - k, leaves[k:]), oracle(leaves[:k])]


def tree(leaves: Sequence[bytes]) -> tuple[Frontier, NodeSource]:
    growing = Frontier()
    nodes: dict[tuple[int, int], bytes] = {}
    for leaf in leaves:
        nodes.update({(node.level, node.index): node.hash for node in growing.append(leaf)})
    return growing, lambda level, index: nodes[level, index]


WHOLE, NODES = tree(LEAVES)
ROOTS = [oracle(LEAVES[:size]) for size in range(MOST + 1)]


def test_a_leaf_and_a_node_of_the_same_bytes_have_different_hashes() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"\x01" + left + right) != node_hash(left, right)


def test_published_roots() -> None:
    """From the reference implementation of Certificate Transparency: the eight entries of its tests."""
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    published = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    growing = Frontier()
    assert growing.root() == EMPTY_ROOT == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    for entry in entries:
        growing.append(leaf_hash(bytes.fromhex(entry)))
        assert growing.root().hex() == published.get(growing.size, growing.root().hex())


@pytest.mark.parametrize("size", range(MOST + 1))
def test_a_growing_tree_has_the_oracles_root_at_every_size(size: int) -> None:
    growing, nodes = tree(LEAVES[:size])
    assert growing.root() == root(size, nodes) == root(size, NODES) == ROOTS[size]
    assert frontier(size, NODES) == growing


def test_an_append_completes_each_node_once() -> None:
    growing = Frontier()
    complete = [(node.level, node.index) for leaf in LEAVES for node in growing.append(leaf)]
    assert len(complete) == len(set(complete)) == sum(MOST >> level for level in range(MOST.bit_length()))
    assert all(NODES(level, at) == oracle_of(level, at) for level, at in complete)


def oracle_of(level: int, index: int) -> bytes:
    return oracle(LEAVES[index << level : (index + 1) << level])


@given(SIZES, SIZES)
def test_a_tree_taken_up_again_goes_on_as_if_it_had_not_been_put_down(first: int, second: int) -> None:
    early, late = sorted((first, second))
    again = frontier(early, NODES)
    for leaf in LEAVES[early:late]:
        again.append(leaf)
    assert again.root() == ROOTS[late]


@given(st.data(), st.integers(1, MOST))
def test_every_entry_is_shown_to_be_included_by_the_oracles_path(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, NODES)
    assert list(proof) == path(index, LEAVES[:size])
    verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


@given(st.data(), st.integers(1, MOST))
def test_every_tree_is_shown_to_extend_every_smaller_one(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new))
    verify_consistency(old, new, ROOTS[old], ROOTS[new], consistency_proof(old, new, NODES))


@given(st.data(), st.integers(2, MOST))
def test_an_inclusion_proof_shows_nothing_else(data: st.DataObject, size: int) -> None:
    index, other = data.draw(st.permutations(range(size)))[:2]
    proof = inclusion_proof(index, size, NODES)
    for what in (
        (other, size, LEAVES[index], proof, ROOTS[size]),
        (index, size, LEAVES[other], proof, ROOTS[size]),
        (index, size, LEAVES[index], proof[:-1], ROOTS[size]),
        (index, size, LEAVES[index], (*proof, LEAVES[0]), ROOTS[size]),
        (index, size, LEAVES[index], (LEAVES[0], *proof), ROOTS[size]),
        (index, size, LEAVES[index], proof, ROOTS[size - 1]),
        (index, size, LEAVES[index], tuple(flipped(proof, data)), ROOTS[size]),
    ):
        with pytest.raises(VerificationFailed):
            verify_inclusion(*what)


@given(st.data(), st.integers(2, MOST))
def test_a_consistency_proof_shows_nothing_else(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(old, new, NODES)
    for what in (
        (old, new, ROOTS[new], ROOTS[old], proof),
        (old, new, ROOTS[old - 1], ROOTS[new], proof),
        (old, new, ROOTS[old], ROOTS[new - 1], proof),
        (old, new, ROOTS[old], ROOTS[new], proof[:-1]),
        (old, new, ROOTS[old], ROOTS[new], (*proof, ROOTS[0])),
        (old, new, ROOTS[old], ROOTS[new], tuple(flipped(proof, data))),
        (new, old, ROOTS[new], ROOTS[old], proof),
        (0, new, EMPTY_ROOT, ROOTS[new], ()),
    ):
        with pytest.raises(VerificationFailed):
            verify_consistency(*what)


def flipped(proof: Sequence[bytes], data: st.DataObject) -> list[bytes]:
    changed, at, bit = list(proof), data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    changed[at] = (int.from_bytes(changed[at], "big") ^ 1 << bit).to_bytes(32, "big")
    return changed


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_no_proof_is_made_or_accepted_for_an_entry_outside_the_log(index: int, size: int) -> None:
    with pytest.raises(VerificationFailed, match=f"no entry {index} in a log of {size}"):
        inclusion_proof(index, size, NODES)
    with pytest.raises(VerificationFailed, match=f"no entry {index} in a log of {size}"):
        verify_inclusion(index, size, LEAVES[0], (), LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_no_log_is_shown_to_extend_an_empty_a_larger_or_an_impossible_one(old: int, new: int) -> None:
    with pytest.raises(VerificationFailed):
        consistency_proof(old, new, NODES)
    with pytest.raises(VerificationFailed):
        verify_consistency(old, new, EMPTY_ROOT, EMPTY_ROOT, ())


def test_a_short_hash_in_a_proof_is_refused() -> None:
    for short in (b"", b"a", LEAVES[1][:31], LEAVES[1] + b"\0"):
        with pytest.raises(VerificationFailed, match=f"has {len(short)} bytes, not 32"):
            verify_inclusion(0, 2, LEAVES[0], [short], ROOTS[2])


# --- vectors


def decoded(text: str | None) -> bytes:
    return b64decode(text) if text else b""


def verify_vector(kind: str, vector: dict[str, Any]) -> None:
    """One vector in the format of transparency-dev/merkle. Its inclusion in a subtree is inclusion in a tree of its own."""
    proof = [decoded(text) for text in vector["proof"] or []]
    match kind:
        case "inclusion":
            leaf, whole = decoded(vector["leafHash"]), decoded(vector["root"])
            verify_inclusion(vector["leafIdx"], vector["treeSize"], leaf, proof, whole)
        case "consistency":
            roots = decoded(vector["root1"]), decoded(vector["root2"])
            verify_consistency(vector["size1"], vector["size2"], *roots, proof)
        case "subtreeinclusion":
            start, end, leaf = vector["start"], vector["end"], decoded(vector["leafHash"])
            if not 0 <= start < end or start & ((1 << (end - start - 1).bit_length()) - 1):
                raise VerificationFailed(f"leaves {start} to {end} are no subtree")
            verify_inclusion(vector["leafIdx"] - start, end - start, leaf, proof, decoded(vector["root"]))
        case "subtreeconsistency":
            roots = decoded(vector["root1"]), decoded(vector["root2"])
            verify_subtree_consistency(vector["start"], vector["end"], vector["size"], *roots, proof)
        case _:
            raise AssertionError(f"no verifier for {kind} vectors")


VECTORS = sorted(CONFORMANCE.rglob("*.json"))
needs_vectors = pytest.mark.skipif(not VECTORS, reason="the public vectors are not here: ../shared/conformance/merkle")


@needs_vectors
@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.relative_to(CONFORMANCE).as_posix())
def test_the_public_vectors_are_accepted_and_refused_as_they_say(file: Path) -> None:
    vector = json.loads(file.read_text())
    kind = file.relative_to(CONFORMANCE).parts[0]
    if vector["wantErr"]:
        with pytest.raises(VerificationFailed):
            verify_vector(kind, vector)
    else:
        verify_vector(kind, vector)


@needs_vectors
def test_all_public_vectors_were_found() -> None:
    assert len(VECTORS) == 518


@pytest.mark.parametrize("file", sorted(ATTACKS.glob("*.json")), ids=lambda file: file.stem)
def test_an_attack_is_refused_for_its_own_reason_and_the_honest_proof_beside_it_holds(file: Path) -> None:
    attack = json.loads(file.read_text())
    verify_vector(attack["kind"], attack["honest"])
    with pytest.raises(VerificationFailed, match=attack["refused"]):
        verify_vector(attack["kind"], attack["honest"] | attack["changed"])


def test_the_named_attacks_are_there() -> None:
    named = "flipped_bit index_beyond_size leaf_as_node swapped_roots trailing_garbage truncated unconsumed_size wrong_index"
    assert {file.stem for file in ATTACKS.glob("*.json")} >= set(named.split())
