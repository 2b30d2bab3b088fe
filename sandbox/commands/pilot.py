"""`taishan pilot`: hand in pilots, look them up, lead them through their life."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sandbox.commands.common import BAD_INPUT, HELD, home_option, opened, shape_option


@click.group()
def pilot() -> None:
    """Hand in and look up pilots."""


@pilot.command("submit")
@click.argument("path", type=click.Path(path_type=Path))
@shape_option
@home_option
def pilot_submit(path: Path, shape: str, home: Path | None) -> None:
    """Compile, check and register the pilot at PATH (pilot.yaml or its folder)."""
    from sandbox import present
    from sandbox.domain.admission import Refused

    with opened(home) as sandbox:
        submission = sandbox.submit(path)
        click.echo(present.submission(submission, shape))
        if isinstance(submission.decision, Refused):
            sys.exit(BAD_INPUT)
        sandbox.sync_registry(submission.slug)
    sys.exit(HELD)


@pilot.command("list")
@shape_option
@home_option
def pilot_list(shape: str, home: Path | None) -> None:
    """List the registered pilots."""
    from sandbox import present

    with opened(home) as sandbox:
        click.echo(present.pilots(sandbox.pilots(), sandbox.claimed(), shape))


@pilot.command("show")
@click.argument("slug")
@shape_option
@home_option
def pilot_show(slug: str, shape: str, home: Path | None) -> None:
    """Show one pilot: where it stands, contracts, limits in force, violations, runs, and what the chain says of it."""
    from sandbox import present

    with opened(home) as sandbox:
        click.echo(present.pilot(sandbox.pilot(slug), sandbox.dossier(slug), sandbox.on_chain(slug), shape))


@pilot.command("artifact")
@click.argument("pilot_or_path", metavar="PILOT|PATH")
@click.argument("contract")
@home_option
def pilot_artifact(pilot_or_path: str, contract: str, home: Path | None) -> None:
    """Print ABI and creation code of a contract as JSON, for web3.py, ethers, viem or cast."""
    import json

    with opened(home) as sandbox:
        artifact = sandbox.artifact(pilot_or_path, contract)
    click.echo(json.dumps({"abi": [dict(entry) for entry in artifact.abi], "bytecode": "0x" + artifact.init_code.hex()}))


def _officer(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say who acts."""
    roles = click.Choice(["firm", "regulator", "conference", "mentor", "auditor", "public"])
    for option in (
        click.option("--department", default="", help="Of an approver; two approvals need two departments."),
        click.option("--role", type=roles, required=True, help="In which role."),
        click.option("--by", "name", required=True, help="Who acts."),
    ):
        command = option(command)
    return command


@pilot.command("transition")
@click.argument("slug")
@click.argument("to")
@_officer
@click.option("--reason", required=True, help="Why; it goes into the log.")
@click.option("--evidence", default="", help="SHA-256 of a document, as hex.")
@home_option
def pilot_transition(
    slug: str, to: str, name: str, role: str, department: str, reason: str, evidence: str, home: Path | None
) -> None:
    """Move a pilot to the state TO (to `active` while active: its next stage)."""
    _perform(slug, "transition", {"to": to, "reason": reason, "evidence": evidence}, (name, role, department), home)


@pilot.command("act")
@click.argument("slug")
@click.argument("act")
@_officer
@click.option("-f", "--field", "pairs", multiple=True, metavar="KEY=VALUE", help="What the act needs; see `pilot acts`.")
@home_option
def pilot_act(
    slug: str, act: str, name: str, role: str, department: str, pairs: tuple[str, ...], home: Path | None
) -> None:
    """Act on a pilot's file: vote, assign_mentor, freeze, propose_limits, decide ..."""
    from sandbox.domain.act_fields import text_fields
    from sandbox.scenario_files import read_fields

    _perform(slug, act, read_fields(pairs, text_fields(act)), (name, role, department), home)


@pilot.command("acts")
def pilot_acts() -> None:
    """List every act with its fields and who may do it."""
    from sandbox import present

    click.echo(present.acts())


@pilot.command("elapse")
@home_option
def pilot_elapse(home: Path | None) -> None:
    """Let deadlines, notice periods and test periods that have run out do their work on every pilot."""
    from sandbox import present
    from sandbox.domain.inscription import changes_inscription

    with opened(home, must_exist=True) as sandbox:
        brought = sandbox.elapse()
        lines = [f"{slug}: {line}" for slug, consequences in brought for line in present.consequences(consequences)]
        click.echo("\n".join(lines) or "nothing has run out")
        changed = [slug for slug, consequences in brought if changes_inscription(consequences)]
        if changed:
            sandbox.sync_registry(*changed)


def _perform(slug: str, act: str, fields: dict[str, Any], who: tuple[str, str, str], home: Path | None) -> None:
    from sandbox import present
    from sandbox.domain.act_fields import parse_act
    from sandbox.domain.inscription import changes_inscription
    from sandbox.domain.standing import Officer, Role

    parsed = parse_act(act, fields)
    with opened(home, must_exist=True) as sandbox:
        dossier, brought = sandbox.act(slug, parsed, Officer(who[0], Role(who[1]), who[2]))
        click.echo("\n".join([present.standing(dossier), *present.consequences(brought)]))
        if changes_inscription(brought):
            sandbox.sync_registry(slug)
