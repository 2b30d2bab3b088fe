"""Runs the tests nobody here wrote and records what passes: `python docs/conformance.py` writes docs/conformance.json, from
which `docs/tables.py` makes the README's table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "docs" / "conformance.json"

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.rpc import official  # noqa: E402 (the tests are no package that is installed)


@dataclass(frozen=True)
class Suite:
    """How one suite went. files: that hold a conversation; passed: that pass; empty: larger upstream than the copy may be.
    misses: the names of those that do not pass."""

    suite: str
    files: int
    passed: int
    empty: int
    misses: list[str]


LEAST_OF_WEB3 = 0.9
"""Share of web3.py's tests that has to pass; why the others cannot stands in the test."""

GROUPS = {
    "execution-apis: `eth_simulateV1`": lambda method: method == "eth_simulateV1",
    "execution-apis: other `eth_*`": lambda method: method.startswith("eth_") and method != "eth_simulateV1",
    "execution-apis: `debug_*`": lambda method: method.startswith("debug_"),
    "execution-apis: `txpool_*`, `testing_*`": lambda method: not method.startswith(("eth_", "debug_")),
}
"""Row of the table -> the methods (folders of the suite) it counts."""


def suites() -> Iterator[Suite]:
    """Every group against a chain imported from the official genesis and blocks."""
    for name, belongs in GROUPS.items():
        paths = [path for path in official.FILES if belongs(path.parent.name)]
        full = [path for path in paths if official.read(path).exchanges]
        misses = [f"{path.parent.name}/{path.name}" for path in full if not passes(path)]
        yield Suite(name, len(full), len(full) - len(misses), len(paths) - len(full), misses)


def web3_tests() -> Suite:
    """web3.py's own tests of a node, as `tests/rpc/test_web3_module.py` runs them; what it skips counts as not passed."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "tests/rpc/test_web3_module.py", f"--junitxml={report}"]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        cases = [one for one in ElementTree.parse(report).iter("testcase") if ".Test" in one.attrib["classname"]]
    missed = [one for one in cases if any(one.find(kind) is not None for kind in ("failure", "error", "skipped"))]
    names = sorted({f"{one.attrib['classname'].rpartition('.')[2]}.{one.attrib['name'].partition('[')[0]}" for one in missed})
    return Suite("web3.py: `Eth`, `Net`, `Web3` and `GoEthereum` module tests", len(cases), len(cases) - len(missed), 0, names)


def passes(path: Path) -> bool:
    """True if every answer of the conversation is the official one."""
    conversation, node = official.read(path), official.server()
    for exchange in conversation.exchanges:
        got = json.loads(node.handle(exchange.request))
        if conversation.shape_only and got.keys() != exchange.answer.keys():
            return False
        wanted = official.without_words(exchange.answer)
        if not conversation.shape_only and list(official.differences(official.without_words(got), wanted)):
            return False
    return True


def main() -> int:
    """0 if all passes, 1 if something does not, 3 if the suite is not here."""
    if not official.FILES:
        what = "error: the official suite is not here\n  at: ../shared/conformance\n  do: put it beside the project\n"
        sys.stderr.write(what)
        return 3
    done = [*suites(), web3_tests()]
    RESULT.write_text(json.dumps([asdict(one) for one in done], indent=2) + "\n", encoding="utf-8")
    for one in done:
        sys.stdout.write(f"{one.suite}: {one.passed} of {one.files}\n")
    return int(any(one.misses for one in done[:-1]) or done[-1].passed < LEAST_OF_WEB3 * done[-1].files)


if __name__ == "__main__":
    sys.exit(main())
