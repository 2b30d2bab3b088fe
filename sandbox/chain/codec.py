"""Contract ABIs: encode calls, decode results, events and errors. Each entry is prepared once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from sandbox.chain.coercion import coercer
from sandbox.domain.effects import Log
from sandbox.domain.units import Address
from sandbox.errors import InputError

JsonObject = Mapping[str, object]

_DYNAMIC: Final = ("string", "bytes")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input or output. kind: canonical ABI type, tuples spelled out."""

    name: str
    kind: str
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A function, event or error. signature: canonical. digest: keccak-256 of the signature. view: cannot write."""

    name: str
    signature: str
    digest: bytes
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...] = ()
    anonymous: bool = False
    view: bool = False
    payable: bool = False

    @property
    def selector(self) -> bytes:
        """First four bytes of the digest."""
        return self.digest[:4]


@dataclass(frozen=True, slots=True)
class DecodedEvent:
    """An event as its contract means it. args: by name (by position where unnamed); an indexed string, bytes, array or
    tuple is only its 32-byte hash, as the EVM keeps no more."""

    contract: str
    address: Address
    name: str
    args: Mapping[str, Any]
    log_index: int


def encode_values(kinds: Sequence[str], args: Sequence[Any], what: str = "abi") -> bytes:
    """ABI-encode values as people write them. what: named in complaints. Raises InputError."""
    if len(args) != len(kinds):
        raise InputError(
            f"{what} takes {len(kinds)} arguments, not {len(args)}", do=f"hand in ({', '.join(kinds)}), in this order"
        )
    values = [
        coercer(kind)(arg, f"argument {index + 1} of {what}") for index, (kind, arg) in enumerate(zip(kinds, args, strict=True))
    ]
    return encode(kinds, values)


def encode_call(signature: str, args: Sequence[Any]) -> bytes:
    """Calldata for a signature such as `"transfer(address,uint256)"`. Raises InputError."""
    name, bracket, rest = signature.replace(" ", "").partition("(")
    if not bracket or not rest.endswith(")") or not name:
        raise InputError(f"{signature!r} is not a function signature", do='write such as "transfer(address,uint256)"')
    kinds = split_kinds(rest[:-1])
    return keccak(f"{name}({','.join(kinds)})".encode())[:4] + encode_values(kinds, args, name)


def split_kinds(text: str) -> list[str]:
    """`"uint256,(address,bool)[]"` -> its types, at the outermost level."""
    kinds: list[str] = []
    depth = start = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            kinds.append(text[start:at])
            start = at + 1
    return [*kinds, text[start:]] if text else []


class Interface:
    """The ABI of one contract. name: used in complaints."""

    def __init__(self, name: str, abi: Iterable[JsonObject]) -> None:
        self.name = name
        self.functions: dict[str, list[Entry]] = {}
        self.by_selector: dict[bytes, Entry] = {}
        self.events: dict[bytes, list[Entry]] = {}
        self.errors: dict[bytes, Entry] = {}
        self.constructor = Entry("constructor", "constructor()", b"", ())
        for item in abi:
            self._add(item)

    def _add(self, item: JsonObject) -> None:
        kind = item.get("type", "function")
        entry = _entry(item)
        if kind == "function":
            self.functions.setdefault(entry.name, []).append(entry)
            self.by_selector[entry.selector] = entry
        elif kind == "event" and not entry.anonymous:
            self.events.setdefault(entry.digest, []).append(entry)
        elif kind == "error":
            self.errors[entry.selector] = entry
        elif kind == "constructor":
            self.constructor = entry

    def function(self, name: str, count: int) -> Entry:
        """By name and number of arguments, or by full signature. Raises InputError if there is not exactly one."""
        bare = name.partition("(")[0]
        known = self.functions.get(bare, [])
        if not known:
            names = ", ".join(sorted(self.functions)) or "none"
            raise InputError(f"{self.name} has no function {bare!r}", do=f"its functions are: {names}")
        if bare != name:
            fitting = [entry for entry in known if entry.signature == name.replace(" ", "")]
        else:
            fitting = [entry for entry in known if len(entry.inputs) == count]
        if len(fitting) == 1:
            return fitting[0]
        signatures = ", ".join(entry.signature for entry in known)
        if not fitting and len(known) == 1:
            return known[0]
        problem = "is ambiguous" if fitting else "does not exist in this form"
        raise InputError(f"{self.name}.{name} with {count} arguments {problem}", do=f"write one of: {signatures}")

    def deployment(self, args: Sequence[Any]) -> bytes:
        """Encoded constructor arguments, to follow the init code. Raises InputError."""
        return encode_values([one.kind for one in self.constructor.inputs], args, f"{self.name}.constructor")

    def call(self, name: str, args: Sequence[Any]) -> bytes:
        """Calldata. Raises InputError naming the argument that does not fit."""
        entry = self.function(name, len(args))
        return entry.selector + encode_values([one.kind for one in entry.inputs], args, f"{self.name}.{entry.name}")

    def result(self, entry: Entry, data: bytes) -> tuple[Any, ...]:
        """Return values. Raises InputError if the data is not what the ABI promises."""
        try:
            return decode([one.kind for one in entry.outputs], data)
        except (DecodingError, UnicodeDecodeError) as error:
            kinds = ", ".join(one.kind for one in entry.outputs)
            raise InputError(
                f"{self.name}.{entry.name} returned {len(data)} bytes that are not ({kinds})",
                do="check that the ABI belongs to the code at this address",
            ) from error

    def event(self, log: Log) -> DecodedEvent | None:
        """The event, or None if the ABI does not know it or the log does not have its shape."""
        for entry in self.events.get(log.topics[0], ()) if log.topics else ():
            if sum(one.indexed for one in entry.inputs) == len(log.topics) - 1:
                args = _event_args(entry, log)
                return None if args is None else DecodedEvent(self.name, log.address, entry.name, args, log.index)
        return None

    def error(self, data: bytes) -> tuple[str, tuple[Any, ...]] | None:
        """Name and arguments of a custom error, or None if the ABI does not know it."""
        entry = self.errors.get(data[:4])
        if entry is None:
            return None
        try:
            return entry.name, decode([one.kind for one in entry.inputs], data[4:])
        except (DecodingError, UnicodeDecodeError):
            return None


def _event_args(entry: Entry, log: Log) -> dict[str, Any] | None:
    topics = iter(log.topics[1:])
    plain = [one.kind for one in entry.inputs if not one.indexed]
    try:
        values = iter(decode(plain, log.data))
        return {
            one.name or str(index): _topic(one.kind, next(topics)) if one.indexed else next(values)
            for index, one in enumerate(entry.inputs)
        }
    except (DecodingError, UnicodeDecodeError):
        return None


def _topic(kind: str, word: bytes) -> Any:
    hashed = kind in _DYNAMIC or kind.endswith((")", "]"))
    return word if hashed else decode([kind], word)[0]


def _entry(item: JsonObject) -> Entry:
    inputs, outputs = _parameters(item.get("inputs")), _parameters(item.get("outputs"))
    name = str(item.get("name", item.get("type")))
    signature = f"{name}({','.join(one.kind for one in inputs)})"
    mutability = item.get("stateMutability")
    return Entry(
        name,
        signature,
        keccak(signature.encode()),
        inputs,
        outputs,
        anonymous=item.get("anonymous") is True,
        view=mutability in ("view", "pure"),
        payable=mutability == "payable",
    )


def _parameters(items: object) -> tuple[Parameter, ...]:
    if not isinstance(items, (list, tuple)):
        return ()
    return tuple(Parameter(str(item.get("name", "")), _kind(item), item.get("indexed") is True) for item in items)


def _kind(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_kind(component) for component in item.get('components', ()))}){kind[5:]}"
