"""Sources that reach out, are too large, or keep a compiler busy: each refused, and nothing left running."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sandbox.compiler import Bounds
from sandbox.compiler.imports import solidity_imports, vyper_imports
from sandbox.compiler.process import run_bounded
from sandbox.errors import NotFound, SubmissionError
from tests.compiler.conftest import Make, Write, source

HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\n"


def script(folder: Path, text: str) -> str:
    """An executable in the place of node."""
    file = folder / "fake-node"
    file.write_text("#!/bin/sh\n" + text, "utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "../../outside.sol",
        "/etc/passwd",
        "@openzeppelin/../../../etc/passwd",
        "contracts/../../outside.sol",
        "./../../outside.sol",
        "file:///etc/passwd",
        "https://example.org/A.sol",
        "..\\\\outside.sol",
    ],
)
def test_an_import_that_leaves_the_folder_is_refused_with_its_place(write: Write, compilers: Make, path: str) -> None:
    write("../outside.sol", HEAD)
    write("contracts/A.sol", HEAD + f'contract A {{}}\nimport "{path}";\n')
    with pytest.raises(SubmissionError, match="leaves the pilot's folder") as caught:
        compilers(node="/nonexistent").build([source("A", "contracts/A.sol")])
    assert caught.value.where == "contracts/A.sol:4:8"
    assert "npm packages" in (caught.value.do or "")


@pytest.mark.parametrize("text", ["from ... import outside\n", "from ....etc import passwd\n"])
def test_a_vyper_import_that_leaves_the_folder_is_refused(write: Write, compilers: Make, text: str) -> None:
    write("../outside.vy", "A: constant(uint256) = 1\n")
    write("contracts/A.vy", text)
    with pytest.raises(SubmissionError, match="leaves the pilot's folder") as caught:
        compilers().build([source("A", "contracts/A.vy")])
    assert caught.value.where == "contracts/A.vy:1:1"


@pytest.mark.parametrize("path", ["../outside.sol", "/etc/passwd.sol", "contracts/../../outside.sol"])
def test_a_manifest_path_that_leaves_the_folder_is_refused(write: Write, compilers: Make, path: str) -> None:
    write("../outside.sol", HEAD)
    with pytest.raises(SubmissionError, match="leaves the pilot's folder"):
        compilers().build([source("A", path)])


@pytest.mark.parametrize("imported", [True, False])
def test_a_symbolic_link_out_of_the_folder_is_refused(
    write: Write, compilers: Make, pilot: Path, imported: bool
) -> None:
    outside = write("../outside.sol", HEAD)
    (pilot / "Link.sol").symlink_to(outside)
    write("A.sol", HEAD + 'import "./Link.sol";\n')
    with pytest.raises(SubmissionError, match="symbolic link"):
        compilers().build([source("A", "A.sol" if imported else "Link.sol")])


def test_a_folder_that_is_a_symbolic_link_out_is_refused(write: Write, compilers: Make, pilot: Path) -> None:
    write("../elsewhere/B.sol", HEAD)
    (pilot / "lib").symlink_to(pilot.parent / "elsewhere")
    write("A.sol", HEAD + 'import "./lib/B.sol";\n')
    with pytest.raises(SubmissionError, match="symbolic link"):
        compilers().build([source("A", "A.sol")])


def test_a_symbolic_link_within_the_folder_is_followed(write: Write, compilers: Make, pilot: Path) -> None:
    write("Real.vy", "x: public(uint256)\n")
    (pilot / "Link.vy").symlink_to(pilot / "Real.vy")
    assert compilers().build([source("A", "Link.vy")])["A"].selectors


def test_a_ring_of_symbolic_links_is_refused(compilers: Make, pilot: Path) -> None:
    (pilot / "A.sol").symlink_to(pilot / "B.sol")
    (pilot / "B.sol").symlink_to(pilot / "A.sol")
    with pytest.raises(SubmissionError):
        compilers().build([source("A", "A.sol")])


def test_missing_files_are_not_found(write: Write, compilers: Make) -> None:
    with pytest.raises(NotFound, match="no file 'A.sol'"):
        compilers().build([source("A", "A.sol")])
    write("B.sol", HEAD + 'import "@nobody/nothing/X.sol";\n')
    with pytest.raises(NotFound, match="imported but not there") as caught:
        compilers().build([source("B", "B.sol")])
    assert caught.value.where == "B.sol:3:8"


def test_a_source_that_is_a_folder_is_refused(compilers: Make, pilot: Path) -> None:
    (pilot / "A.sol").mkdir()
    with pytest.raises(SubmissionError, match="not a file"):
        compilers().build([source("A", "A.sol")])


def test_a_source_that_is_not_text_is_refused(compilers: Make, pilot: Path) -> None:
    (pilot / "A.sol").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SubmissionError, match="not UTF-8"):
        compilers().build([source("A", "A.sol")])


def test_a_language_nobody_compiles_is_refused(write: Write, compilers: Make) -> None:
    write("A.fe", "")
    with pytest.raises(SubmissionError, match="no compiler") as caught:
        compilers().build([source("A", "A.fe")])
    assert ".sol or .vy" in (caught.value.do or "")


@pytest.mark.parametrize("name", ["Big.sol", "Big.vy"])
def test_a_source_of_10_mb_is_refused_before_any_compiler_starts(write: Write, compilers: Make, name: str) -> None:
    write(name, "# " * 5_000_000)
    with pytest.raises(SubmissionError, match="larger than 1 MiB"):
        compilers(node="/nonexistent").build([source("Big", name)])


def test_sources_too_large_together_are_refused(write: Write, compilers: Make) -> None:
    write("A.sol", "".join(f'import "./B{i}.sol";\n' for i in range(9)))
    for i in range(9):
        write(f"B{i}.sol", "// " + "x" * 1_000_000)
    with pytest.raises(SubmissionError, match="larger than 8 MiB together"):
        compilers(node="/nonexistent").build([source("A", "A.sol")])


def test_a_compiler_that_never_ends_is_ended_with_all_it_started(write: Write, compilers: Make, tmp_path: Path) -> None:
    write("A.sol", HEAD + "contract A {}\n")
    mark = tmp_path / "child"
    node = script(tmp_path, f"sleep 600 &\necho $! > {mark}\nwait\n")
    with pytest.raises(SubmissionError, match="did not finish within 1 s"):
        compilers(node=node, bounds=Bounds(seconds=1)).build([source("A", "A.sol")])
    child = int(mark.read_text())
    assert _gone(child)


def test_a_compiler_that_writes_without_end_is_ended(write: Write, compilers: Make, tmp_path: Path) -> None:
    write("A.sol", HEAD + "contract A {}\n")
    with pytest.raises(SubmissionError, match="wrote more than 1 MiB"):
        compilers(node=script(tmp_path, "exec yes\n"), bounds=Bounds(seconds=30, output=1 << 20)).build(
            [source("A", "A.sol")]
        )


def test_a_compiler_that_takes_too_much_memory_is_refused(write: Write, compilers: Make) -> None:
    write("A.sol", HEAD + "contract A {}\n")
    with pytest.raises(SubmissionError, match="solc ended with status"):
        compilers(bounds=Bounds(memory=64 << 20)).build([source("A", "A.sol")])


def test_a_compiler_that_fails_is_quoted(tmp_path: Path) -> None:
    node = script(tmp_path, "echo 'note' >&2\necho 'Error: out of luck' >&2\nexit 3\n")
    with pytest.raises(SubmissionError, match="solc ended with status 3: Error: out of luck"):
        run_bounded("solc", [node], "", Bounds())


def test_deeply_nested_vyper_is_refused_not_crashed_on(write: Write, compilers: Make) -> None:
    write("A.vy", "x: constant(uint256) = " + "(" * 5_000 + "1" + ")" * 5_000 + "\n")
    with pytest.raises(SubmissionError):
        compilers().build([source("A", "A.vy")])


def test_imports_in_comments_and_strings_are_none() -> None:
    text = """// import "a.sol";
/* import "b.sol"; */ string constant s = 'import "c.sol";';
import "d.sol";  import * as E from 'e.sol';
import {F as G,
        H} from /* "x" */ "f.sol";
contract important { string x = "g.sol"; }
"""
    assert [(i.path, i.line) for i in solidity_imports(text)] == [("d.sol", 3), ("e.sol", 3), ("f.sol", 5)]


def test_vyper_imports_are_found_in_all_their_forms() -> None:
    text = '''"""
import none
"""
# import none
import a
import a.b as c
from a import d
from . import e
from ..f import g as h
from ethereum.ercs import IERC20
import math
x: String[20] = "import none"
'''
    assert [(i.path, i.level) for i in vyper_imports(text)] == [("a", 0), ("a/b", 0), ("a/d", 0), ("e", 1), ("f/g", 2)]


def _gone(pid: int) -> bool:
    """True once the process has ended; the kernel may take a moment to say so."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)
    return False
