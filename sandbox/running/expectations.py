"""Whether a transaction came out as its scenario expects, and if not, how it differs."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.chain.coercion import text_of
from sandbox.domain.expressions import evaluate
from sandbox.domain.limits import Grade
from sandbox.domain.scenario import Expectation, ExpectedError, ExpectedEvent
from sandbox.domain.supervision import Finding
from sandbox.running.world import Taken, World


def unmet(world: World, expect: Expectation, taken: Taken, at_block: tuple[Finding, ...]) -> str | None:
    """The first way in which the transaction differs from what is expected; None if it does not."""
    findings = taken.judgement.findings + at_block
    checks = (_status(expect, taken, findings), _findings(expect, findings), _revert(world, expect, taken))
    for wrong in checks:
        if wrong is not None:
            return wrong
    for event in expect.emits:
        if not _emitted(world, event, taken):
            return f"expected the event {event.event}, emitted: {_emissions(world, taken)}"
    return _returned(world, expect, taken)


def described(expect: Expectation) -> str:
    """The expectation in a few words: `blocked by investor_class S3`."""
    by = f" by {', '.join(expect.findings)}" if expect.findings else ""
    grade = f" {expect.grade.name}" if expect.grade is not None else ""
    return f"{expect.status.value}{by}{grade}"


def _status(expect: Expectation, taken: Taken, findings: tuple[Finding, ...]) -> str | None:
    if taken.status == expect.status.value:
        return None
    reasons = [f"{f.code} {f.grade.name}: {f.observed}, bound {f.bound}" for f in findings]
    if taken.effects.reverted is not None:
        reasons.append(f"reverted: {taken.effects.reverted}")
    return f"expected {expect.status.value}, was {taken.status}" + (f" ({'; '.join(reasons)})" if reasons else "")


def _findings(expect: Expectation, findings: tuple[Finding, ...]) -> str | None:
    found = {finding.code for finding in findings}
    missing = [code for code in expect.findings if code not in found]
    if missing:
        return f"expected a finding of {', '.join(missing)}, found {', '.join(sorted(found)) or 'none'}"
    if expect.grade is None:
        return None
    for grades in _graded(expect, findings):
        if expect.grade not in grades:
            return f"expected grade {expect.grade.name}, found {', '.join(sorted(g.name for g in grades)) or 'none'}"
    return None


def _graded(expect: Expectation, findings: tuple[Finding, ...]) -> Iterator[set[Grade]]:
    """The grades found of each rule named, which must all hold the one expected; of every rule together if none is named."""
    if not expect.findings:
        yield {finding.grade for finding in findings}
    for code in expect.findings:
        yield {finding.grade for finding in findings if finding.code == code}


def _revert(world: World, expect: Expectation, taken: Taken) -> str | None:
    if expect.revert is None:
        return None
    reverted = taken.effects.reverted
    if isinstance(expect.revert, ExpectedError):
        wanted = expect.revert
        args = None if wanted.args is None else tuple(text_of(evaluate(arg, world.prompter)) for arg in wanted.args)
        held = reverted is not None and reverted.error == wanted.error and args in (None, reverted.args)
        shown = wanted.error if args is None else f"{wanted.error}({', '.join(args)})"
    else:
        held, shown = reverted is not None and expect.revert in str(reverted), repr(expect.revert)
    return None if held else f"expected the revert reason {shown}, was {reverted}"


def _emitted(world: World, wanted: ExpectedEvent, taken: Taken) -> bool:
    args = {name: text_of(evaluate(value, world.prompter)) for name, value in wanted.args.items()}
    return any(
        event.name == wanted.event
        and wanted.contract in (None, event.contract)
        and all(name in event.args and text_of(event.args[name]) == text for name, text in args.items())
        for event in world.chain.contracts.events(taken.effects.logs)
    )


def _emissions(world: World, taken: Taken) -> str:
    events = world.chain.contracts.events(taken.effects.logs)
    shown = (f"{e.name}({', '.join(f'{name}: {text_of(value)}' for name, value in e.args.items())})" for e in events)
    return "; ".join(shown) or "none"


def _returned(world: World, expect: Expectation, taken: Taken) -> str | None:
    if expect.returns is None or taken.effects.target is None:
        return None
    deployed = world.chain.contracts.at(taken.effects.target)
    entry = None if deployed is None else deployed.interface.by_selector.get(taken.effects.data[:4])
    if deployed is None or entry is None:
        return "expected a return value, but the function is not in the contract's ABI"
    result = deployed.interface.result(entry, taken.effects.output)
    obtained = text_of(result[0] if len(result) == 1 else list(result))
    wanted = text_of(evaluate(expect.returns, world.prompter))
    return None if obtained == wanted else f"expected it to return {wanted}, returned {obtained}"
