"""Strict YAML: plain data with the place of every value, and every doubtful spelling refused.

The reading follows the core schema of YAML 1.2, minus what could mean two things: numbers with a point, hex and octal
numbers, leading zeros, yes/no/on/off, directives, several documents, keys that are not text; and minus anchors and tags.
Faults are collected, so that a person corrects a file once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.errors import InputError

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 32
MAX_NODES: Final = 50_000
MAX_DIGITS: Final = 100

Plain = int | str | bool | None | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]

QUOTE: Final = "put it into quotes"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INT: Final = re.compile(r"[-+]?[0-9]+")
_REFUSED: Final = (
    (r"[-+]?0[xX][0-9A-Fa-f_]*", "{} is hex without quotes, which YAML reads as a number", QUOTE),
    (r"[-+]?0[oObB][0-9_]+", "{} is an octal or binary number", "write it in decimal, or " + QUOTE),
    (r"[-+]?0[0-9]+", "{} starts with a zero, which YAML versions read differently", QUOTE),
    (
        r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "{} is a floating-point number, which is never exact",
        QUOTE + ', an amount with its currency: "12.50 CNY"',
    ),
    (r"(?i:yes|no|on|off)", "{} is a truth value to some YAML versions and text to others", f"write true or false, or {QUOTE}"),
)
_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file. Both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file."""

    mark: Mark
    what: str
    do: str | None = None


@dataclass(slots=True)
class Document:
    """A file as read. values and keys: place of each value and of each mapping key, by path. faults: in the order found;
    where a scalar is at fault its text stands in for it."""

    file: str
    data: Plain = None
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def where(self, mark: Mark) -> str:
        """file:line:column."""
        return f"{self.file}:{mark.line}:{mark.column}"

    def mark(self, path: Path) -> Mark:
        """Place of the value at the path, or of the nearest one around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Mark(1, 1))


def read(raw: bytes, file: str) -> Document:
    """Plain data of one YAML file. Raises InputError where the reading cannot go on (not UTF-8, broken YAML, too large);
    lesser faults are in the document."""
    document = Document(file)
    if len(raw) > MAX_BYTES:
        raise _error(document, Mark(1, 1), f"the file has more than {MAX_BYTES} bytes", "split it, or generate less")
    reader = _Reader(document, _events(document, _text(document, raw)))
    if not reader.start():
        raise _error(document, Mark(1, 1), "the file is empty", "see `taishan schema` for what belongs into it")
    document.data = reader.value(())
    reader.end()
    return document


class _Reader:
    """Builds plain data from parser events; never expands an alias, never recurses deeper than MAX_DEPTH."""

    def __init__(self, document: Document, events: Iterator[Any]) -> None:
        self.document = document
        self.events = events
        self.event: Any = None
        self.nodes = 0

    def start(self) -> bool:
        """Moves to the first value; False if there is none."""
        self.step()
        self.step()
        if self.kind() != "DocumentStart":
            return False
        if self.event.version is not None or self.event.tags:
            self.fault("a YAML directive has no place here", "remove the line that starts with %")
        self.step()
        return not (self.kind() == "Scalar" and self.event.value == "" and self.event.style is None)

    def end(self) -> None:
        """Refuses anything after the first document."""
        self.step()
        if self.kind() != "StreamEnd":
            raise _error(self.document, self.mark(), "there is a second document in the file", "keep one document per file")

    def value(self, path: Path) -> Plain:
        """The value at the current event; moves past it."""
        self.nodes += 1
        mark = self.mark()
        if self.nodes > MAX_NODES:
            raise _error(self.document, mark, f"the file holds more than {MAX_NODES} values", "use `repeat:`, or split it")
        if len(path) > MAX_DEPTH:
            raise _error(self.document, mark, f"the file is nested deeper than {MAX_DEPTH}", "flatten it")
        self.document.values[path] = mark
        self.refuse_extras()
        match self.kind():
            case "MappingStart":
                return self.mapping(path)
            case "SequenceStart":
                return self.sequence(path)
            case _:
                return self.scalar()

    def refuse_extras(self) -> None:
        """Aliases could grow without bound and tags could build anything; neither is needed, so reading ends here."""
        if self.event.anchor is not None:
            sign = "*" if self.kind() == "Alias" else "&"
            what = f"{sign}{self.event.anchor}: anchors and aliases are not read"
            raise _error(self.document, self.mark(), what, "write the value out")
        tag = getattr(self.event, "tag", None)
        if tag is not None:
            raise _error(self.document, self.mark(), f"the tag {tag} is not read", "remove it")

    def mapping(self, path: Path) -> Plain:
        data: dict[str, Plain] = {}
        self.step()
        while self.kind() != "MappingEnd":
            mark = self.mark()
            key = self.value((*path, "?"))
            if not isinstance(key, str):
                self.fault(f"the key {key!r} is not text", QUOTE, mark)
                key = str(key)
            if key in data:
                self.fault(f"the key {key!r} occurs twice", f"keep one; the other is on line {self.key_line(path, key)}", mark)
            else:
                self.document.keys[*path, key] = mark
            data.setdefault(key, self.value((*path, key)))
        self.step()
        self.document.values.pop((*path, "?"), None)
        return data

    def sequence(self, path: Path) -> Plain:
        data: list[Plain] = []
        self.step()
        while self.kind() != "SequenceEnd":
            data.append(self.value((*path, len(data))))
        self.step()
        return data

    def scalar(self) -> Plain:
        text, plain = self.event.value, self.event.style is None
        if _SURROGATE.search(text):
            self.fault("half of a surrogate pair is not a character", "write the character itself")
            text = ""
        value = self.plain(text) if plain else text
        self.step()
        return value

    def plain(self, text: str) -> Plain:
        """What an unquoted scalar means."""
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        for pattern, what, do in _REFUSED:
            if re.fullmatch(pattern, text):
                self.fault(what.format(text), do)
                return str(text)
        if _INT.fullmatch(text) is None:
            return str(text)
        if len(text) > MAX_DIGITS:
            self.fault(f"the number has more than {MAX_DIGITS} digits", "no amount on a chain is so large")
            return 0
        return int(text)

    def key_line(self, path: Path, key: str) -> int:
        return self.document.keys[*path, key].line

    def step(self) -> None:
        self.event = next(self.events)

    def kind(self) -> str:
        return type(self.event).__name__.removesuffix("Event")

    def mark(self) -> Mark:
        return Mark(self.event.start_mark.line + 1, self.event.start_mark.column + 1)

    def fault(self, what: str, do: str, mark: Mark | None = None) -> None:
        self.document.faults.append(Fault(mark or self.mark(), what, do))


def _events(document: Document, text: str) -> Iterator[Any]:
    """Parser events. The parser is imported here, since commands that read no file should not wait for it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    reached = Mark(1, 1)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reached = Mark(event.end_mark.line + 1, event.end_mark.column + 1)
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = reached if mark is None else Mark(mark.line + 1, mark.column + 1)
        raise _error(document, place, f"this is not YAML: {_problem(error)}", _advice(str(error.problem))) from error
    except ReaderError as error:
        what = f"this is not YAML: the character U+{error.character:04X} may not stand in it"
        raise _error(document, _mark_at(text[: error.position]), what, "remove it") from error
    except (YAMLError, ValueError, OverflowError) as error:
        raise _error(document, reached, f"this is not YAML: {_first_line(error)}", "correct what follows this place") from error


def _problem(error: Any) -> str:
    return ", ".join(str(part) for part in (error.context, error.problem) if part)


def _advice(problem: str) -> str:
    if "\\t" in problem or "\t" in problem:
        return "indent with spaces, not with tabs"
    return "check indentation, quotes and brackets here and on the line before"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _text(document: Document, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = _mark_at(raw[: error.start].decode("utf-8-sig"))
        raise _error(document, mark, f"the byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8") from error


def _mark_at(before: str) -> Mark:
    return Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _error(document: Document, mark: Mark, what: str, do: str) -> InputError:
    return InputError(what, where=document.where(mark), do=do)
