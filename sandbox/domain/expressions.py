"""The `$` expressions of scenarios: a closed little language, parsed once, evaluated without side effects of its own.

    $alice                                 address of an actor or of a deployed instance
    $pick(clients)  $pick([$a, $b])        one of the clients, of the actors, or of a list, by the scenario's seed
    $int(1, 50)                            a whole number by the seed, both ends included
    $encode("f(uint16)", 156)              calldata with its selector
    $abi("address,uint256", $alice, 5)     ABI encoding without a selector
    $keccak("text")  $keccak($abi(...))    keccak-256
    $sign(alice, $keccak(...))             EIP-191 signature of an actor over a 32-byte hash
    $now                                   timestamp of the block

Anything that does not start with `$` is a literal, and `$$` starts a literal dollar. Inside an expression a nested `$` may be
left out; text and hex stand in quotes; there is no arithmetic.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sandbox.domain.units import Address
from sandbox.errors import InputError

Datum = int | str | bool | bytes | list["Datum"]
"""What an expression evaluates to."""

Plain = int | str | bool | list["Plain"]
"""What a scenario file can hold where an expression may stand."""

GROUPS: Final = frozenset({"clients", "actors"})
RESERVED: Final = GROUPS | {"now", "true", "false", "pick", "int", "encode", "abi", "keccak", "sign"}
"""Words that no actor and no instance may be called."""

NAME_ADVICE: Final = "use letters, digits and _, and none of the words of the $ language"

MAX_TEXT: Final = 4_096
MAX_DEPTH: Final = 16

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN: Final = re.compile(
    r"""(?P<text>"[^"\\\n]*"|'[^'\\\n]*')|\$(?=[A-Za-z_])|[A-Za-z_][A-Za-z0-9_]*|(?P<number>[0-9][0-9A-Za-z_]*)|[-()\[\],\s]"""
)
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]*(_[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Name:
    """An actor, an instance, a group of actors, or `now`."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written out."""

    value: int | str | bool


@dataclass(frozen=True, slots=True)
class Invoke:
    """A call of one of FUNCTIONS."""

    function: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: an array or a tuple of the ABI."""

    items: tuple[Expression, ...]


Expression = Name | Literal | Invoke | ListOf


class Environment(Protocol):
    """What evaluation needs to be told. Randomness and keys live behind it."""

    @property
    def now(self) -> int:
        """Timestamp of the block, unix seconds."""

    def address(self, name: str) -> Address:
        """Address of an actor or a deployed instance."""

    def group(self, name: str) -> Sequence[Address]:
        """Addresses of `clients` or `actors`, in the order of the file."""

    def pick(self, choices: Sequence[Datum]) -> Datum:
        """One of the choices, by the seed."""

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included, by the seed."""

    def encode(self, signature: str, args: Sequence[Datum]) -> bytes:
        """Calldata of a call."""

    def abi(self, types: str, args: Sequence[Datum]) -> bytes:
        """ABI encoding; `types` are separated by commas."""

    def keccak(self, data: bytes) -> bytes:
        """keccak-256, 32 bytes."""

    def sign(self, actor: str, digest: bytes) -> bytes:
        """EIP-191 personal_sign over a 32-byte hash, 65 bytes r || s || v."""


def parse(text: str) -> Expression:
    """The expression a text stands for. Raises InputError for anything outside the language."""
    if not text.startswith("$") or text.startswith("$$"):
        return Literal(text[1:] if text.startswith("$$") else text)
    try:
        tree = ast.parse(_without_dollars(text), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refused(text, "it does not read as one expression") from error
    return _convert(tree.body, text, 0)


def from_plain(value: Plain) -> Expression:
    """The expression for a value as it stands in a file: texts are parsed, lists item by item. Raises InputError."""
    if isinstance(value, list):
        return ListOf(tuple(map(from_plain, value)))
    return parse(value) if isinstance(value, str) else Literal(value)


def valid_name(name: str) -> bool:
    """True if an actor or instance may be called so, that is if an expression can say it."""
    try:  # the parser knows the words that Python keeps for itself, such as `from`
        return name not in RESERVED and _NAME.fullmatch(name) is not None and parse(f"${name}") == Name(name)
    except InputError:
        return False


def names_used(expression: Expression) -> frozenset[str]:
    """Names of all actors and instances the expression needs; groups and `now` are none."""
    return frozenset(_names(expression)) - GROUPS - {"now"}


def evaluate(expression: Expression, environment: Environment) -> Datum:
    """The value of an expression. Depends on nothing but the environment. Raises InputError where a value has the wrong
    type for its function (such as a list where a hash is needed)."""
    match expression:
        case Literal(value):
            return value
        case Name("now"):
            return environment.now
        case Name(name) if name in GROUPS:
            return list(environment.group(name))
        case Name(name):
            return environment.address(name)
        case ListOf(items):
            return [evaluate(item, environment) for item in items]
        case Invoke(function, args):
            return FUNCTIONS[function].apply(args, environment)


@dataclass(frozen=True, slots=True)
class Function:
    """A row of FUNCTIONS. accepts: pattern of the argument kinds, one letter each (see `_kind`)."""

    accepts: str
    usage: str
    apply: Callable[[tuple[Expression, ...], Environment], Datum]


def _pick(args: tuple[Expression, ...], environment: Environment) -> Datum:
    choices = evaluate(args[0], environment)
    if not isinstance(choices, list) or not choices:
        raise InputError("there is nothing to pick from", do="declare at least one such actor")
    return environment.pick(choices)


def _int(args: tuple[Expression, ...], environment: Environment) -> Datum:
    low, high = (evaluate(arg, environment) for arg in args)
    if not isinstance(low, int) or not isinstance(high, int) or low > high:
        raise InputError(f"$int needs two whole numbers in ascending order, not {low!r} and {high!r}")
    return environment.integer(low, high)


def _encode(args: tuple[Expression, ...], environment: Environment) -> Datum:
    signature, *values = (evaluate(arg, environment) for arg in args)
    return environment.encode(str(signature), values)


def _abi(args: tuple[Expression, ...], environment: Environment) -> Datum:
    types, *values = (evaluate(arg, environment) for arg in args)
    return environment.abi(str(types), values)


def _keccak(args: tuple[Expression, ...], environment: Environment) -> Datum:
    data = evaluate(args[0], environment)
    return environment.keccak(data.encode() if isinstance(data, str) else _bytes(data, "$keccak"))


def _sign(args: tuple[Expression, ...], environment: Environment) -> Datum:
    digest = _bytes(evaluate(args[1], environment), "$sign")
    if len(digest) != 32:
        raise InputError(f"$sign needs a hash of 32 bytes, not {len(digest)}", do="wrap the data into $keccak(...)")
    return environment.sign(next(iter(_names(args[0]))), digest)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "pick": Function(r"[gl]", "$pick(clients), $pick(actors) or $pick([$a, $b])", _pick),
    "int": Function(r"ii", "$int(1, 50), the smaller number first", _int),
    "encode": Function(r"t.*", '$encode("f(uint16)", 156)', _encode),
    "abi": Function(r"t.*", '$abi("address,uint256", $alice, 5)', _abi),
    "keccak": Function(r"[tc]", '$keccak("text") or $keccak($abi(...))', _keccak),
    "sign": Function(r"n[c]", "$sign(alice, $keccak(...))", _sign),
}


def _kind(expression: Expression) -> str:
    """g group, n name, t text, b truth value, i integer, l list with items, e empty list, c call."""
    match expression:
        case Name(name):
            return "g" if name in GROUPS else "n"
        case Literal(value):
            return "t" if isinstance(value, str) else "b" if isinstance(value, bool) else "i"
        case ListOf(items):
            return "l" if items else "e"
        case Invoke():
            return "c"


def _without_dollars(text: str) -> str:
    """Python's reading of the expression; refuses every character Python would read in a way the language does not know."""
    if len(text) > MAX_TEXT:
        raise _refused(text, f"it is longer than {MAX_TEXT} characters")
    parts: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refused(text, f"{text[position]!r} has no place in it")
        if match["number"] and _DECIMAL.fullmatch(match["number"]) is None:
            raise _refused(text, f"{match['number']} is not a decimal number", "put hex into quotes")
        parts.append("" if match[0] == "$" else " " if match[0].isspace() else match[0])
        position = match.end()
    return "".join(parts).strip()


def _convert(node: ast.expr, text: str, depth: int) -> Expression:
    if depth > MAX_DEPTH:
        raise _refused(text, f"it is nested deeper than {MAX_DEPTH}")
    match node:
        case ast.Name("true" | "false" as word):
            return Literal(word == "true")
        case ast.Constant(bool() | str() | int() as value):
            return Literal(value)
        case ast.UnaryOp(ast.USub(), ast.Constant(int() as value)) if not isinstance(value, bool):
            return Literal(-value)
        case ast.Name(name):
            return Name(name)
        case ast.List(items):
            return ListOf(tuple(_convert(item, text, depth + 1) for item in items))
        case ast.Call(ast.Name(function), args, []):
            return _invoke(function, tuple(_convert(arg, text, depth + 1) for arg in args), text)
        case _:
            raise _refused(text, "only names, numbers, quoted text, lists and calls may occur")


def _invoke(function: str, args: tuple[Expression, ...], text: str) -> Invoke:
    known = FUNCTIONS.get(function)
    if known is None:
        raise _refused(text, f"there is no function ${function}", "use one of: " + ", ".join(f"${name}" for name in FUNCTIONS))
    if re.fullmatch(known.accepts, "".join(map(_kind, args))) is None or (function == "int" and _descending(args)):
        raise _refused(text, f"${function} does not take these arguments", f"write {known.usage}")
    return Invoke(function, args)


def _descending(args: tuple[Expression, ...]) -> bool:
    low, high = (arg.value for arg in args if isinstance(arg, Literal))
    return int(low) > int(high)


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Name(name):
            yield name
        case Invoke(_, parts) | ListOf(parts):
            for part in parts:
                yield from _names(part)
        case Literal():
            return


def _bytes(value: Datum, function: str) -> bytes:
    if not isinstance(value, bytes):
        raise InputError(f"{function} needs bytes, not {value!r}", do="use $abi(...), $encode(...) or $keccak(...)")
    return value


def _refused(text: str, reason: str, do: str = "write such as $alice, $int(1, 50), $pick(clients)") -> InputError:
    shown = text if len(text) <= 80 else text[:79] + "…"
    return InputError(f"{shown!r} is not an expression: {reason}", do=do)
