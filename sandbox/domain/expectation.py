"""What a scenario expects of a transaction."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.expressions import Expression
from sandbox.domain.limits import Grade
from sandbox.errors import InputError


class Status(enum.StrEnum):
    """How a transaction ended. REVERTED: by the EVM. BLOCKED: by the supervisor. FLAGGED: let through with a finding."""

    SUCCESS = "success"
    REVERTED = "reverted"
    BLOCKED = "blocked"
    FLAGGED = "flagged"


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """An event the transaction must emit. args: those that are compared, by name. contract: instance that must emit it,
    None for any."""

    event: str
    args: Mapping[str, Expression] = field(default_factory=dict)
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """A custom error the transaction must revert with. args: None if they are not compared."""

    error: str
    args: tuple[Expression, ...] | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a transaction must come to. findings: limit ids that must all be among its findings. revert: text or custom
    error. returns: value of the call."""

    status: Status = Status.SUCCESS
    findings: tuple[str, ...] = ()
    grade: Grade | None = None
    emits: tuple[ExpectedEvent, ...] = ()
    revert: str | ExpectedError | None = None
    returns: Expression | None = None

    def __post_init__(self) -> None:
        judged, ran = self.status in (Status.BLOCKED, Status.FLAGGED), self.status in (Status.SUCCESS, Status.FLAGGED)
        excluded = {
            "finding": bool(self.findings) and not judged,
            "grade": self.grade is not None and not judged,
            "emits": bool(self.emits) and not ran,
            "returns": self.returns is not None and not ran,
            "revert": self.revert is not None and self.status is not Status.REVERTED,
        }
        for key, wrong in excluded.items():
            if wrong:
                raise InputError(f"a transaction of status {self.status} cannot have {key!r}", do="correct status, or drop it")


SUCCESS: Final = Expectation()
