"""Canonical JSON: byte for byte what the reference package writes, and a refusal for all it would round or guess."""

from __future__ import annotations

import json
from collections import OrderedDict
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.canonical import MAX_INTEGER, canonical, parse_canonical
from sandbox.errors import InputError, VerificationFailed


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


KEYS = st.text(st.sampled_from("aZ0_é中\ue000\ufffd\U0001f600\x00\x7f\"\\/\u2028"), max_size=4) | st.text(max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text()
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


@given(VALUES)
def test_it_writes_what_the_reference_package_writes(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_is_written_reads_back_as_the_same_value_and_the_same_bytes(value: Any) -> None:
    data = canonical(value)
    assert json.loads(data) == value
    assert canonical(parse_canonical(data)) == data


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        (1, b"1"),
        ([False, 0, "0"], b'[false,0,"0"]'),
        (MAX_INTEGER, b"9007199254740991"),
        (-MAX_INTEGER, b"-9007199254740991"),
        ((1, (2, ())), b"[1,[2,[]]]"),
        (b"\x00\xff", b'"0x00ff"'),
        ({"hash": b""}, b'{"hash":"0x"}'),
        (Colour.RED, b'"red"'),
        ({Colour.RED: Level.HIGH}, b'{"red":3}'),
        (OrderedDict([("b", 1), ("a", 2)]), b'{"a":2,"b":1}'),
        (MappingProxyType({"b": [], "a": {}}), b'{"a":{},"b":[]}'),
        ("泰山 \u2028 \x7f", '"泰山 \u2028 \x7f"'.encode()),
        ('"\\/\b\f\n\r\t\x00\x1f', rb'"\"\\/\b\f\n\r\t\u0000\u001f"'),
        ({"é": 1, "z": 2, "a": 3}, '{"a":3,"z":2,"é":1}'.encode()),
        ({"v": 1, "type": "note", "amount": str(2**256 - 1)}, b'{"amount":"%d","type":"note","v":1}' % (2**256 - 1)),
    ],
)
def test_golden_bytes(value: object, expected: bytes) -> None:
    assert canonical(value) == expected


def test_keys_are_ordered_by_utf16_code_units_not_by_code_points() -> None:
    """The example of RFC 8785 section 3.2.3: an emoji (a surrogate pair) goes before U+FB33."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    written = list(json.loads(canonical(dict.fromkeys(keys))))
    assert written == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def cycle() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        0.1,
        float("nan"),
        float("inf"),
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        10**5000,
        {1: "a"},
        {None: "a"},
        {b"a": "a"},
        {("a",): 1},
        {"a", "b"},
        object(),
        bytearray(b"a"),
        "\ud800",
        {"\udfff": 1},
        {"é": "\ud83d"},
        cycle(),
        deep(100_000),
        {"a": [{"b": 1.5}]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_single_exact_form_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        canonical(value)


@given(VALUES.filter(lambda value: isinstance(value, dict | list) and value), st.data())
def test_a_float_anywhere_inside_is_refused(value: Any, data: st.DataObject) -> None:
    hidden = [value, {"x": data.draw(st.floats())}]
    with pytest.raises(InputError):
        canonical(hidden)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b"1.0",
        b"1e2",
        b"-0",
        b"NaN",
        b"Infinity",
        rb'"\u0041"',
        rb'"\/"',
        rb'"\ud800"',
        b'"\xff"',
        b"9007199254740992",
        b"\xef\xbb\xbf1",
        '{"a":1}'.encode("utf-16"),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"1" * 5000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_bytes_that_are_no_values_canonical_form_are_not_read(data: bytes) -> None:
    with pytest.raises(VerificationFailed):
        parse_canonical(data)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_arbitrary_bytes_are_read_as_canonical_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except VerificationFailed:
        return
    assert canonical(value) == data
