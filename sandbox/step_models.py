"""What may stand in a scenario's steps, and how each becomes a step of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Discriminator, Field, Tag

from sandbox.domain import scenario as domain
from sandbox.domain.expressions import valid_name
from sandbox.domain.pilot import NATIVE, Text
from sandbox.domain.scenario import AnyStep, Expectation, ExpectedError, ExpectedEvent, Status
from sandbox.domain.units import Seconds
from sandbox.errors import InputError
from sandbox.file_fields import (
    ArgumentField,
    GradeField,
    Identifier,
    NamesField,
    QuantityField,
    Shape,
    Site,
    StatusField,
    TextField,
    Whole,
    Words,
)

_SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Gas = Annotated[int, Field(ge=21_000, le=1_000_000_000)]


class ErrorShape(Shape):
    """A custom error of a contract."""

    error: Words
    args: list[ArgumentField] | None = None

    def build(self) -> ExpectedError:
        """The domain's expected error."""
        return ExpectedError(self.error, None if self.args is None else tuple(self.args))


class EventShape(Shape):
    """An event that must be emitted."""

    event: Words
    args: dict[str, ArgumentField] = {}
    contract: Identifier | None = None


def _revert_tag(value: Any) -> str:
    return "<error>" if isinstance(value, dict) else "<text>"


class ExpectShape(Shape):
    """What the transaction must come to."""

    status: StatusField = Status.SUCCESS
    finding: NamesField | None = Field(None, description="Limit id, or several.")
    grade: GradeField | None = None
    emits: list[EventShape] = []
    revert: (
        Annotated[Annotated[Words, Tag("<text>")] | Annotated[ErrorShape, Tag("<error>")], Discriminator(_revert_tag)] | None
    ) = None
    returns: ArgumentField | None = None

    def build(self) -> Expectation:
        """The domain's expectation. Raises InputError where its parts exclude each other."""
        revert = self.revert.build() if isinstance(self.revert, ErrorShape) else self.revert
        emits = tuple(ExpectedEvent(event.event, event.args, event.contract) for event in self.emits)
        return Expectation(self.status, tuple(self.finding or ()), self.grade, emits, revert, self.returns)


class StepShape(Shape):
    """What all steps share."""

    note: TextField | None = None


class SentShape(Shape):
    """What all transactions share."""

    gas: Gas | None = Field(None, description="Gas limit.")
    request: Words | None = Field(None, description="Id of the approved request a privileged operation answers to.")
    expect: ExpectShape | None = None

    def sent(self, at: Site, expect: ExpectShape | None = None) -> dict[str, Any]:
        """gas, request and expectation, for the domain's step."""
        chosen = expect or self.expect
        built = domain.SUCCESS
        with (at / "expect").collect():
            built = domain.SUCCESS if chosen is None else chosen.build()
        return {"gas": self.gas, "request": self.request, "expect": built}


class DeployShape(StepShape, SentShape):
    """Creates an instance of a contract."""

    deploy: Words = Field(description="Contract of the manifest.")
    name: Identifier | None = Field(None, description="Instance name; by default the contract's.")
    actor: Words = Field(alias="as")
    args: list[ArgumentField] = []
    value: QuantityField | None = None
    interface: Words | None = Field(None, description="Contract whose ABI its callers use.")

    def build(self, at: Site) -> AnyStep:
        """The domain's step. Raises InputError."""
        name = self.name or self.deploy
        if not valid_name(name):
            raise InputError(f"an instance cannot be called {name!r}", do="give it another name:")
        return domain.Deploy(
            where=at.where,
            note=self.note,
            actor=self.actor,
            contract=self.deploy,
            instance=name,
            args=tuple(self.args),
            interface=self.interface,
            value=self.value,
            **self.sent(at),
        )


class CallBody(SentShape):
    """A call of a function."""

    call: Words = Field(description='Instance.function, or "Instance.function(types)" where it is overloaded.')
    args: list[ArgumentField] = []
    value: QuantityField | None = None

    def body(self, at: Site, actor: str, note: Text | None, expect: ExpectShape | None = None) -> domain.Call:
        """The domain's call. Raises InputError."""
        instance, function = target(self.call)
        return domain.Call(
            where=at.where,
            note=note,
            actor=actor,
            instance=instance,
            function=function,
            args=tuple(self.args),
            value=self.value,
            **self.sent(at, expect),
        )


class MoveShape(Shape):
    """Which asset goes where. Without asset: the native one."""

    to: ArgumentField
    amount: QuantityField
    asset: Words | None = None
    token_id: QuantityField | None = None


class TransferBody(SentShape):
    """A transfer by the means of the asset's standard."""

    transfer: MoveShape

    def body(self, at: Site, actor: str, note: Text | None, expect: ExpectShape | None = None) -> domain.Transfer:
        """The domain's transfer."""
        move = self.transfer
        return domain.Transfer(
            where=at.where,
            note=note,
            actor=actor,
            to=move.to,
            amount=move.amount,
            asset=None if move.asset == NATIVE else move.asset,
            token_id=move.token_id,
            **self.sent(at, expect),
        )


class CallShape(CallBody, StepShape):
    """Calls a function of an instance."""

    actor: Words = Field(alias="as")

    def build(self, at: Site) -> AnyStep:
        """The domain's step. Raises InputError."""
        return self.body(at, self.actor, self.note)


class TransferShape(TransferBody, StepShape):
    """Moves an asset."""

    actor: Words = Field(alias="as")

    def build(self, at: Site) -> AnyStep:
        """The domain's step."""
        return self.body(at, self.actor, self.note)


class AdvanceShape(StepShape):
    """Lets block time pass."""

    advance: dict[str, Whole] = Field(description="seconds, minutes, hours, days, weeks; they add up.")

    def build(self, at: Site) -> AnyStep:
        """The domain's step. Raises InputError."""
        unknown = self.advance.keys() - _SECONDS.keys()
        total = sum(number * _SECONDS.get(unit, 0) for unit, number in self.advance.items())
        if unknown or not 0 < total < 1 << 40:
            raise InputError(f"{self.advance} is not a duration", do="write such as {days: 30} or {hours: 1, minutes: 30}")
        return domain.Advance(where=at.where, note=self.note, seconds=Seconds(total))


class _Times(Shape):
    times: Count
    actors: NamesField = Field(alias="as", description="One actor, or several that take turns.")
    tally: dict[StatusField, Whole] | None = None


class RepeatCall(_Times, CallBody):
    """A call, many times."""


class RepeatTransfer(_Times, TransferBody):
    """A transfer, many times."""


def _body_tag(value: Any) -> str:
    return "<repeated transfer>" if isinstance(value, dict) and "transfer" in value else "<repeated call>"


class RepeatShape(StepShape):
    """The same transaction many times; `expect` applies to each, `tally` to all together."""

    repeat: Annotated[
        Annotated[RepeatCall, Tag("<repeated call>")] | Annotated[RepeatTransfer, Tag("<repeated transfer>")],
        Discriminator(_body_tag),
    ]
    expect: ExpectShape | None = None
    tally: dict[StatusField, Whole] | None = None

    def build(self, at: Site) -> AnyStep:
        """The domain's step. Raises InputError."""
        inner = self.repeat
        stated = [part for part in (self.expect, inner.expect, self.tally, inner.tally) if part is not None]
        if len(stated) > 1:
            raise InputError("a repeat has more than one of expect and tally", do="keep one of them")
        body = inner.body(at, inner.actors[0], self.note, self.expect)
        tally: Mapping[Status, int] | None = self.tally if self.tally is not None else inner.tally
        return domain.Repeat(
            where=at.where, note=self.note, times=inner.times, actors=tuple(inner.actors), body=body, tally=tally
        )


def target(text: str) -> tuple[str, str]:
    """`Instance.function` in its two parts. Raises InputError."""
    instance, dot, function = text.partition(".")
    if not dot or not valid_name(instance) or not function:
        raise InputError(f"{text!r} is not a function of an instance", do="write Instance.function")
    return instance, function.replace(" ", "")
