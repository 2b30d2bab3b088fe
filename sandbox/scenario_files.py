"""Files people write: YAML in, domain objects out, every error with file, line and column.

Reading goes in three passes over one document, each of which only runs if the one before left something to look at:
(1) strict YAML, (2) the shape of the file, by the models, (3) what the domain itself refuses. The faults of a file are
reported together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from sandbox.declaration_models import DeclarationShape
from sandbox.domain.declaration import Declaration
from sandbox.domain.limit_changes import LimitChanges
from sandbox.domain.pilot import PilotManifest
from sandbox.domain.profiles import Profile
from sandbox.domain.scenario import Scenario, Transaction
from sandbox.domain.scenario_checks import combined, suggestion
from sandbox.errors import InputError, NotFound
from sandbox.file_fields import WHOLE, Shape, Site
from sandbox.file_models import ManifestShape
from sandbox.profile_models import ProfileShape
from sandbox.question_models import ChangedLimitsShape, QuestionsShape
from sandbox.scenario_models import ScenarioShape
from sandbox.yaml_strict import MAX_BYTES, Document, Fault, Mark, Path, read

T = TypeVar("T", bound=Shape)
B = TypeVar("B")

KINDS: Final[dict[str, type[Shape]]] = {
    "manifest": ManifestShape,
    "scenario": ScenarioShape,
    "profile": ProfileShape,
    "limits": ChangedLimitsShape,
}


def load_manifest(path: str | FilePath) -> PilotManifest:
    """The manifest in a file. Raises NotFound, or InputError with the place of each fault; a source or artifact of the pilot's
    own folder that is not there is one."""
    document = read(_bytes(path), str(path))
    manifest = _manifest(document)
    for key, contract in manifest.contracts.items():
        if not contract.package and not (FilePath(path).parent / contract.path).is_file():
            mark = document.values["contracts", key, contract.origin.value]
            document.faults.append(Fault(mark, f"there is no file {contract.path!r}", "correct the path, or add the file"))
    _raise_faults(document)
    return manifest


def load_scenario(path: str | FilePath) -> Scenario:
    """The scenario in a file. Raises NotFound, or InputError with the place of each fault."""
    return parse_scenario(_bytes(path), str(path))


def load_profile(path: str | FilePath) -> Profile:
    """The limit profile in a file. Raises NotFound, or InputError with the place of each fault."""
    return parse_profile(_bytes(path), str(path))


def load_limit_changes(path: str | FilePath) -> LimitChanges:
    """The changed limits in a file. Raises NotFound, or InputError with the place of each fault."""
    return parse_limit_changes(_bytes(path), str(path))


def load_questions(text: str) -> tuple[Transaction, ...]:
    """The transactions to ask about: one step written out as YAML, or a file with `steps:`. Raises NotFound, or InputError with
    the place of each fault."""
    if text.lstrip().startswith("{") or "\n" in text or ": " in text:
        return parse_questions(text.encode("utf-8", "replace"))
    if not FilePath(text).is_file():
        raise NotFound("there is no such file", where=text, do="check the path, or write one step: '{call: ..., as: ...}'")
    return parse_questions(_bytes(text), text)


def parse_manifest(raw: bytes, file: str = "pilot.yaml") -> PilotManifest:
    """The manifest in these bytes; `file` is what errors call it. Looks at no other file. Raises InputError."""
    return _manifest(read(raw, file))


def parse_scenario(raw: bytes, file: str = "scenario.yaml") -> Scenario:
    """The scenario in these bytes; `file` is what errors call it. Raises InputError."""
    document = read(raw, file)
    return _built(document, _shape(document, ScenarioShape).build(Site(document)))


def parse_profile(raw: bytes, file: str = "profile.yaml") -> Profile:
    """The profile in these bytes; `file` is what errors call it. Raises InputError."""
    document = read(raw, file)
    return _built(document, _shape(document, ProfileShape).build(Site(document)))


def read_fields(pairs: Sequence[str], texts: Collection[str] = ()) -> dict[str, Any]:
    """`key=value` pairs of a command line: whole numbers, true, false and {mappings} as such, anything else as text. texts:
    keys whose values are text whatever they look like, such as a client's id of digits. Raises InputError."""
    fields: dict[str, Any] = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key or key in fields:
            raise InputError(f"{pair!r} is not one field", do="write KEY=VALUE, each key once")
        fields[key] = text if key in texts else _read_value(key, text)
    return fields


def _read_value(key: str, text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if text.startswith("{"):
        document = read(text.encode(), f"<{key}>")
        _raise_faults(document)
        return document.data
    return int(text) if WHOLE.fullmatch(text) else text


def parse_declaration(plain: dict[str, Any]) -> Declaration:
    """A declaration from the plain data that was kept of it. Raises InputError where it is none."""
    try:
        return DeclarationShape.model_validate(plain).build()
    except ValidationError as error:
        raise InputError(f"this is no declaration: {error.errors(include_url=False)[0]['msg']}") from error


def parse_limit_changes(raw: bytes, file: str = "limits.yaml") -> LimitChanges:
    """The changed limits in these bytes; `file` is what errors call it. Raises InputError."""
    document = read(raw, file)
    return _built(document, _shape(document, ChangedLimitsShape).build(Site(document)))


def parse_questions(raw: bytes, file: str = "<what-if>") -> tuple[Transaction, ...]:
    """The transactions to ask about in these bytes: one step, or a mapping with `steps:`. Raises InputError."""
    document = read(raw, file)
    if isinstance(document.data, dict) and "steps" not in document.data:
        document.data = {"steps": [document.data]}
        document.values = {("steps", 0, *path): mark for path, mark in document.values.items()}
        document.keys = {("steps", 0, *path): mark for path, mark in document.keys.items()}
    return _built(document, _shape(document, QuestionsShape).build(Site(document)))


def json_schema(kind: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a file kind, for editors. Raises InputError for a kind that does not exist."""
    if kind not in KINDS:
        raise InputError(f"there is no file kind {kind!r}", do=suggestion(kind, KINDS))
    schema = KINDS[kind].model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": f"Taishan {kind}"}


def _manifest(document: Document) -> PilotManifest:
    return _built(document, _shape(document, ManifestShape).build(Site(document)))


def _bytes(path: str | FilePath) -> bytes:
    try:
        if FilePath(path).exists() and not FilePath(path).is_file():
            raise InputError("this is no file", where=str(path), do="name a YAML file")
        with FilePath(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path), do="check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"the file cannot be read: {reason}", where=str(path), do="check path and permissions") from error


def _shape(document: Document, model: type[T]) -> T:
    """Pass 2. What pass 1 found at a place is not reported a second time in other words."""
    if not isinstance(document.data, dict):
        what = f"the file must hold keys and values, {', '.join(_required(model))} among them"
        raise InputError(what, where=document.where(document.mark(())), do="write it as `key: value` lines")
    try:
        shape = model.model_validate(document.data)
    except ValidationError as error:
        known = {fault.mark for fault in document.faults}
        faults = [_fault(document, model, detail) for detail in error.errors(include_url=False)]
        document.faults += [fault for fault in faults if fault.mark not in known]
    _raise_faults(document)
    return shape


def _built(document: Document, built: B | None) -> B:
    """Pass 3: what the domain refused has become faults of the document."""
    _raise_faults(document)
    if built is None:
        raise InputError("the file could not be read", where=document.file)
    return built


def _raise_faults(document: Document) -> None:
    if document.faults:
        ordered = sorted(document.faults, key=lambda fault: fault.mark)
        raise combined(
            [InputError(fault.what, where=document.where(fault.mark), do=fault.do) for fault in ordered], document.file
        )


def _required(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]


def _fault(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Fault:
    """One validation error as a fault: its place in the file, and words for a person."""
    path = _path(document.data, detail)
    key = path[-1] if path else ""
    match detail["type"]:
        case "extra_forbidden":
            advice = suggestion(str(key), _keys(model, detail["loc"][:-1]))
            return Fault(document.keys.get(path, document.mark(path)), f"unknown key {key!r}", advice)
        case "missing":
            return Fault(document.mark(path[:-1]), f"the key {key!r} is missing", f"add {key}: ...")
        case "union_tag_not_found":
            return Fault(document.mark(path), *_UNTAGGED.get(_kind(path), _UNTAGGED["step"]))
        case "sandbox":
            context = detail.get("ctx", {})
            return Fault(document.mark(path), context["what"], context["do"] or None)
        case kind if detail["loc"] and detail["loc"][-1] == "[key]":
            return Fault(document.keys.get(path, Mark(1, 1)), f"the key {key!r} is not usable: {kind}", _KEY_ADVICE)
        case kind:
            what, do = _WORDS.get(kind, (_lower(detail["msg"]), "see `taishan schema` for what belongs here"))
            context = {"input": _shown(detail["input"]), **detail.get("ctx", {})}
            return Fault(document.mark(path), what.format(**context), do)


_KEY_ADVICE: Final = "use letters, digits and _, starting with a letter"
_WORDS: Final = {
    "string_type": ("{input} is not text", "put it into quotes"),
    "string_too_short": ("the text is empty", "write something, or remove the key"),
    "string_too_long": ("the text is longer than {max_length} characters", "shorten it"),
    "string_pattern_mismatch": ("{input} does not have the form {pattern}", "correct it"),
    "int_type": ("{input} is not a whole number", "write a whole number"),
    "dict_type": ("{input} is not a mapping", "write {{key: value}}"),
    "model_type": ("{input} is not a mapping", "write {{key: value}}"),
    "list_type": ("{input} is not a list", "write [one, two]"),
    "greater_than_equal": ("{input} is too small", "use {ge} or more"),
    "less_than_equal": ("{input} is too large", "use {le} or less"),
    "less_than": ("{input} is too large", "use less than {lt}"),
    "too_short": ("there is nothing in it", "add at least one"),
}
_UNTAGGED: Final = {
    "step": ("this is not a step", "start it with one of deploy, call, transfer, advance, repeat, inject, check, act"),
    "check": ("this check says not what to look at", "give it one of view, balance, exposure"),
    "inject": ("this fault is not known", "use fault: price_drop or fault: price"),
}


def _path(data: Any, detail: ErrorDetails) -> Path:
    """Where in the data an error lies: pydantic's own location without the union tags and other marks it puts in."""
    path: list[int | str] = []
    inside: Any = data
    for step in detail["loc"]:
        if (isinstance(inside, dict) and step in inside) or (isinstance(inside, list) and isinstance(step, int)):
            path.append(step)
            inside = inside[step]  # type: ignore[index]  # a key of the mapping or an index of the list, seen above
    return (*path, detail["loc"][-1]) if detail["type"] == "missing" else tuple(path)


def _kind(path: Path) -> str:
    return str(path[-1]) if path and isinstance(path[-1], str) else "step"


def _shown(value: Any) -> str:
    text = {True: "true", False: "false", None: "nothing"}.get(value) if isinstance(value, bool | None) else None
    text = text or repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """The keys that may stand at a place, for suggestions: follows fields and union tags, and stays where a step is the index
    of a list or a key that is free to choose."""
    options: list[tuple[str | None, type[BaseModel]]] = [(None, model)]
    for step in loc:
        tagged = [named for named in options if named[0] == step]
        fields = {name: annotation for _, option in options for name, annotation in _fields(option).items()}
        options = tagged or list(_inside(fields.get(str(step)))) or options
    return {name for _, option in options for name in _fields(option)}


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _inside(annotation: Any) -> Iterator[tuple[str | None, type[BaseModel]]]:
    """The models an annotation mentions, with their union tags."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield None, annotation
    tag = next((part.tag for part in getattr(annotation, "__metadata__", ()) if isinstance(part, Tag)), None)
    for part in get_args(annotation):
        for inner, model in _inside(part):
            yield tag or inner, model
