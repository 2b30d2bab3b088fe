"""RULES: every supervision limit as one row. A check is pure: it reads what would change and yields readings.

A reading is how near a limit a transaction came; it is a breach when `breached` says so. Quantities yield a reading every
time, so that a report can draw peak and headroom; questions of yes and no yield one only when the answer is no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.domain import rules_evm as evm
from sandbox.domain import rules_money as money
from sandbox.domain import rules_parties as parties
from sandbox.domain.limits import Grade, LimitSpec, Timing, spec_of
from sandbox.domain.reading import Reading, Subject

Check = Callable[[Subject], Iterable[Reading]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. code: id of the limit it guards (codes are never reused). source: clause it comes from. grade: of a breach
    unless the reading says otherwise. tolerable: may be a first-offence exemption (宽容). timing: see `Timing`."""

    code: str
    grade: Grade
    tolerable: bool
    timing: Timing
    source: str
    check: Check

    @property
    def spec(self) -> LimitSpec:
        """The catalogue row of the limit."""
        return spec_of(self.code)


def _settled_at_seal(_: Subject) -> Iterator[Reading]:
    """supply_integrity is judged on probes when a block is sealed (`supervision.judge_block`), not on one transaction."""
    return iter(())


_P, _D = Timing.PREVENTIVE, Timing.DETECTIVE

RULES: Final = (
    Rule("max_clients", Grade.S2, False, _P, "JR/T 0198-2020; FCA default parameters 2016", money.max_clients),
    Rule("max_client_exposure", Grade.S2, False, _P, "ASIC ERS; AIFC FinTech Lab", money.max_client_exposure),
    Rule("max_total_exposure", Grade.S3, False, _P, "ASIC ERS; Regulation (EU) 2022/858 Art. 3(2)", money.max_total_exposure),
    Rule("wind_down_trigger", Grade.S3, False, _D, "Regulation (EU) 2022/858 Art. 3(3)", money.wind_down_trigger),
    Rule("max_tx_amount", Grade.S1, True, _P, "AIFC FinTech Lab; ERC-3643 modules", money.max_tx_amount),
    Rule("max_client_volume", Grade.S1, True, _P, "ERC-3643 TimeTransfersLimits, made rolling", money.max_client_volume),
    Rule("max_pilot_volume", Grade.S2, False, _P, "JR/T 0184-2020 15.6", money.max_pilot_volume),
    Rule("max_tx_rate", Grade.S1, True, _P, "JR/T 0184-2020 12.9", money.max_tx_rate),
    Rule("holder_count", Grade.S3, False, _P, "区域性股权市场监督管理试行办法", money.holder_count),
    Rule("whitelist", Grade.S3, False, _P, "JR/T 0184-2020 13, 15.3", parties.whitelist),
    Rule("investor_class", Grade.S3, False, _P, "区域性股权市场监督管理试行办法", parties.investor_class),
    Rule("jurisdiction", Grade.S3, False, _P, "ERC-3643 CountryAllow; JR/T 0198-2020", parties.jurisdiction),
    Rule("asset_class", Grade.S3, False, _P, "Regulation (EU) 2022/858 Art. 3(1)", parties.asset_class),
    Rule("allowed_contracts", Grade.S3, False, _P, "JR/T 0184-2020 12.3, 12.8", parties.allowed_contracts),
    Rule("allowed_functions", Grade.S1, True, _D, "JR/T 0184-2020 12.3", parties.allowed_functions),
    Rule("time_box", Grade.S3, False, _P, "JR/T 0198-2020", evm.time_box),
    Rule("privileged_op", Grade.S3, False, _D, "ERC-3643; JR/T 0184-2020 13.11.2", parties.privileged_op),
    Rule("supply_integrity", Grade.S4, False, _D, "SCSVS C1.2; JR/T 0184-2020 15.2", _settled_at_seal),
    Rule("resource", Grade.S1, True, _P, "JR/T 0184-2020 12.4", evm.resource),
    Rule("opcodes", Grade.S2, False, _P, "EEA EthTrust [S]; JR/T 0184-2020 12.10", evm.opcodes),
    Rule("call_targets", Grade.S2, False, _P, "JR/T 0184-2020 12.3", evm.call_targets),
    Rule("call_depth", Grade.S2, False, _P, "JR/T 0184-2020 12.4", evm.call_depth),
    Rule("creations", Grade.S2, False, _P, "JR/T 0184-2020 12.8", evm.creations),
    Rule("delegatecall", Grade.S2, False, _P, "SWC-112; JR/T 0184-2020 12.3", evm.delegatecall),
    Rule("frame_value", Grade.S2, False, _P, "JR/T 0184-2020 12.3", evm.frame_value),
    Rule("code_size", Grade.S2, False, _P, "EIP-170; JR/T 0184-2020 12.4", evm.code_size),
    Rule("gas_budget", Grade.S1, True, _P, "JR/T 0184-2020 12.9", evm.gas_budget),
    Rule("duration_budget", Grade.S1, True, _P, "JR/T 0198-2020", evm.duration_budget),
)

BY_CODE: Final = {rule.code: rule for rule in RULES}
