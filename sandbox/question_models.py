"""What may stand in a file of questions (`--what-if`) and in a file of changed limits (`backtest --limits`)."""

from __future__ import annotations

from pydantic import Field

from sandbox.domain.limit_changes import LimitChanges
from sandbox.domain.limits import SPECS, Bound, Mode
from sandbox.domain.profiles import UNSETTABLE, parse_bound
from sandbox.domain.scenario import Call, Deploy, Transaction, Transfer
from sandbox.domain.scenario_checks import suggestion
from sandbox.errors import InputError
from sandbox.file_fields import ModeField, PlainField, Shape, Site
from sandbox.scenario_models import AnyStepShape


class QuestionsShape(Shape):
    """Transactions to ask about; each is asked on the same state, and none is sent."""

    steps: list[AnyStepShape] = Field(min_length=1, description="Steps of kind deploy, call or transfer.")

    def build(self, at: Site) -> tuple[Transaction, ...] | None:
        """The domain's steps, None if anything became a fault of the document."""
        steps: list[Transaction] = []
        for index, shape in enumerate(self.steps):
            place = at / "steps" / index
            with place.collect():
                step = shape.build(place)
                if not isinstance(step, Deploy | Call | Transfer):
                    raise InputError("only a transaction can be asked about", do="ask with one of deploy, call, transfer")
                steps.append(step)
        return None if at.document.faults else tuple(steps)


class ChangedLimitsShape(Shape):
    """Limits to judge a recorded history under, laid over those it was recorded under; tighter or looser."""

    limits: dict[str, PlainField] = Field({}, description="Limit id -> bound in the limit's own shape; null for none at all.")
    modes: dict[str, ModeField] = Field({}, description="Limit id -> observe, warn or enforce.")

    def build(self, at: Site) -> LimitChanges | None:
        """The domain's changes, None if anything became a fault of the document."""
        bounds: dict[str, Bound | None] = {}
        modes: dict[str, Mode] = {}
        places: dict[str, str] = {}
        for part, rows in (("modes", self.modes), ("limits", self.limits)):
            for limit_id, value in rows.items():
                place = at / part / limit_id
                if limit_id in UNSETTABLE:
                    place.refuse_key(f"limit {limit_id}: {UNSETTABLE[limit_id]}", "remove it")
                elif limit_id not in SPECS:
                    place.refuse_key(f"there is no limit {limit_id!r}", suggestion(limit_id, SPECS))
                elif isinstance(value, Mode):
                    modes[limit_id] = value
                else:
                    with place.collect():
                        bounds[limit_id] = parse_bound(SPECS[limit_id], value)
                places[limit_id] = place.where
        with at.collect():
            if not places:
                raise InputError("it changes no limit", do="write limits: {max_tx_amount: ...}, or modes:")
        return None if at.document.faults else LimitChanges(bounds, modes, places)
