"""Depth of JSON is told before it is parsed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.nesting import DEEPEST, too_deep


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_the_deepest_nesting_is_allowed_and_one_more_is_not(opening: str, closing: str) -> None:
    assert not too_deep((opening * DEEPEST + "0" + closing * DEEPEST).encode())
    assert too_deep((opening * (DEEPEST + 1) + "0" + closing * (DEEPEST + 1)).encode())


def test_a_text_that_never_closes_is_too_deep() -> None:
    assert too_deep(b"[" * 10_000_000)


def test_many_arrays_side_by_side_are_not_deep() -> None:
    assert not too_deep(json.dumps([[]] * 10_000).encode())


def test_brackets_inside_text_do_not_count() -> None:
    assert not too_deep(json.dumps(["[" * 5_000, '\\"{' * 5_000]).encode())


@given(st.recursive(st.text(max_size=6), lambda inner: st.lists(inner, max_size=3), max_leaves=20), st.integers(0, 5))
def test_it_agrees_with_the_real_depth(value: object, deepest: int) -> None:
    def depth(item: object) -> int:
        return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0

    assert too_deep(json.dumps(value).encode(), deepest) == (depth(value) > deepest)
