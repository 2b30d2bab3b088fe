"""The `$` language: what it reads, what it refuses, and what it evaluates to."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.expressions import (
    Datum,
    Expression,
    Invoke,
    ListOf,
    Literal,
    Name,
    evaluate,
    from_plain,
    names_used,
    parse,
    valid_name,
)
from sandbox.domain.units import Address
from sandbox.errors import InputError


class Recording:
    """An environment that answers with what it was asked."""

    now = 1_000

    def address(self, name: str) -> Address:
        return Address(f"0x{name}")

    def group(self, name: str) -> Sequence[Address]:
        return [Address(f"0x{name}1"), Address(f"0x{name}2")]

    def pick(self, choices: Sequence[Datum]) -> Datum:
        return choices[-1]

    def integer(self, low: int, high: int) -> int:
        return low + high

    def encode(self, signature: str, args: Sequence[Datum]) -> bytes:
        return f"{signature}<{args}>".encode()

    def abi(self, types: str, args: Sequence[Datum]) -> bytes:
        return f"{types}<{args}>".encode()

    def keccak(self, data: bytes) -> bytes:
        return (data + b"\0" * 32)[:32]

    def sign(self, actor: str, digest: bytes) -> bytes:
        return actor.encode() + digest


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("$alice", Name("alice")),
        ("$now", Name("now")),
        ("plain", Literal("plain")),
        ("", Literal("")),
        ("$$5", Literal("$5")),
        ("0xab", Literal("0xab")),
        ("$pick(clients)", Invoke("pick", (Name("clients"),))),
        ("$pick([$a, b])", Invoke("pick", (ListOf((Name("a"), Name("b"))),))),
        ("$int(1, 50)", Invoke("int", (Literal(1), Literal(50)))),
        ("$int(-5, 1_000)", Invoke("int", (Literal(-5), Literal(1000)))),
        ("$keccak('costs $5')", Invoke("keccak", (Literal("costs $5"),))),
        ('$abi("bool,address", true, "0xab")', Invoke("abi", (Literal("bool,address"), Literal(True), Literal("0xab")))),
        (
            "$sign(alice, $keccak('x'))",
            Invoke("sign", (Name("alice"), Invoke("keccak", (Literal("x"),)))),
        ),
        ("  $alice", Literal("  $alice")),
    ],
)
def test_an_expression_is_read(text: str, expression: Expression) -> None:
    assert parse(text) == expression


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "$1",
        "$'text'",
        "$alice.balance",
        "$alice + 1",
        "$alice[0]",
        "$a b",
        "$a if $b else $c",
        "$lambda: 0",
        "$None",
        "$foo()",
        "$__import__('os')",
        "$int(1)",
        "$int(5, 1)",
        "$int($a, 5)",
        "$int(true, 5)",
        "$int(1, 2, 3)",
        "$int(01, 2)",
        "$int(1.5, 2)",
        "$pick()",
        "$pick([])",
        "$pick($alice)",
        "$abi(1)",
        "$abi('bytes', 0xab)",
        "$abi('x', *a)",
        "$abi('x', y=1)",
        "$encode()",
        "$keccak(5)",
        "$keccak(f'x')",
        "$keccak(b'x')",
        r"$keccak('a\n')",
        "$sign($pick([$a]), $keccak('x'))",
        "$sign(alice, 'text')",
        "$a\0",
        "$ａ",
        "$" + "(" * 2000,
        "$" + "a" * 5000,
        "$pick([" + "[" * 40 + "a" + "]" * 40 + "])",
    ],
)
def test_anything_else_is_refused_with_advice(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.do and len(caught.value.what) < 300


@given(st.text(max_size=60).map("$".__add__))
def test_no_text_makes_the_parser_fail_in_another_way(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            parse(text)
        except InputError:
            pass


@given(st.text("$alicepk0159_'\"()[], -", max_size=40).map("$".__add__))
def test_no_text_of_the_language_makes_the_parser_fail_in_another_way(text: str) -> None:
    try:
        names_used(parse(text))
    except InputError:
        pass


def test_names_used_are_actors_and_instances_only() -> None:
    expression = parse("$abi('address[],address,uint256', [$a, b], $Register, $now)")
    assert names_used(expression) == {"a", "b", "Register"}
    assert names_used(parse("$pick(clients)")) == frozenset()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$alice", "0xalice"),
        ("$now", 1_000),
        ("text", "text"),
        ("$pick(clients)", "0xclients2"),
        ("$pick([$a, $b])", "0xb"),
        ("$int(1, 50)", 51),
        ("$encode('f(uint16)', 156)", b"f(uint16)<[156]>"),
        ("$abi('address', $a)", b"address<['0xa']>"),
        ("$keccak('x')", b"x" + b"\0" * 31),
        ("$sign(alice, $keccak('x'))", b"alicex" + b"\0" * 31),
    ],
)
def test_an_expression_is_evaluated_in_its_environment(text: str, value: Datum) -> None:
    assert evaluate(parse(text), Recording()) == value


def test_a_signature_needs_a_hash_of_32_bytes() -> None:
    with pytest.raises(InputError, match="32 bytes"):
        evaluate(parse("$sign(alice, $abi('address', $a))"), Recording())


def test_nothing_can_be_picked_from_an_empty_group() -> None:
    class Empty(Recording):
        def group(self, name: str) -> Sequence[Address]:
            return []

    with pytest.raises(InputError, match="nothing to pick"):
        evaluate(parse("$pick(clients)"), Empty())


def test_lists_of_a_file_are_read_item_by_item() -> None:
    assert from_plain([1, "$a", [True, "x"]]) == ListOf((Literal(1), Name("a"), ListOf((Literal(True), Literal("x")))))


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("alice2", True),
        ("_a", True),
        ("alice-2", False),
        ("now", False),
        ("clients", False),
        ("from", False),
        ("甲", False),
        ("", False),
    ],
)
def test_a_name_is_valid_if_an_expression_can_say_it(name: str, valid: bool) -> None:
    assert valid_name(name) == valid
    if valid:
        assert parse(f"${name}") == Name(name)
