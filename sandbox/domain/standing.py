"""Who acts on a pilot and how a pilot can stand: roles, states, stages, their names, and what a state lets clients do.

The words are those of the life cycle in synthesis (a) of the domain study (JR/T 0198-2020: 事前, 事中, 事后).
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


class Role(enum.StrEnum):
    """FIRM 申报机构, REGULATOR 监管人员, CONFERENCE 联席会议, MENTOR 金融辅导员, AUDITOR 审计, PUBLIC 公众, SYSTEM 系统."""

    FIRM = "firm"
    REGULATOR = "regulator"
    CONFERENCE = "conference"
    MENTOR = "mentor"
    AUDITOR = "auditor"
    PUBLIC = "public"
    SYSTEM = "system"


APPROVERS: Final = frozenset({Role.REGULATOR, Role.CONFERENCE})
"""Roles whose word counts as an approval."""


_INVISIBLE: Final = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0"
    "\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f"
)
"""Characters that show nothing though Unicode counts them as letters, marks or symbols (fillers, variation selectors)."""


def same_name(text: str) -> str:
    """What spellings of a name have in common: width, case, invisible characters and white space make nobody else of one."""
    visible = "".join(letter for letter in text if letter.isspace() or not _unseen(letter))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join(folded.split())


def _unseen(letter: str) -> bool:
    return letter in _INVISIBLE or "\U000e0100" <= letter <= "\U000e01ef" or unicodedata.category(letter) in ("Cf", "Cc")


@dataclass(frozen=True, slots=True)
class Officer:
    """Who acts. name: unique among all officers. department: of an approver; without one, no approval counts."""

    name: str
    role: Role
    department: str = ""

    def is_one_of(self, names: Iterable[str]) -> bool:
        """True if one of the names is this officer's, however it is spelt."""
        return same_name(self.name) in {same_name(name) for name in names}


SYSTEM: Final = Officer("system", Role.SYSTEM)


class State(enum.StrEnum):
    """Where a pilot stands; names in `STATE_NAMES`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    PUBLIC_NOTICE = "public_notice"
    REGISTERED = "registered"
    ACTIVE = "active"
    RECTIFYING = "rectifying"
    SUSPENDED = "suspended"
    EVALUATING = "evaluating"
    WIND_DOWN = "wind_down"
    GRADUATED = "graduated"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXITED = "exited"


STATE_NAMES: Final[Mapping[State, tuple[str, str]]] = {
    State.DRAFT: ("起草", "Draft"),
    State.SUBMITTED: ("已提交", "Submitted"),
    State.UNDER_REVIEW: ("审核中", "Under review"),
    State.PUBLIC_NOTICE: ("公示中", "Public notice"),
    State.REGISTERED: ("已登记", "Registered"),
    State.ACTIVE: ("测试中", "Active"),
    State.RECTIFYING: ("整改中", "Rectifying"),
    State.SUSPENDED: ("暂停", "Suspended"),
    State.EVALUATING: ("评估中", "Evaluating"),
    State.WIND_DOWN: ("退出处置", "Wind-down"),
    State.GRADUATED: ("出盒", "Graduated"),
    State.REJECTED: ("未通过", "Rejected"),
    State.WITHDRAWN: ("已撤回", "Withdrawn"),
    State.EXITED: ("已退出", "Exited"),
}
"""state -> its name in Chinese and English."""

TERMINAL: Final = frozenset({State.GRADUATED, State.REJECTED, State.WITHDRAWN, State.EXITED})
RUNNING: Final = frozenset({State.ACTIVE, State.RECTIFYING, State.SUSPENDED, State.EVALUATING})
LIVE: Final = RUNNING | {State.REGISTERED, State.WIND_DOWN}
"""States in which the pilot's contracts can be on the chain and are supervised."""


class Stage(enum.StrEnum):
    """Stage of an active test; names in `STAGE_NAMES`."""

    G1 = "G1"
    G2 = "G2"
    G3 = "G3"

    @property
    def following(self) -> Stage | None:
        """The next stage, None after the last."""
        stages = list(Stage)
        place = stages.index(self) + 1
        return stages[place] if place < len(stages) else None


STAGE_NAMES: Final[Mapping[Stage, tuple[str, str]]] = {
    Stage.G1: ("试运行（无客户资产）", "Dry run"),
    Stage.G2: ("小规模测试", "Limited"),
    Stage.G3: ("规模测试", "Scaled"),
}
"""stage -> its name in Chinese and English."""


class Access(enum.StrEnum):
    """Whose transactions a state lets pass: NOBODY's; those of ROLES only, no client's; EVERYBODY's; or only what is a
    REDUCTION, that is, raises no client's exposure."""

    NOBODY = "nobody"
    ROLES = "roles"
    EVERYBODY = "everybody"
    REDUCTION = "reduction"


_ACCESS: Final[Mapping[State, Access]] = {
    State.REGISTERED: Access.ROLES,
    State.ACTIVE: Access.EVERYBODY,
    State.RECTIFYING: Access.EVERYBODY,
    State.EVALUATING: Access.EVERYBODY,
    State.WIND_DOWN: Access.REDUCTION,
}


def may_transact(state: State) -> Access:
    """Whose transactions a pilot in this state takes; nobody's unless the table says otherwise."""
    return _ACCESS.get(state, Access.NOBODY)
