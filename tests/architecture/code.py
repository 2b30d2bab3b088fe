"""Reading the project's own source: which files there are, what they import, how long their functions are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("sandbox", "api")


@dataclass(frozen=True)
class Source:
    """One Python file. path: relative to the project, with forward slashes. module: its dotted name."""

    path: str
    text: str

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def tree(self) -> ast.Module:
        return _parse(self.path, self.text)

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of everything imported anywhere in the file, relative names made absolute."""
        package = self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                origin = ".".join([*above, *filter(None, [node.module])])
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones included."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def _parse(path: str, text: str) -> ast.Module:
    return ast.parse(text, path)


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The Python files below these folders of the project."""
    found = (path for folder in folders or PRODUCT for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in found)


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body from its first statement to its last, the docstring not counted."""
    first, *rest = function.body
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    body = rest if is_docstring else function.body
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def is_stale(exceptions: dict[str, str], needed: set[str]) -> set[str]:
    """Exceptions nobody needs any more."""
    return set(exceptions) - needed
