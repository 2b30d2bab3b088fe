"""Limits: which exist, and the set of them a pilot runs under.

The catalogue is synthesis (b) of the domain study, its 28 rows in their order and then what only an EVM can tell: one
`LimitSpec` per limit. What a bound can look like is in `bounds`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sandbox.domain.bounds import Allowed as Allowed
from sandbox.domain.bounds import Amount as Amount
from sandbox.domain.bounds import AmountPer as AmountPer
from sandbox.domain.bounds import Bound as Bound
from sandbox.domain.bounds import Count as Count
from sandbox.domain.bounds import CountPer as CountPer
from sandbox.domain.bounds import Deadlines as Deadlines
from sandbox.domain.bounds import Floor as Floor
from sandbox.domain.bounds import Forbidden as Forbidden
from sandbox.domain.bounds import Hold as Hold
from sandbox.domain.bounds import Rates as Rates
from sandbox.domain.bounds import Required as Required
from sandbox.domain.bounds import Resources as Resources
from sandbox.domain.bounds import Span as Span
from sandbox.domain.units import Money, Value, format_value
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
class LimitSpec:
    """One row of the catalogue. shape: class its bound must have. unit: of observed values ("count", "money" …). staged: its
    bound grows with the pilot's stage (G1 to G3) and shrinks while the pilot rectifies."""

    id: str
    shape: type[Bound]
    unit: str
    zh: str
    en: str
    staged: bool = False


CATALOGUE: Final = (
    LimitSpec("max_clients", Count, "clients", "客户数量上限", "Number of clients"),
    LimitSpec("max_client_exposure", Amount, "money", "单一客户敞口上限", "Exposure of one client", staged=True),
    LimitSpec("max_total_exposure", Amount, "money", "总敞口上限", "Total exposure of all clients", staged=True),
    LimitSpec("wind_down_trigger", Amount, "money", "退出处置触发线", "Wind-down trigger"),
    LimitSpec("max_tx_amount", Amount, "money", "单笔金额上限", "Value moved by one transaction", staged=True),
    LimitSpec("max_client_volume", AmountPer, "money", "单一客户期间流出额上限", "Outflow of one client per window", True),
    LimitSpec("max_pilot_volume", AmountPer, "money", "试点期间交易额上限", "Value moved by the pilot per window", staged=True),
    LimitSpec("max_tx_rate", CountPer, "transactions", "单一客户交易频次上限", "Transactions of one client per window"),
    LimitSpec("max_issue_size", Amount, "money", "单一产品发行规模上限", "Size of one issue", staged=True),
    LimitSpec("issuer_size", Amount, "money", "发行人规模上限", "Size of the issuer"),
    LimitSpec("concentration", Count, "basis points", "持有集中度上限", "Share of one client in a supply"),
    LimitSpec("holder_count", Count, "holders", "持有人数上限", "Holders of one instrument"),
    LimitSpec("whitelist", Required, "identity", "参与者白名单", "Known participants only"),
    LimitSpec("investor_class", Allowed, "class", "投资者适当性", "Permitted investor classes"),
    LimitSpec("jurisdiction", Allowed, "jurisdiction", "准入地域", "Permitted jurisdictions"),
    LimitSpec("asset_class", Allowed, "instrument", "准入资产类别", "Permitted instruments"),
    LimitSpec("allowed_contracts", Required, "contract", "仅限已登记合约", "Registered contracts only"),
    LimitSpec("allowed_functions", Required, "function", "仅限已申报接口", "Declared functions only"),
    LimitSpec("price_rate_cap", Rates, "basis points", "利率与费率上限", "Interest and fees"),
    LimitSpec("reserve", Floor, "basis points", "准备金覆盖率下限", "Reserves behind what is owed"),
    LimitSpec("min_holding", Hold, "seconds", "最短持有期", "Time between acquiring and selling"),
    LimitSpec("time_box", Span, "seconds", "测试期限", "Test period"),
    LimitSpec("privileged_op", Required, "operation", "特权操作管控", "Privileged operations by named role, on request"),
    LimitSpec("supply_integrity", Required, "base units", "供应量一致性", "Balances and supply agree with events"),
    LimitSpec("resource", Resources, "gas", "单笔资源上限", "Resources of one transaction"),
    LimitSpec("reporting_deadline", Deadlines, "seconds", "报送时限", "Reports and incident notices on time"),
    LimitSpec("loss_floor", Amount, "money", "客户损失红线", "Client losses within the compensation reserve"),
    LimitSpec("supervision_evasion", Required, "control", "不得规避监管", "Supervisory controls stay in place"),
    LimitSpec("supervisory_order", Required, "order", "监管指令", "Orders of the supervisor are obeyed"),
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

    def longest_window(self) -> int:
        """Seconds a rolling sum can reach back under these limits; 0 when none does."""
        return max((_window(limit.bound) for limit in self.limits.values()), default=0)

    def scaled(self, factor: int) -> LimitSet:
        """The set with every staged bound at `factor` basis points of itself, rounded down."""
        rows = {key: replace(limit, bound=_scaled(limit, factor)) for key, limit in self.limits.items()}
        return replace(self, limits=rows)

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


def _window(bound: Bound | None) -> int:
    match bound:
        case AmountPer(_, window) | CountPer(_, window):
            return window
        case Hold(maximum):
            return maximum
        case _:
            return 0


def _scaled(limit: Limit, factor: int) -> Bound | None:
    if not SPECS[limit.id].staged:
        return limit.bound
    match limit.bound:
        case Amount(maximum):
            return Amount(_share(maximum, factor))
        case AmountPer(maximum, window):
            return AmountPer(_share(maximum, factor), window)
        case other:
            return other


def _share(money: Money, factor: int) -> Money:
    return Money(Value(money.value * factor // 10_000), money.currency)
