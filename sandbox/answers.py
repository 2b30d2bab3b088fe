"""What was asked, on a terminal: the verdict of a transaction that was not sent, and a history under other limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from sandbox.cases.ask import Asked
from sandbox.domain.asking import Answer, Headroom
from sandbox.domain.backtest_result import Affected, Backtest, Kind, Tally, Told
from sandbox.domain.units import format_value
from sandbox.terminal import against, plain, table

if TYPE_CHECKING:
    from rich.console import Console

MOST: Final = 40
"""Rows of a table at most; JSON output has all of them."""

_MILDER: Final = {"warn": " (warn)", "observe": " (observe)"}
_ENDS: Final = {"success": "would pass", "flagged": "would pass, with findings", "blocked": "would be refused"}


def show_asked(out: Console, asked: Asked) -> None:
    """The set-up in a line, then each question with its verdict and the room each limit leaves."""
    setup = asked.setup
    held = sum(step.error is None for step in setup.steps)
    out.print(
        f"[bold]{setup.pilot}[/] / [bold]{setup.scenario}[/]  engine {setup.engine}, seed {setup.seed} · "
        f"set-up: {held} of {len(setup.steps)} steps held"
    )
    for step in setup.steps:
        if step.error is not None:
            out.print(f"  [red]✗ step {step.index}[/] {plain(step.error)}  [dim]{plain(step.where)}[/]", soft_wrap=True)
    for answer in asked.answers:
        out.print()
        _show_answer(out, answer)
    passing = sum(answer.passes for answer in asked.answers)
    out.print(f"\n{passing} of {len(asked.answers)} would pass; nothing was sent, nothing is recorded")


def show_backtest(out: Console, result: Backtest) -> None:
    """The conclusion, the limits that were changed, what comes out otherwise, and what could not be judged again."""
    out.print(conclusion(result), soft_wrap=True)
    changed = table("limit", "recorded", "judged now")
    for one in result.changed:
        modes = ("", "") if one.mode_then == one.mode_now else (one.mode_then, one.mode_now)
        changed.add_row(one.limit, f"{one.then} {modes[0]}".strip(), f"{one.now} {modes[1]}".strip())
    out.print(changed if result.changed else "the limits named are those the runs were recorded under")
    _show_affected(out, result.affected)
    _show_tallies(out, f"client, value in {result.currency}", result.clients())
    _show_tallies(out, f"limit, value in {result.currency}", result.limits())
    stranded = sum(len(run.stranded) for run in result.runs)
    if stranded:
        moves = "1 transaction moves" if stranded == 1 else f"{stranded:,} transactions move"
        what = f"{moves} units that would not be there after what comes out otherwise before"
        out.print(f"[yellow]read with care[/]: {what}; judged as recorded (--format json: stranded)", soft_wrap=True)
    for left in result.left_out:
        at = "" if left.entry is None else f" entry {left.entry}"
        out.print(f"[yellow]left out[/] {plain(left.run)}{at}: {plain(left.reason)}", soft_wrap=True)
    if result.not_replayed:
        names = ", ".join(result.not_replayed)
        out.print(f"[dim]not judged again (judged on sealed blocks, at admission or by the clock): {names}[/]", soft_wrap=True)


def conclusion(result: Backtest) -> str:
    """`3 of 128 transactions of sme-equity would come out otherwise: …` in one line."""
    runs = f"in {len(result.runs)} run{'' if len(result.runs) == 1 else 's'}"
    if not result.runs:
        return f"none of the runs of {result.pilot} could be judged again"
    if not result.affected:
        return f"none of the {result.transactions:,} transactions of {result.pilot} {runs} would come out otherwise"
    counted = result.counted()
    words = {Kind.REFUSED: "refused", Kind.ALLOWED: "allowed", Kind.FINDINGS: "with other findings"}
    ways = ", ".join(f"{counted[kind]:,} {word}" for kind, word in words.items() if counted[kind])
    clients = len(result.clients())
    return (
        f"{len(result.affected):,} of {result.transactions:,} transactions of {result.pilot} {runs} would come out otherwise: "
        f"{ways}; {clients:,} client{'' if clients == 1 else 's'} affected"
    )


def _show_answer(out: Console, answer: Answer) -> None:
    end = _ENDS.get(answer.status, "would revert")
    colour = "green" if answer.passes else "yellow"
    out.print(f"{plain(answer.title)}  [{colour}]{end}[/]  gas {answer.gas_used:,}", soft_wrap=True)
    if answer.reverted is not None:
        out.print(f"  reverted: {plain(answer.reverted)}", soft_wrap=True)
    for finding in answer.findings:
        who = f"  {finding.who}" if finding.who else ""
        out.print(f"  [yellow]✗[/] {finding.code} {finding.grade.name}: {plain(against(finding) + who)}", soft_wrap=True)
    for warning in answer.warnings:
        out.print(f"  [dim]· near {warning.code}: {plain(against(warning))}[/]", soft_wrap=True)
    if answer.headroom:
        rows = table("limit", "after", "bound", "headroom", "share", "unit", "nearest")
        for one in answer.headroom:
            unit = answer.currency if one.unit == "money" else one.unit
            figures = map(grouped, (one.observed, one.bound, one.room))
            rows.add_row(one.limit, *figures, _share(one), unit, plain(_short(one.who)))
        out.print(rows)


def _show_affected(out: Console, affected: tuple[Affected, ...]) -> None:
    if not affected:
        return
    rows = table("entry", "block", "transaction", "then → now", "by")
    for column in rows.columns:
        column.overflow = "fold"  # the id of a run is there to be copied
    shown = ""
    for one in affected[:MOST]:
        if one.run != shown:
            rows.add_row("", "", f"[bold]{plain(one.run)}[/]")
            shown = one.run
        verdict = f"{one.then.status} → {one.now.status}"
        said = plain(f"{one.actor}: {one.title}")
        rows.add_row(str(one.entry), str(one.block), said, verdict, plain(_difference(one)))
    out.print(rows)
    if len(affected) > MOST:
        out.print(f"[dim]and {len(affected) - MOST:,} more (--format json has them all)[/]")


def _difference(one: Affected) -> str:
    now = {told.key for told in one.now.breaches}
    return "\n".join(
        f"{'' if told.key in now else 'no longer '}{told.code} {told.grade}{_MILDER.get(told.mode, '')}: {_against(told)}"
        for told in one.by[:3]
    )


def _against(told: Told) -> str:
    quantities = told.observed[:1].isdigit() and told.bound[:1].isdigit() and " " not in told.observed
    return f"{told.observed} > {told.bound}" if quantities else f"{told.observed} (needs {told.bound})"


def _show_tallies(out: Console, heading: str, tallies: Iterable[Tally]) -> None:
    listed = list(tallies)
    if not listed:
        return
    rows = table(heading.partition(",")[0], "transactions", "refused", "allowed", "otherwise", "value")
    for one in listed[:MOST]:
        value = "not known" if one.value is None else grouped(format_value(one.value))
        counts = (len(one.entries), one.refused, one.allowed, one.findings)
        rows.add_row(plain(_short(one.name)), *(f"{count:,}" for count in counts), value)
    out.print(rows)
    if len(listed) > MOST:
        out.print(f"[dim]and {len(listed) - MOST:,} more[/]")


def grouped(text: str) -> str:
    """An exact decimal with its thousands set apart: `-12500.5` -> `-12,500.5`."""
    whole, point, fraction = text.partition(".")
    return f"{int(whole):,}{point}{fraction}" if whole.lstrip("-").isdigit() and whole != "-0" else text


def _share(one: Headroom) -> str:
    return "" if one.share is None else f"{one.share // 100}.{one.share % 100:02} %"


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:8]}…{text[-6:]}"
