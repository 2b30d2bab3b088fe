"""Acts as plain data: read strictly from what a request, a scenario or the log holds, and written back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, Final

from sandbox.domain.act_table import ACTS, NAMES
from sandbox.domain.acts import Act, ReportKind
from sandbox.domain.canonical import MAX_INTEGER
from sandbox.domain.evaluation import MAX_POINTS, Dimension
from sandbox.domain.limits import Grade
from sandbox.domain.profiles import Plain
from sandbox.domain.scenario_checks import suggestion
from sandbox.domain.standing import State, same_name
from sandbox.domain.tolerance import Outcome
from sandbox.domain.units import UINT256_MAX, Value
from sandbox.errors import InputError

_MAX_DIGITS: Final = len(str(UINT256_MAX))
_MAX_DEPTH: Final = 8


def parse_act(name: str, given: Mapping[str, object]) -> Act:
    """The act of that name with these fields. Raises InputError naming the act or the field that is unknown, missing or of
    another kind, and what to write instead."""
    if name not in ACTS:
        raise InputError(f"there is no act {name!r}", do=suggestion(name, ACTS))
    act = ACTS[name].act
    known: Mapping[str, Field[Any]] = {each.name: each for each in fields(act)}
    for key in given:
        if key not in known:
            raise InputError(f"{name} has no field {key!r}", do=suggestion(str(key), known))
    for key, each in known.items():
        if key not in given and each.default is MISSING:
            raise InputError(f"{name} needs the field {key!r}", do=f"state {key}")
    read: dict[str, Any] = {key: _read(f"{name}.{key}", known[key].type, value) for key, value in given.items()}
    parsed = act(**read)
    check_act(parsed)
    return parsed


def text_fields(name: str) -> frozenset[str]:
    """The fields of that act that hold text; none for an act there is not."""
    return frozenset(each.name for each in fields(ACTS[name].act) if each.type == "str") if name in ACTS else frozenset()


def act_data(act: Act) -> dict[str, object]:
    """Every field as plain data, which `parse_act` with the name `act_name(act)` reads back to an equal act."""
    return {each.name: _written(each.type, getattr(act, each.name)) for each in fields(act)}


def act_name(act: Act) -> str:
    """The act's name in `ACTS`."""
    return NAMES[type(act)]


def check_act(act: Act) -> None:
    """Raises InputError for a field that is blank though it must say something, or a number that is out of its range. Holds for
    acts made in code as for those that were read."""
    for problem in _problems(act):
        raise InputError(f"{act_name(act)}.{problem}", do="state it")


def _problems(act: Act) -> Iterator[str]:
    for each in fields(act):
        value = getattr(act, each.name)
        if isinstance(value, str) and each.default is MISSING and not same_name(value):
            yield f"{each.name} is empty"
        if isinstance(value, Mapping) and not value:
            yield f"{each.name} is empty"
        if isinstance(value, int) and not 0 <= value <= (UINT256_MAX if each.type == "Value" else MAX_INTEGER):
            yield f"{each.name} is {value}, which is out of range"
        if isinstance(value, Mapping | list | tuple) and any(abs(one) > MAX_INTEGER for one in _numbers(value)):
            yield f"{each.name} holds a number above {MAX_INTEGER}, which is written as text"
        if each.name in _RANGES and value not in _RANGES[each.name]:
            first, last = _RANGES[each.name][0], _RANGES[each.name][-1]
            yield f"{each.name} is {value}, not one of {first} to {last}"


def _numbers(value: object) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, Mapping):
        yield from (one for each in value.values() for one in _numbers(each))
    elif isinstance(value, list | tuple):
        yield from (one for each in value for one in _numbers(each))


_RANGES: Final[Mapping[str, range]] = {"points": range(MAX_POINTS + 1), "grade": range(Grade.S1, Grade.S4 + 1)}
"""field -> what it may hold. S0 is a warning and no violation."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InputError("is not text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError("is neither true nor false")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError("is not a whole number")
    return value


def _worth(value: object) -> Value:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return Value(int(value))
    return Value(_number(value))


def _grade(value: object) -> Grade:
    if isinstance(value, Grade):
        return value
    if not isinstance(value, str) or value not in Grade.__members__:
        raise InputError("is not a grade, one of " + ", ".join(Grade.__members__))
    return Grade[value]


@dataclass(frozen=True, slots=True)
class _Word:
    """Reads one word of a closed vocabulary."""

    kind: type[enum.StrEnum]

    def __call__(self, value: object) -> enum.StrEnum:
        words = [str(member) for member in self.kind]
        if not isinstance(value, str) or value not in words:
            raise InputError(f"is no {self.kind.__name__.lower()}; {suggestion(str(value), words)}")
        return self.kind(value)


def _plain(value: object, depth: int = 0) -> Plain:
    if depth > _MAX_DEPTH:
        raise InputError("is nested too deeply")
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value]
    return _mapping(value, depth)


def _mapping(value: object, depth: int = 0) -> Mapping[str, Plain]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError("is not plain data with text keys")
    return {key: _plain(each, depth + 1) for key, each in value.items()}


_READERS: Final[Mapping[object, Callable[[Any], object]]] = {
    "str": _text,
    "bool": _flag,
    "int": _number,
    "Value": _worth,
    "Grade": _grade,
    "State": _Word(State),
    "Outcome": _Word(Outcome),
    "Dimension": _Word(Dimension),
    "ReportKind": _Word(ReportKind),
    "Plain": _plain,
    "Mapping[str, Plain]": _mapping,
}
"""type of a field, as `acts` writes it -> how it is read."""


def _read(place: str, kind: object, value: object) -> object:
    try:
        return _READERS[kind](value)
    except InputError as error:
        raise InputError(f"{place}: {value!r} {error.what}", do=f"correct {place}") from error


def _written(kind: object, value: object) -> object:
    if kind == "Value":
        return str(value)
    if isinstance(value, Grade):
        return value.name
    return value.value if isinstance(value, enum.StrEnum) else value
