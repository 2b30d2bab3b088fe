"""What the registry contract ought to say of a pilot, and which acts change that."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from sandbox.domain.canonical import canonical
from sandbox.domain.dossier import (
    Consequence,
    Dossier,
    Intervened,
    LimitsChanged,
    LimitVersion,
    Measure,
    Moved,
    Overdue,
    VersionKind,
    VersionStatus,
)
from sandbox.domain.inscription import Inscription, changes_inscription, inscription
from sandbox.domain.limits import Count, Grade
from sandbox.domain.standing import Role, Stage, State
from tests.domain.builders import limits

CODES = {"Register": "ab" * 32, "Token": "cd" * 32}
LIMITS = limits(max_clients=Count(150))
DOSSIER = Dossier("sme-equity", state=State.ACTIVE)
MOVED = Moved(State.DRAFT, State.SUBMITTED, Stage.G1, "liang", Role.FIRM, "handed in", 0)
VERSION = LimitVersion(1, {}, VersionKind.CHANGE, VersionStatus.IN_FORCE, "wang", "", 0)


def made(**changes: Any) -> Inscription:
    parts: dict[str, Any] = {
        "firm": "某公司", "contracts": CODES, "manifest_hash": "ef" * 32, "limits": LIMITS, "dossier": DOSSIER,
    }  # fmt: skip
    return inscription(**(parts | changes))


def ordered(measure: Measure) -> Intervened:
    return Intervened(measure, "", "as ordered", "wang", Role.REGULATOR, 0)


def test_hashes_are_sha_256_over_what_anybody_can_be_handed() -> None:
    told = made()
    assert told.code_hash == "0x" + sha256(canonical(CODES)).hexdigest()
    assert told.manifest_hash == "0x" + "ef" * 32
    assert told.limits_hash == "0x" + sha256(canonical(LIMITS.as_data())).hexdigest()
    assert (told.firm, told.status, told.paused) == ("某公司", State.ACTIVE, False)


def test_the_order_in_which_contracts_are_named_changes_nothing() -> None:
    assert made(contracts=dict(reversed(CODES.items()))) == made()


@pytest.mark.parametrize(
    "changes",
    [
        {"firm": "another"},
        {"contracts": {**CODES, "Token": "ce" * 32}},
        {"contracts": {"Register": CODES["Register"]}},
        {"manifest_hash": "ee" * 32},
        {"limits": limits(max_clients=Count(149))},
        {"dossier": replace(DOSSIER, state=State.SUSPENDED)},
        {"dossier": replace(DOSSIER, paused=True)},
    ],
)
def test_whatever_changes_shows(changes: dict[str, Any]) -> None:
    assert made(**changes) != made()


def test_what_the_public_has_no_business_with_does_not_show() -> None:
    assert made(dossier=replace(DOSSIER, frozen=frozenset({"C-001"}), mentor="sun")) == made()


@pytest.mark.parametrize(
    "one", [MOVED, LimitsChanged(VERSION), ordered(Measure.PAUSE), ordered(Measure.RESUME)], ids=lambda one: type(one).__name__
)
def test_a_move_other_limits_and_an_order_to_everybody_change_an_entry(one: Consequence) -> None:
    assert changes_inscription([Overdue("reporting_deadline", Grade.S1, 2, 1, "p", "d"), one])


def test_nothing_a_freeze_and_a_missed_report_do_not() -> None:
    assert not changes_inscription([])
    assert not changes_inscription([ordered(Measure.FREEZE), ordered(Measure.UNFREEZE)])
    assert not changes_inscription([Overdue("reporting_deadline", Grade.S1, 2, 1, "p", "d")])
