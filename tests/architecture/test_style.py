"""House rules that a machine can hold: sizes, exact numbers, no work at import, docstrings, no machine's paths."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator

import pytest

from sandbox import errors
from tests.architecture.code import ROOT, Source, body_lines, is_stale, sources

FUNCTION_LINES, FILE_LINES = 40, 300

LONG: dict[str, str] = {
    "sandbox/storage/migrations/versions/0001_first_tables.py:upgrade": "a list of tables, read from top to bottom",
}
"""`path` or `path:function` over its limit -> why it is better so."""

INEXACT: dict[str, str] = {}
"""`path:line's text` in the domain that uses a float -> why it harms nobody."""

AT_IMPORT = frozenset(
    """frozenset tuple dict set list range zip map sorted min max len int str bytes type object pow getattr
    re.compile logging.getLogger bytes.fromhex dict.fromkeys get_args fields field timezone timedelta keccak sha256 digest
    union items keys with_name resolve enum.auto click.option bindparam select insert where order_by func.max
    ContextVar func.count select_from""".split()
)
"""Calls a module may make while it is imported: cheap constructors of constants, SQL statements and options among them, by
full or last name. A capitalised name (`NewType`, `Path`, a row of a table) and a method of a literal count as such, too."""

EAGER: dict[str, str] = {
    "sandbox/cli.py: cli.add_command": "groups that have a file of their own are put under the root; importing them is cheap",
    "sandbox/domain/delegates.py: int.from_bytes": "four storage slots of a standard as numbers",
    "sandbox/domain/delegates.py: name.endswith": "and the operation each of them stands for",
    "sandbox/domain/opcodes.py: _table": "the opcode table, one row each",
    "sandbox/domain/recording.py: _fields": "field names of five classes, once instead of per transaction",
    "sandbox/engines/pyevm/osaka.py: PragueComputation.get_precompiles": "a table to add to; py-evm takes classes",
    "sandbox/engines/pyevm/osaka.py: as_opcode": "one row of py-evm's opcode table",
    "sandbox/rpc/objects.py: listed": "readers of members, rows of tables",
    "sandbox/rpc/objects.py: mapped": "as above",
    "sandbox/engines/pyevm/supervised.py: float": "infinity, for no deadline",
    "sandbox/engines/pyevm/supervised.py: kind.value.upper": "names of frame kinds",
    "sandbox/engines/pyevm/supervised.py: supervised": "derives the machine's class; py-evm takes classes, not objects",
    "sandbox/file_fields.py: one_of": "types of file fields, which pydantic needs as values",
    "sandbox/profile_models.py: one_of": "as above",
    "sandbox/scenario_models.py: _tag": "as above",
    "sandbox/storage/migrations/env.py: context.configure": "alembic runs this file instead of calling a function of it",
    "sandbox/storage/migrations/env.py: context.run_migrations": "as above",
}
"""`path: call` made at import beyond these, and why it is cheap and harmless."""

STRAY_ERRORS = {
    "sandbox/engines/pyevm/supervised.py: OutOfTime": "must be no Exception, so that no frame of py-evm can swallow it",
}
"""Exceptions outside the error tree that never leave their file, and why."""

each_file = pytest.mark.parametrize("source", sources(), ids=lambda source: source.path)
each_domain_file = pytest.mark.parametrize("source", sources("sandbox/domain"), ids=lambda source: source.path)


# --- size


def too_long(source: Source) -> Iterator[str]:
    if len(source.text.splitlines()) > FILE_LINES:
        yield source.path
    yield from (f"{source.path}:{one.name}" for one in source.functions() if body_lines(one) > FUNCTION_LINES)


@each_file
def test_functions_fit_on_a_screen_and_files_can_be_read_in_one_go(source: Source) -> None:
    assert [name for name in too_long(source) if name not in LONG] == []


def test_exceptions_to_the_sizes_are_still_needed() -> None:
    assert is_stale(LONG, {name for source in sources() for name in too_long(source)}) == set()


# --- exact numbers


def inexact(source: Source) -> Iterator[str]:
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "complex", "round")
        division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if literal or call or division:
            yield f"{source.path}: {lines[node.lineno - 1].strip()}"  # type: ignore[attr-defined]


@each_domain_file
def test_no_float_enters_the_domain(source: Source) -> None:
    assert [found for found in inexact(source) if found not in INEXACT] == []


def test_exceptions_for_floats_are_still_needed() -> None:
    assert is_stale(INEXACT, {found for source in sources("sandbox/domain") for found in inexact(source)}) == set()


# --- environment


@each_file
def test_only_the_settings_read_the_environment(source: Source) -> None:
    asked = [
        node.lineno
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "getenvb"))
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and {"environ", "getenv"} & {a.name for a in node.names})
    ]
    assert asked == [] or source.path == "sandbox/settings.py"


# --- nothing is built at import


def eager(source: Source) -> Iterator[str]:
    for node in _at_import(source.tree.body):
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2].partition("[")[0]
        literal = isinstance(node.func, ast.Attribute) and isinstance(_root(node.func), ast.Constant | ast.JoinedStr)
        if not (name in AT_IMPORT or last in AT_IMPORT or last.lstrip("_")[:1].isupper() or literal):
            yield f"{source.path}: {name}"


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node


def _at_import(body: list[ast.stmt]) -> Iterator[ast.Call]:
    """Calls that run when the module is imported: not those in functions, lambdas, annotations or decorators."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (call for default in statement.args.defaults for call in _calls(default))
        elif isinstance(statement, ast.ClassDef):
            yield from _at_import(statement.body)
        elif isinstance(statement, ast.AnnAssign):
            yield from _calls(statement.value)
        elif isinstance(statement, ast.If) and ast.unparse(statement.test) in ("__name__ == '__main__'", "TYPE_CHECKING"):
            continue
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for part in ast.iter_child_nodes(statement):
                yield from _at_import([part]) if isinstance(part, ast.stmt) else _calls(part)
        else:
            yield from _calls(statement)


def _calls(node: ast.AST | None) -> Iterator[ast.Call]:
    if node is None or isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _calls(child)


@each_file
def test_nothing_is_built_at_import(source: Source) -> None:
    assert [found for found in eager(source) if found not in EAGER] == []


def test_exceptions_for_work_at_import_are_still_needed() -> None:
    assert is_stale(EAGER, {found for source in sources() for found in eager(source)}) == set()


# --- words


@each_domain_file
def test_everything_public_in_the_domain_says_what_it_is(source: Source) -> None:
    silent = [] if ast.get_docstring(source.tree) or not source.text.strip() else [source.path]
    scopes: list[ast.Module | ast.ClassDef] = [source.tree]
    for scope in scopes:
        for node in scope.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                silent += [] if ast.get_docstring(node) else [f"{source.path}:{node.lineno} {node.name}"]
                scopes += [node] if isinstance(node, ast.ClassDef) else []
    assert silent == []


_UNFINISHED = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b")


@each_file
def test_nothing_is_left_for_later(source: Source) -> None:
    assert [line for line in source.text.splitlines() if _UNFINISHED.search(line)] == []


# --- errors


def leaves() -> list[type[errors.SandboxError]]:
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.SandboxError)]
    return [one for one in classes if not any(other is not one and issubclass(other, one) for other in classes)]


def test_every_error_has_an_exit_code() -> None:
    if not (ROOT / "sandbox" / "cli.py").exists():
        pytest.skip("sandbox/cli.py is not there yet")
    from sandbox.cli import EXIT_CODES

    assert [one.__name__ for one in leaves() if one not in EXIT_CODES] == []
    assert set(EXIT_CODES.values()) <= {1, 2, 3}


def test_there_is_one_error_tree() -> None:
    strays = {
        f"{source.path}: {node.name}"
        for source in sources("sandbox")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        and source.path != "sandbox/errors.py"
        and any(ast.unparse(base).rpartition(".")[2] in ("Exception", "BaseException", "SandboxError") for base in node.bases)
    }
    assert strays == set(STRAY_ERRORS)


# --- paths of one machine

_MACHINE = re.compile(r"(?<![\w.$}\-/:])/(?:work|home|root|Users|tmp|var/folders)/[\w.]+")


def test_no_file_names_a_path_of_one_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = []
    for name in listed.stdout.splitlines():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        found += [f"{name}:{text.count(chr(10), 0, m.start()) + 1} {m.group()}" for m in _MACHINE.finditer(text)]
    assert found == []
