"""Fields that the models of all file kinds are made of: a value as written, turned into the domain's own type.

A field that refuses a value says what to do in the error's context; `scenario_files` turns that into one message with the
place in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sandbox.domain.effects import Standard
from sandbox.domain.expressions import Expression, Literal, from_plain, parse
from sandbox.domain.limits import Grade, Mode
from sandbox.domain.pilot import ApplicationType, Category, Instrument, Text
from sandbox.domain.scenario import Case, Status
from sandbox.domain.scenario_checks import suggestion
from sandbox.domain.standing import Role, Stage, State
from sandbox.domain.units import Address, BaseUnits, Money, checked_uint256, parse_money, parse_native
from sandbox.errors import InputError
from sandbox.yaml_strict import Document, Fault, Path

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
WHOLE: Final = re.compile(r"[0-9]+(_[0-9]+)*")


class Shape(BaseModel):
    """A mapping in a file: no unknown keys, no conversions nobody asked for."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a document while its models are built into domain objects."""

    document: Document
    path: Path = ()

    def __truediv__(self, step: str | int) -> Site:
        return Site(self.document, (*self.path, step))

    @property
    def where(self) -> str:
        """file:line:column of the value here."""
        return self.document.where(self.document.mark(self.path))

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Turns an InputError raised inside into a fault of the document at this place."""
        try:
            yield
        except InputError as error:
            self.document.faults.append(Fault(self.document.mark(self.path), error.what, error.do))

    def refuse_key(self, what: str, do: str) -> None:
        """Makes the key at this place a fault of the document."""
        self.document.faults.append(Fault(self.document.keys[self.path], what, do))


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """Annotation: the field is what `parse` makes of the value. schema: JSON Schema of the value as written."""

    parse: Callable[[Any], Any]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._run)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return dict(self.schema)

    def _run(self, value: Any) -> Any:
        try:
            return self.parse(value)
        except InputError as error:
            context = {"what": error.what, "do": error.do or ""}
            raise PydanticCustomError("sandbox", "{what}", context) from error


def one_of(kind: type[Enum], spell: Callable[[Any], str] = lambda member: str(member.value)) -> Parsed:
    """A member of an enum by its written word."""
    words = {spell(member): member for member in kind}

    def find(value: Any) -> Enum:
        if not isinstance(value, str) or value not in words:
            raise InputError(f"{value!r} is not one of {', '.join(words)}", do=suggestion(str(value), words))
        return words[value]

    return Parsed(find, {"enum": list(words)})


def _text(value: Any) -> Text:
    if isinstance(value, str) and value.strip():
        return Text(value, value)
    if isinstance(value, dict) and set(value) == {"zh", "en"} and all(isinstance(word, str) for word in value.values()):
        return Text(**value)
    raise InputError(f"{value!r} is not text in two languages", do="write {zh: ..., en: ...}, or one text for both")


def _money(value: Any) -> Money:
    money = parse_money(value)
    if money.value < 0:
        raise InputError(f"the amount {value!r} is negative", do="write an amount of zero or more")
    return money


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{value!r} is not a date", do="write it as 2027-01-31") from error


def _instant(value: Any) -> int:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{value!r} is not a time", do="write it as 2027-01-04T09:00:00+08:00") from error
    if instant.tzinfo is None or instant.microsecond or instant.year < 1970:
        raise InputError(f"{value!r} is not a whole second with its zone", do="write it as 2027-01-04T09:00:00+08:00")
    return round((instant - datetime.fromisoformat("1970-01-01T00:00:00+00:00")).total_seconds())


def _native(value: Any) -> BaseUnits:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{value!r} is not an amount", do='write a whole number of base units, or such as "10 ether"')
    return checked_uint256(int(value)) if WHOLE.fullmatch(str(value)) else parse_native(value)


def _quantity(value: Any) -> Expression:
    return parse(value) if isinstance(value, str) and value.startswith("$") else Literal(_native(value))


def _argument(value: Any) -> Expression:
    if not _plain(value):
        raise InputError(f"{value!r} cannot be an argument", do="write whole numbers, text, true, false, or lists of these")
    return from_plain(value)


def _plain(value: Any) -> bool:
    return all(map(_plain, value)) if isinstance(value, list) else isinstance(value, int | str)


def _address(value: Any) -> Address:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise InputError(f"{value!r} is not an address", do='write 0x and 40 hex digits, in quotes')
    return Address(value.lower())


def _names(value: Any) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise InputError(f"{value!r} is not a name or a list of names", do="write one name, or [one, two]")
    return names


_QUANTITY_SCHEMA: Final = {
    "type": ["integer", "string"],
    "description": 'Base units (wei): a whole number, text such as "10 ether", or a $ expression.',
}

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=64)]
Words = Annotated[str, Field(min_length=1)]
Whole = Annotated[int, Field(ge=0)]
TextField = Annotated[
    Text,
    Parsed(
        _text,
        {
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
                    "required": ["zh", "en"],
                    "additionalProperties": False,
                },
            ]
        },
    ),
]
MoneyField = Annotated[Money, Parsed(_money, {"type": "string", "examples": ["12.50 CNY"]})]
DateField = Annotated[date, Parsed(_date, {"type": "string", "format": "date"})]
InstantField = Annotated[int, Parsed(_instant, {"type": "string", "format": "date-time"})]
NativeField = Annotated[BaseUnits, Parsed(_native, {"type": ["integer", "string"], "examples": ["10 ether"]})]
QuantityField = Annotated[Expression, Parsed(_quantity, _QUANTITY_SCHEMA)]
ArgumentField = Annotated[
    Expression,
    Parsed(_argument, {"type": ["integer", "string", "boolean", "array"], "description": "A value or a $ expression."}),
]
NamesField = Annotated[
    list[str],
    Parsed(_names, {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
PlainField = Annotated[Any, Parsed(lambda value: value, {})]

CategoryField = Annotated[Category, one_of(Category)]
StandardField = Annotated[Standard, one_of(Standard)]
InstrumentField = Annotated[Instrument, one_of(Instrument)]
ApplicationField = Annotated[ApplicationType, one_of(ApplicationType)]
StatusField = Annotated[Status, one_of(Status)]
GradeField = Annotated[Grade, one_of(Grade, lambda member: str(member.name))]
ModeField = Annotated[Mode, one_of(Mode, lambda member: str(member.name).lower())]
AddressField = Annotated[Address, Parsed(_address, {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"})]
CaseField = Annotated[Case, one_of(Case)]
RoleField = Annotated[Role, one_of(Role)]
StateField = Annotated[State, one_of(State)]
StageField = Annotated[Stage, one_of(Stage)]
