"""What the terminal shows: aligned tables of at most 100 columns, errors in three lines, JUnit for CI servers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from sandbox.domain.limits import Grade
from sandbox.domain.outcome import Agreement, RunOutcome, StepOutcome
from sandbox.domain.scenario import Case
from sandbox.domain.suite import SuiteResult
from sandbox.domain.supervision import Finding
from sandbox.errors import SandboxError, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100
RIGHT = ("#", "gas", "after", "bound", "headroom", "share", "entry", "block", "transactions", "refused", "allowed", "value")
_NEVER_WRAPPED = (*RIGHT, "held", "scenario", "obtained", "refused or flagged by", "rule", "caught")
_STYLES = {"success": "green", "held": "green", "blocked": "yellow", "flagged": "yellow", "reverted": "magenta"}


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, at most 100 columns; colour only on a terminal and without NO_COLOR."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    made.width = min(made.width, WIDTH) if made.is_terminal else WIDTH
    return made


def error_text(error: SandboxError) -> str:
    """`error: what` / `  at: where` / `  do: what to do`."""
    lines = [f"error: {error.what}"]
    if error.where:
        lines.append(f"  at: {error.where}")
    if error.do:
        lines.append(f"  do: {error.do}")
    return "\n".join(lines)


def show_run(out: Console, outcome: RunOutcome) -> None:
    """Every step of a run, then one line that sums it up."""
    made = table("#", "step", "status", "gas", "finding / reason")
    for step in outcome.steps:
        mark = "" if step.error is None else " ✗"
        made.add_row(str(step.index), plain(step.title), _styled(_status(step)) + mark, _gas(step), _reason(step))
    out.print(f"[bold]{outcome.pilot}[/] / [bold]{outcome.scenario}[/]  engine {outcome.engine}, seed {outcome.seed}")
    out.print(made)
    for step in outcome.steps:
        if step.error is not None:
            out.print(f"  [red]✗ step {step.index}[/] {plain(step.error)}  [dim]{plain(step.where)}[/]", soft_wrap=True)
    held = sum(step.error is None for step in outcome.steps)
    verdict = "[green]passed[/]" if outcome.passed else "[red]failed[/]"
    log = f"run {outcome.run} · log {outcome.log_root[:16]}… ({outcome.log_size} entries)"
    out.print(f"{verdict}: {held} of {len(outcome.steps)} steps held · {log}", soft_wrap=True)
    if outcome.agreement is not None:
        out.print(_agreed(outcome.agreement), soft_wrap=True)


def _agreed(agreement: Agreement) -> str:
    """`agrees with rpc (anvil/v1.7.1): …`, or what differs."""
    other = f"{agreement.engine} ({plain(agreement.version)})"
    found = agreement.difference
    if found is None:
        equal = "status, gas, logs, return data, balances and storage are equal"
        return f"[green]agrees[/] with {other}: {agreement.transactions} transactions in {agreement.blocks} blocks; {equal}"
    values = f"{plain(found.here)} here, {plain(found.there)} there"
    return f"[red]differs[/] from {other}: {plain(found.subject)}, {plain(found.field)}: {values}"


def show_summary(out: Console, outcomes: Sequence[RunOutcome]) -> None:
    """One line per scenario, grouped by pilot: what was expected of its transactions, what came, by which limits."""
    made = table("scenario", "expected", "obtained", "refused or flagged by", "held")
    shown = ""
    for outcome in outcomes:
        if outcome.pilot != shown:
            made.add_row(f"[bold]{outcome.pilot}[/]")
            shown = outcome.pilot
        same = outcome.statuses() == outcome.wanted()
        obtained = "as expected" if same else f"[red]{tally(outcome.statuses())}[/]"
        held = "[green]✓[/]" if outcome.passed else "[red]✗[/]"
        expected = re.sub(r"(.+?, .+?,) ", r"\1\n", tally(outcome.wanted()))
        made.add_row(f"  {outcome.scenario}", expected, obtained, _codes(outcome), held)
    out.print(made)
    held_count = sum(outcome.passed for outcome in outcomes)
    total = sum((outcome.statuses() for outcome in outcomes), Counter[str]())
    out.print(f"\n{held_count} of {len(outcomes)} scenarios held · {total.total()} transactions: {tally(total)}")


def show_lives(out: Console, outcomes: Sequence[RunOutcome]) -> None:
    """The runs that led a pilot through its life: every station on one line."""
    lives = [outcome for outcome in outcomes if outcome.stations]
    if lives:
        out.print("\n[bold]lives[/]")
    for outcome in lives:
        out.print(f"  {outcome.pilot} / {outcome.scenario}: {' → '.join(outcome.stations)}")


def show_suite(out: Console, suite: SuiteResult, outcomes: Sequence[RunOutcome]) -> None:
    """The attack suite: detection rate, false alarms, which rule caught what, and what went wrong."""
    attacks, twins = suite.of(Case.ATTACK), suite.of(Case.BENIGN)
    if not attacks:
        return
    out.print(
        f"\n[bold]attack suite[/]: {suite.caught} of {len(attacks)} attacks caught by the rule and grade they must, "
        f"{suite.alarms} false alarms in {len(twins)} benign twins"
    )
    rows = table("rule", "caught", "attacks")
    for rule, count in suite.by_rule().items():
        names = [one.scenario for one in attacks if one.right and any(each.startswith(f"{rule} ") for each in one.rules)]
        rows.add_row(rule, str(count), plain(", ".join(names)))
    out.print(rows)
    for one in suite.tried:
        if not one.right:
            wanted = ", ".join(one.rules) or "no finding"
            out.print(f"  [red]✗ {plain(one.pilot)} / {plain(one.scenario)}[/] did not end in {wanted}", soft_wrap=True)
    for outcome in outcomes:
        for step in outcome.steps:
            if step.error is not None:
                out.print(f"  [red]✗ {outcome.scenario}[/] {plain(step.error)}  [dim]{plain(step.where)}[/]", soft_wrap=True)


def tally(statuses: Counter[str]) -> str:
    """`{"success": 12, "blocked": 2}` -> "12 success, 2 blocked"."""
    order = ("success", "reverted", "flagged", "blocked")
    return ", ".join(f"{statuses[name]} {name}" for name in order if statuses[name]) or "none"


def junit(outcomes: Iterable[RunOutcome]) -> str:
    """The runs as JUnit XML: a test suite per scenario, a test case per step."""
    root = ElementTree.Element("testsuites")
    for outcome in outcomes:
        failures = sum(step.error is not None for step in outcome.steps)
        suite = ElementTree.SubElement(
            root, "testsuite", name=f"{outcome.pilot}/{outcome.scenario}", tests=str(len(outcome.steps)), failures=str(failures)
        )
        for step in outcome.steps:
            name = f"{step.index} {step.title}"
            case = ElementTree.SubElement(suite, "testcase", classname=f"{outcome.pilot}.{outcome.scenario}", name=name)
            if step.error is not None:
                failure = ElementTree.SubElement(case, "failure", message=step.error)
                failure.text = f"{step.where}\n{step.error}"
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def table(*columns: str) -> Table:
    """An empty table with these columns; those of RIGHT hold figures."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        made.add_column(name, justify="right" if name in RIGHT else "left", no_wrap=name in _NEVER_WRAPPED)
    return made


def _status(step: StepOutcome) -> str:
    return tally(Counter(step.statuses)) if step.times > 1 else step.status


def _styled(status: str) -> str:
    return f"[{_STYLES[status]}]{status}[/]" if status in _STYLES else status


def _gas(step: StepOutcome) -> str:
    return f"{step.gas_used:,}" if step.gas_used else ""


def _reason(step: StepOutcome) -> str:
    if step.findings:
        counted = Counter(f"{f.code} {f.grade.name}: {against(f)}" for f in step.findings)
        return plain("; ".join(f"{text} ×{count}" if count > 1 else text for text, count in list(counted.items())[:3]))
    return plain(step.reverted or step.refusal or "")


def plain(text: str) -> str:
    """A text of the scenario's or a contract's own: neither markup nor control characters mean anything in it."""
    from rich.markup import escape

    return escape(printable(text))


def against(finding: Finding) -> str:
    """What was observed against what is allowed."""
    if finding.grade is Grade.S0:
        return f"{finding.observed} of {finding.bound}"
    quantities = finding.observed[:1].isdigit() and finding.bound[:1].isdigit() and " " not in finding.observed
    return f"{finding.observed} > {finding.bound}" if quantities else f"{finding.observed} (needs {finding.bound})"


def _codes(outcome: RunOutcome) -> str:
    found = (finding for step in outcome.steps for finding in step.findings)
    codes = dict.fromkeys(f"{f.code} {f.grade.name}" for f in found if f.grade > Grade.S0)
    return "\n".join(codes)
