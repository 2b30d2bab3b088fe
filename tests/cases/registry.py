"""A sandbox with registered pilots, led there by the use cases; notice periods of no days, for which no test can wait."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from sandbox.domain.act_fields import parse_act
from sandbox.domain.standing import Officer, Role
from sandbox.service import Sandbox
from sandbox.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FIRM = Officer("liang", Role.FIRM)
WANG = Officer("wang", Role.REGULATOR, "finance")
LI = Officer("li", Role.CONFERENCE, "bank")
EQUITY = "sme-equity"

ISSUER: LocalAccount = Account.from_key(bytes(31) + b"\x01")
ALICE: LocalAccount = Account.from_key(bytes(31) + b"\x02")
BOB: LocalAccount = Account.from_key(bytes(31) + b"\x03")
STRANGER: LocalAccount = Account.from_key(bytes(31) + b"\x04")

PARTIES: tuple[Mapping[str, str], ...] = (
    {"address": ISSUER.address, "role": "issuer", "native": "10 ether"},
    {"address": ALICE.address, "client": "C-001", "client_class": "qualified", "jurisdiction": "CN", "native": "1 ether"},
    {"address": BOB.address, "client": "C-002", "client_class": "qualified", "jurisdiction": "CN"},
)


def settings_in(folder: Path, compiled: Path) -> Settings:
    """Settings with profiles of their own."""
    shipped = folder / "shipped"
    if not shipped.exists():
        profiles = Path(shutil.copytree(ROOT / "scenarios" / "profiles", shipped / "profiles"))
        for profile in profiles.glob("*.yaml"):
            text = profile.read_text(encoding="utf-8")
            profile.write_text(text.replace("notice_days: {value: 7,", "notice_days: {value: 0,"), encoding="utf-8")
    return Settings(cache=compiled, scenarios=shipped, home=folder / "home")


def act(sandbox: Sandbox, slug: str, name: str, by: Officer, **fields: Any) -> None:
    """Let somebody act."""
    sandbox.act(slug, parse_act(name, fields), by)


def registered(sandbox: Sandbox, folder: Path, parties: Iterable[Mapping[str, str]] = PARTIES, slug: str = EQUITY) -> None:
    """Hand the pilot of a folder in and lead it to `registered`, these parties enrolled."""
    sandbox.submit(folder)
    move(sandbox, slug, "under_review")
    act(sandbox, slug, "assign_mentor", WANG, mentor="sun")
    move(sandbox, slug, "public_notice")
    act(sandbox, slug, "vote", LI, motion="registered", approve=True, reason="agreed")
    move(sandbox, slug, "registered")
    for party in parties:
        act(sandbox, slug, "enrol", FIRM, **party)


def activated(sandbox: Sandbox, folder: Path, parties: Iterable[Mapping[str, str]] = PARTIES, slug: str = EQUITY) -> None:
    """The same, led on into its test, in the last stage."""
    registered(sandbox, folder, parties, slug)
    scenario = sorted(path for path in folder.glob("*.yaml") if path.name != "pilot.yaml")[0]
    sandbox.run(scenario, engine=None, seed=None, progress=lambda *_: None)
    act(sandbox, slug, "pause", WANG, reason="a drill")
    act(sandbox, slug, "resume", WANG, reason="the drill is over")
    move(sandbox, slug, "active", FIRM)
    for _ in range(2):
        act(sandbox, slug, "vote", LI, motion="active", approve=True, reason="next stage")
        move(sandbox, slug, "active")


def move(sandbox: Sandbox, slug: str, to: str, by: Officer = WANG) -> None:
    """Along one arrow."""
    act(sandbox, slug, "transition", by, to=to, reason="as the rules say")
