"""Imports go one way: `api, cli -> service -> runner -> adapters -> domain`, and the domain is pure."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.architecture.code import Source, is_stale, sources

PURE = frozenset(
    """__future__ dataclasses enum typing collections hashlib functools itertools math re json bisect decimal fractions ast
    datetime struct base64 binascii abc operator unicodedata difflib textwrap""".split()
)
"""What the domain may use of the standard library: no clock to read, no randomness, no input or output."""

IMPURE_CALLS = frozenset("now today utcnow open print input eval exec __import__ breakpoint id".split())

COMPONENTS = {
    **{name: name for name in "errors domain engines chain rpc onchain compiler auditlog storage reporting".split()},
    **{name: name for name in "runner service settings cli".split()},
    "running": "runner",
    **dict.fromkeys("campaign cases demo reports submissions web3".split(), "service"),
    **dict.fromkeys("__main__ answers commands present terminal".split(), "cli"),
    **dict.fromkeys("scenario_files yaml_strict file_fields".split(), "files"),
    **dict.fromkeys(
        "declaration_models file_models profile_models question_models scenario_models step_models".split(), "files"
    ),
}
"""First part of a module's name below `sandbox` -> component."""

ADAPTERS = frozenset({"compiler", "chain", "rpc", "onchain", "engines", "auditlog", "storage", "files", "reporting"})
ANYBODY = frozenset({"domain", "errors", "version"})
ARROWS = {
    "errors": frozenset(),
    "domain": frozenset({"errors"}),
    "engines": ANYBODY,
    "compiler": ANYBODY,
    "auditlog": ANYBODY,
    "storage": ANYBODY,
    "files": ANYBODY,
    "reporting": ANYBODY,
    "chain": ANYBODY | {"engines"},
    "rpc": ANYBODY | {"engines", "chain"},
    "onchain": ANYBODY | {"engines", "chain", "rpc"},
    "runner": ANYBODY | ADAPTERS,
    "service": ANYBODY | ADAPTERS | {"runner"},
    "settings": ANYBODY,
    "cli": ANYBODY | {"service", "settings"},
    "api": ANYBODY | {"service", "settings"},
}
"""Component -> the components it may import, besides itself."""

EXCEPTIONS: dict[str, str] = {
    "auditlog -> storage": "a log is appended and read in the caller's database transaction, to commit with the rest",
    "chain -> storage": "a durable chain is written and read in the caller's database transaction, to commit with its log",
    "cli -> auditlog": "`log verify FILE` checks an export with no database, so there is no service to open",
    "cli -> files": "`schema` prints the shape of a file format and needs no sandbox either",
    "cli -> storage": "`present` prints the rows the service hands out and names their type",
    "service -> settings": "is handed the settings; only cli and api construct them, which has a test of its own",
}
"""Component -> imported component against an arrow, and why it must."""

THIRD_PARTY: dict[str, str] = {
    "sandbox.running.cast -> eth_hash": "keys of actors are derived with Ethereum's hash",
    "sandbox.running.cast -> eth_keys": "and their addresses with its curve; pure functions over bytes",
    "sandbox.running.opening -> eth_hash": "the address a deployment will get is a hash",
    "sandbox.running.opening -> rlp": "of an RLP list; pure functions over bytes",
    "sandbox.cases.ask -> sqlalchemy": "the type of the transaction it hands from one repository to the next",
    "sandbox.cases.life -> sqlalchemy": "as above",
    "sandbox.cases.logs -> sqlalchemy": "as above",
    "sandbox.cases.opened -> sqlalchemy": "as above",
    "sandbox.cases.places -> eth_hash": "a block is known by the hash of its header",
    "sandbox.cases.places -> sqlalchemy": "as above",
    "sandbox.cases.residence -> sqlalchemy": "as above",
    "sandbox.cases.registry -> sqlalchemy": "as above",
    "sandbox.cases.shared_chain -> eth_hash": "one of its keys is derived with Ethereum's hash",
    "sandbox.service -> sqlalchemy": "the type of the transaction it hands from one repository to the next",
}
"""`module -> package` outside the adapters, and why it must."""


def component(dotted: str) -> str:
    """The component a module of ours belongs to. KeyError: a new module that nobody placed yet."""
    first, _, rest = dotted.partition(".")
    if first == "api":
        return "api"
    name = rest.partition(".")[0]
    if name in ("", "__version__"):
        return "version"
    return COMPONENTS[name]


def ours(dotted: str) -> bool:
    return dotted.partition(".")[0] in ("sandbox", "api")


def standard(dotted: str) -> bool:
    return dotted.partition(".")[0] in sys.stdlib_module_names


each_file = pytest.mark.parametrize("source", sources(), ids=lambda source: source.path)


@pytest.mark.parametrize("source", sources("sandbox/domain"), ids=lambda source: source.path)
def test_the_domain_imports_only_pure_things(source: Source) -> None:
    impure = [
        f"{source.path}:{line} {name}"
        for line, name in source.imports()
        if not name.startswith(("sandbox.domain", "sandbox.errors")) and name.partition(".")[0] not in PURE
    ]
    assert impure == []


def test_what_the_domain_may_use_knows_no_clock_no_chance_and_no_files() -> None:
    assert not PURE & {"time", "random", "os", "io", "pathlib", "sys", "subprocess", "socket", "secrets", "logging", "uuid"}


@pytest.mark.parametrize("source", sources("sandbox/domain"), ids=lambda source: source.path)
def test_the_domain_asks_no_clock_and_opens_nothing(source: Source) -> None:
    """`date` and `datetime` are values here; their clocks are not."""
    calls = (node.func for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    asked = [ast.unparse(one) for one in calls if ast.unparse(one).rpartition(".")[2] in IMPURE_CALLS]
    assert asked == []


@each_file
def test_imports_follow_the_arrows(source: Source) -> None:
    assert [f"{source.path}:{line} {name}" for line, name in against_the_arrows(source) if not excused(source, name)] == []


def test_no_arrow_goes_both_ways() -> None:
    for here, reachable in ARROWS.items():
        assert not [there for there in reachable if here in ARROWS.get(there, frozenset())], here


def test_exceptions_to_the_arrows_are_still_needed() -> None:
    needed = {
        f"{component(source.module)} -> {component(name)}" for source in sources() for _, name in against_the_arrows(source)
    }
    assert is_stale(EXCEPTIONS, needed) == set()


@each_file
def test_third_party_packages_stay_in_the_adapters(source: Source) -> None:
    assert [found for found in foreign(source) if found not in THIRD_PARTY] == []


def test_exceptions_for_third_party_packages_are_still_needed() -> None:
    assert is_stale(THIRD_PARTY, {found for source in sources() for found in foreign(source)}) == set()


def test_only_the_ends_construct_the_settings() -> None:
    makers = {
        source.path
        for source in sources()
        if any(name == "sandbox.settings.Settings" for _, name in source.imports())
        and any(isinstance(node, ast.Call) and ast.unparse(node.func) == "Settings" for node in ast.walk(source.tree))
    }
    assert makers and makers <= {"sandbox/cli.py", "api/app.py"}


def test_the_package_itself_imports_nothing() -> None:
    (package,) = [source for source in sources() if source.path == "sandbox/__init__.py"]
    assert list(package.imports()) == []


def against_the_arrows(source: Source) -> list[tuple[int, str]]:
    here = component(source.module)
    allowed = ARROWS.get(here, frozenset()) | {here}
    return [(line, name) for line, name in source.imports() if ours(name) and component(name) not in allowed]


def excused(source: Source, name: str) -> bool:
    return f"{component(source.module)} -> {component(name)}" in EXCEPTIONS


def foreign(source: Source) -> list[str]:
    """Third-party packages imported where they should not be; the ends (settings, cli, api) may have their frameworks."""
    if component(source.module) in ADAPTERS | {"settings", "cli", "api"}:
        return []
    names = (name for _, name in source.imports() if not ours(name) and not standard(name))
    return sorted({f"{source.module} -> {name.partition('.')[0]}" for name in names})
