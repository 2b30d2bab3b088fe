"""RULES: every supervision limit as one row. A check is pure: it reads what would change and yields readings.

A reading is how near a limit a transaction came; it is a breach when `breached` says so. Quantities yield a reading every
time, so that a report can draw peak and headroom; questions of yes and no yield one only when the answer is no.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.domain import rules_block as block
from sandbox.domain import rules_evm as evm
from sandbox.domain import rules_money as money
from sandbox.domain import rules_orders as orders
from sandbox.domain import rules_parties as parties
from sandbox.domain import rules_privileged as privileged
from sandbox.domain.limits import Grade, Limit, LimitSet, LimitSpec, Timing, spec_of
from sandbox.domain.reading import Reading, Subject

Check = Callable[[Subject], Iterable[Reading]]
BlockCheck = Callable[[block.Standing], Iterable[Reading]]


class Warns(enum.Enum):
    """When nearness to a bound is told (S0). AGAIN: a quantity that adds up, may fall and rise again. ONCE: one that each
    transaction starts anew. NEVER: a resource of one transaction, which says nothing about the next."""

    NEVER = enum.auto()
    ONCE = enum.auto()
    AGAIN = enum.auto()


def elsewhere(_: Subject) -> Iterator[Reading]:
    """Not judged on transactions: when a block is sealed, at admission (issuer_size), or by the clock (reporting_deadline)."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. code: id of the limit it guards (codes are never reused). source: clause it comes from. grade: of a breach
    unless the reading says otherwise; ceiling: the gravest that overshoot and repeats may make of it. tolerable: may be a
    first-offence exemption (宽容). timing: see `Timing`. check: on each transaction. at_block: on each sealed block."""

    code: str
    grade: Grade
    tolerable: bool
    timing: Timing
    source: str
    check: Check = elsewhere
    warns: Warns = Warns.NEVER
    ceiling: Grade = Grade.S3
    at_block: BlockCheck | None = None

    @property
    def spec(self) -> LimitSpec:
        """The catalogue row of the limit."""
        return spec_of(self.code)


_P, _D = Timing.PREVENTIVE, Timing.DETECTIVE
_S1, _S2, _S3, _S4 = Grade.S1, Grade.S2, Grade.S3, Grade.S4
_AGAIN, _ONCE, _NEVER = Warns.AGAIN, Warns.ONCE, Warns.NEVER
_EU = "Regulation (EU) 2022/858 Art."
_EQUITY_RULES = "区域性股权市场监督管理试行办法"

RULES: Final = (
    Rule("max_clients", _S2, False, _P, "JR/T 0198-2020; FCA default parameters 2016", money.max_clients, _AGAIN),
    Rule("max_client_exposure", _S2, False, _P, "ASIC ERS; AIFC FinTech Lab", money.max_client_exposure, _AGAIN),
    Rule("max_total_exposure", _S3, False, _P, f"ASIC ERS; {_EU} 3(2)", money.max_total_exposure, _AGAIN),
    Rule("wind_down_trigger", _S3, False, _D, f"{_EU} 3(3)", money.wind_down_trigger, _AGAIN),
    Rule("max_tx_amount", _S1, True, _P, "AIFC FinTech Lab; ERC-3643 modules", money.max_tx_amount, _ONCE),
    Rule("max_client_volume", _S1, True, _P, "ERC-3643 TimeTransfersLimits, made rolling", money.max_client_volume, _AGAIN),
    Rule("max_pilot_volume", _S2, False, _P, "JR/T 0184-2020 15.6", money.max_pilot_volume, _AGAIN),
    Rule("max_tx_rate", _S1, True, _P, "JR/T 0184-2020 12.9", money.max_tx_rate, _AGAIN),
    Rule("max_issue_size", _S3, False, _P, f"{_EU} 3(1)(b)", money.max_issue_size, _AGAIN),
    Rule("issuer_size", _S2, False, _P, f"{_EU} 3(1)(a)"),
    Rule("concentration", _S1, True, _D, "JR/T 0184-2020 15.6", money.concentration, _AGAIN),
    Rule("holder_count", _S3, False, _P, _EQUITY_RULES, money.holder_count, _AGAIN),
    Rule("whitelist", _S3, False, _P, "JR/T 0184-2020 13, 15.3", parties.whitelist),
    Rule("investor_class", _S3, False, _P, _EQUITY_RULES, parties.investor_class),
    Rule("jurisdiction", _S3, False, _P, "ERC-3643 CountryAllow; JR/T 0198-2020", parties.jurisdiction),
    Rule("asset_class", _S3, False, _P, f"{_EU} 3(1)", parties.asset_class),
    Rule("allowed_contracts", _S3, False, _P, "JR/T 0184-2020 12.3, 12.8", parties.allowed_contracts, ceiling=_S4),
    Rule("allowed_functions", _S1, True, _D, "JR/T 0184-2020 12.3", parties.allowed_functions),
    Rule("price_rate_cap", _S2, False, _P, "JR/T 0184-2020 15.6", money.price_rate_cap),
    Rule("reserve", _S3, False, _D, "BoE DSS settlement assets 2026; BOT 2024", ceiling=_S4, at_block=block.reserve),
    Rule("min_holding", _S2, False, _P, f"{_EQUITY_RULES}; ERC-3643 InitialLockup", money.min_holding),
    Rule("time_box", _S3, False, _P, "JR/T 0198-2020", evm.time_box, _AGAIN),
    Rule("privileged_op", _S3, False, _D, "ERC-3643; JR/T 0184-2020 13.11.2", privileged.privileged_op, ceiling=_S4),
    Rule(
        "supply_integrity", _S4, False, _D, "SCSVS C1.2; JR/T 0184-2020 15.2", ceiling=_S4, at_block=block.supply_integrity
    ),
    Rule("resource", _S1, True, _P, "JR/T 0184-2020 12.4", evm.resource),
    Rule("reporting_deadline", _S1, True, _D, f"{_EU} 11; JR/T 0200-2020", ceiling=_S2),
    Rule("loss_floor", _S4, False, _D, "JR/T 0198-2020 风险补偿机制", money.loss_floor, _AGAIN, _S4),
    Rule(
        "supervision_evasion", _S4, False, _D, "JR/T 0184-2020 15.5, 15.6", ceiling=_S4, at_block=block.supervision_evasion
    ),
    Rule("supervisory_order", _S3, False, _P, "JR/T 0184-2020 12.8, 12.9, 15.5", orders.supervisory_order),
    Rule("opcodes", _S2, False, _P, "EEA EthTrust [S]; JR/T 0184-2020 12.10", evm.opcodes),
    Rule("call_targets", _S2, False, _P, "JR/T 0184-2020 12.3", evm.call_targets),
    Rule("call_depth", _S2, False, _P, "JR/T 0184-2020 12.4", evm.call_depth),
    Rule("creations", _S2, False, _P, "JR/T 0184-2020 12.8", evm.creations),
    Rule("delegatecall", _S2, False, _P, "SWC-112; JR/T 0184-2020 12.3", evm.delegatecall),
    Rule("frame_value", _S2, False, _P, "JR/T 0184-2020 12.3", evm.frame_value),
    Rule("code_size", _S2, False, _P, "EIP-170; JR/T 0184-2020 12.4", evm.code_size),
    Rule("gas_budget", _S1, True, _P, "JR/T 0184-2020 12.9", evm.gas_budget, _AGAIN),
    Rule("duration_budget", _S1, True, _P, "JR/T 0198-2020", evm.duration_budget, _AGAIN),
)

BY_CODE: Final = {rule.code: rule for rule in RULES}


def in_force(limits: LimitSet) -> Iterator[tuple[Rule, Limit]]:
    """The rules that judge transactions under these limits, each with the limit it guards."""
    for rule in RULES:
        limit = limits.limits.get(rule.code)
        if limit is not None and limit.bound is not None and rule.check is not elsewhere:
            yield rule, limit
