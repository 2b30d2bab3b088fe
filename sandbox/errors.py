"""One error tree for the whole sandbox.

Every error says *what* is wrong, *where*, and what to *do* about it. The tree knows nothing of HTTP, of exit codes or of
third-party types: `cli.py` and `api/errors.py` hold the tables that map a class to an exit code or a status.
"""

from __future__ import annotations


class SandboxError(Exception):
    """Root of everything the sandbox raises on purpose.

    what: one sentence, no trailing full stop. where: file:line:column, a contract, a step; None if it has no place.
    do: what the reader can do next; None if nothing helps.
    """

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        return self.what if self.where is None else f"{self.what} (at {self.where})"


class InputError(SandboxError):
    """A file, an option or a value handed in by a user is not acceptable."""


class SubmissionError(InputError):
    """A pilot cannot be taken as it was handed in (manifest, sources, artifacts, deployment)."""


class CompileError(SubmissionError):
    """A compiler refused a source; `what` carries the compiler's own message."""


class NotFound(InputError):
    """The named pilot, run, entry, contract or file is not there."""


class Conflict(InputError):
    """The request contradicts what is already recorded."""


class Rejected(InputError):
    """A transaction or message that no block could hold.

    reason: which rule it breaks, one of a closed list of short names (`nonce_low`, `funds`, ...).
    """

    def __init__(self, reason: str, what: str, *, do: str | None = None) -> None:
        super().__init__(what, do=do)
        self.reason = reason


class Refused(InputError):
    """A preventive rule refused the transaction; it left no state. findings: each as plain data, ready to be shown."""

    def __init__(self, what: str, findings: tuple[dict[str, object], ...], *, do: str | None = None) -> None:
        super().__init__(what, do=do)
        self.findings = findings


class VerificationFailed(SandboxError):
    """A log, proof, checkpoint or signature does not hold."""


class Disagreement(VerificationFailed):
    """Two engines differ on the same transaction or block."""


class EngineError(SandboxError):
    """The chain engine itself failed (a revert is not an error, it is an `Execution`)."""


class MissingDependency(SandboxError):
    """Something needed is not installed or not reachable (compiler, node, database)."""


def printable(text: str) -> str:
    """Text from anywhere, safe to show on a terminal: control characters, other than the end of a line, become `�`."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)
