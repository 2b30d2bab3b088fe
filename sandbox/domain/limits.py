"""Limits: what a bound can look like, which limits exist, and what "tighter" means.

The catalogue is synthesis (b) of the domain study: one `LimitSpec` per limit. A bound is one of a closed union of shapes;
each knows how to tell whether another bound of its shape is at least as tight, so that a firm may tighten a profile and
never loosen it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from sandbox.domain.units import Money, Seconds, format_value
from sandbox.errors import InputError


class Mode(enum.IntEnum):
    """The ladder. OBSERVE counts, WARN flags, ENFORCE refuses (preventive rules) or finds (detective rules)."""

    OBSERVE = 0
    WARN = 1
    ENFORCE = 2


class Timing(enum.StrEnum):
    """PREVENTIVE rules can refuse a transaction before it commits; DETECTIVE ones record a finding after the fact."""

    PREVENTIVE = "preventive"
    DETECTIVE = "detective"


class Grade(enum.IntEnum):
    """Severity of a finding: S0 warning 预警, S1 minor 轻微, S2 general 一般, S3 serious 严重, S4 red line 红线."""

    S0 = 0
    S1 = 1
    S2 = 2
    S3 = 3
    S4 = 4


@dataclass(frozen=True, slots=True)
class Count:
    """At most so many (clients, bytes, gas, frames)."""

    maximum: int

    def covers(self, other: Count) -> bool:
        """True if `other` is at least as tight."""
        return 0 <= other.maximum <= self.maximum

    def text(self) -> str:
        """The bound in words a report prints."""
        return str(self.maximum)


@dataclass(frozen=True, slots=True)
class Amount:
    """At most so much money."""

    maximum: Money

    def covers(self, other: Amount) -> bool:
        """True if `other` is in the same currency and at least as tight."""
        return other.maximum.currency == self.maximum.currency and 0 <= other.maximum.value <= self.maximum.value

    def text(self) -> str:
        """The bound in words a report prints."""
        return str(self.maximum)


@dataclass(frozen=True, slots=True)
class AmountPer:
    """At most so much money in any rolling window `(t - window, t]` of block time."""

    maximum: Money
    window: Seconds

    def covers(self, other: AmountPer) -> bool:
        """True if `other` is in the same currency, allows no more, over a window no shorter."""
        return Amount(self.maximum).covers(Amount(other.maximum)) and other.window >= self.window

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"{self.maximum} / {_duration(self.window)}"


@dataclass(frozen=True, slots=True)
class CountPer:
    """At most so many in any rolling window `(t - window, t]` of block time."""

    maximum: int
    window: Seconds

    def covers(self, other: CountPer) -> bool:
        """True if `other` allows no more, over a window no shorter."""
        return 0 <= other.maximum <= self.maximum and other.window >= self.window

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"{self.maximum} / {_duration(self.window)}"


@dataclass(frozen=True, slots=True)
class Span:
    """At most so long, counted from the start of the pilot's activity."""

    maximum: Seconds

    def covers(self, other: Span) -> bool:
        """True if `other` is no longer."""
        return 0 <= other.maximum <= self.maximum

    def text(self) -> str:
        """The bound in words a report prints."""
        return _duration(self.maximum)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Only these."""

    names: frozenset[str]

    def covers(self, other: Allowed) -> bool:
        """True if `other` allows a subset."""
        return other.names <= self.names

    def text(self) -> str:
        """The bound in words a report prints."""
        return ", ".join(sorted(self.names)) or "none"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Anything but these."""

    names: frozenset[str]

    def covers(self, other: Forbidden) -> bool:
        """True if `other` forbids at least as much."""
        return other.names >= self.names

    def text(self) -> str:
        """The bound in words a report prints."""
        return "no " + ", ".join(sorted(self.names)) if self.names else "none"


@dataclass(frozen=True, slots=True)
class Required:
    """A yes-or-no duty; True means it must hold."""

    on: bool

    def covers(self, other: Required) -> bool:
        """True unless `other` drops a duty."""
        return other.on or not self.on

    def text(self) -> str:
        """The bound in words a report prints."""
        return "required" if self.on else "not required"


@dataclass(frozen=True, slots=True)
class Resources:
    """What one transaction may consume. gas: units of gas used. calldata: bytes."""

    gas: int
    calldata: int

    def covers(self, other: Resources) -> bool:
        """True if `other` allows no more of anything."""
        return all(0 <= getattr(other, f.name) <= getattr(self, f.name) for f in fields(self))

    def text(self) -> str:
        """The bound in words a report prints."""
        return f"gas {self.gas}, calldata {self.calldata} bytes"


Bound = Count | Amount | AmountPer | CountPer | Span | Allowed | Forbidden | Required | Resources


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """One row of the catalogue. shape: class its bound must have. unit: of observed values ("count", "money" …)."""

    id: str
    shape: type[Bound]
    unit: str
    zh: str
    en: str


CATALOGUE: Final = (
    LimitSpec("max_clients", Count, "clients", "客户数量上限", "Number of clients"),
    LimitSpec("max_client_exposure", Amount, "money", "单一客户敞口上限", "Exposure of one client"),
    LimitSpec("max_total_exposure", Amount, "money", "总敞口上限", "Total exposure of all clients"),
    LimitSpec("wind_down_trigger", Amount, "money", "退出处置触发线", "Wind-down trigger"),
    LimitSpec("max_tx_amount", Amount, "money", "单笔金额上限", "Value moved by one transaction"),
    LimitSpec("max_client_volume", AmountPer, "money", "单一客户期间流出额上限", "Outgoing value of one client per window"),
    LimitSpec("max_pilot_volume", AmountPer, "money", "试点期间交易额上限", "Value moved by the pilot per window"),
    LimitSpec("max_tx_rate", CountPer, "transactions", "单一客户交易频次上限", "Transactions of one client per window"),
    LimitSpec("holder_count", Count, "holders", "持有人数上限", "Holders of one instrument"),
    LimitSpec("whitelist", Required, "identity", "参与者白名单", "Known participants only"),
    LimitSpec("investor_class", Allowed, "class", "投资者适当性", "Permitted investor classes"),
    LimitSpec("jurisdiction", Allowed, "jurisdiction", "准入地域", "Permitted jurisdictions"),
    LimitSpec("asset_class", Allowed, "instrument", "准入资产类别", "Permitted instruments"),
    LimitSpec("allowed_contracts", Required, "contract", "仅限已登记合约", "Registered contracts only"),
    LimitSpec("allowed_functions", Required, "function", "仅限已申报接口", "Declared functions only"),
    LimitSpec("time_box", Span, "seconds", "测试期限", "Test period"),
    LimitSpec("privileged_op", Required, "operation", "特权操作管控", "Privileged operations by named role, on request"),
    LimitSpec("supply_integrity", Required, "base units", "供应量一致性", "Balances and supply agree with events"),
    LimitSpec("resource", Resources, "gas", "单笔资源上限", "Resources of one transaction"),
    LimitSpec("opcodes", Forbidden, "opcode", "禁用操作码", "Forbidden opcodes"),
    LimitSpec("call_targets", Allowed, "contract", "可调用目标", "Permitted call targets"),
    LimitSpec("call_depth", Count, "frames", "调用深度上限", "Call depth"),
    LimitSpec("creations", Count, "contracts", "单笔创建合约数上限", "Contracts created by one transaction"),
    LimitSpec("delegatecall", Required, "contract", "委托调用仅限已登记代码", "Delegatecall into registered code only"),
    LimitSpec("frame_value", Count, "wei", "单次内部转账上限", "Wei moved by one frame"),
    LimitSpec("code_size", Count, "bytes", "合约代码体积上限", "Size of created code"),
    LimitSpec("gas_budget", CountPer, "gas", "试点燃料预算", "Gas of the pilot per window"),
    LimitSpec("duration_budget", Span, "seconds", "持续运行预算", "Time between first and last transaction"),
)

SPECS: Final[Mapping[str, LimitSpec]] = {spec.id: spec for spec in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit in force. bound: None means unset, and is shown as such, never guessed."""

    id: str
    bound: Bound | None
    mode: Mode
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class LimitSet:
    """All limits a pilot runs under. currency: the reference currency of every money bound. profile: id of the template."""

    profile: str
    currency: str
    limits: Mapping[str, Limit]

    def __post_init__(self) -> None:
        if not any(limit.bound is not None for limit in self.limits.values()):
            raise InputError("a pilot without a single limit cannot run", do="choose a profile or set limits")

    def bound(self, limit_id: str) -> Bound | None:
        """The bound of one limit, None when it is not set."""
        limit = self.limits.get(limit_id)
        return None if limit is None else limit.bound

    def as_data(self) -> dict[str, object]:
        """Plain data for hashing and for the log."""
        rows = {
            key: {"bound": limit.bound.text(), "mode": limit.mode.name.lower()}
            for key, limit in sorted(self.limits.items())
            if limit.bound is not None
        }
        return {"profile": self.profile, "currency": self.currency, "limits": rows}


def spec_of(limit_id: str) -> LimitSpec:
    """The catalogue row. Raises InputError for a limit that does not exist."""
    if limit_id not in SPECS:
        raise InputError(f"there is no limit {limit_id!r}", do="use one of: " + ", ".join(sorted(SPECS)))
    return SPECS[limit_id]


def format_observed(spec: LimitSpec, observed: int | str) -> str:
    """An observed value as text in the limit's unit; money as an exact decimal."""
    return format_value(observed) if spec.unit == "money" and isinstance(observed, int) else str(observed)


def _duration(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
