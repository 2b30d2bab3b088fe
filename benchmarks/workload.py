"""The workload every peer runs: one account sends N transfers of an ERC-20 to four others, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.auditlog import AuditLog, Signer
from sandbox.compiler import Compilers
from sandbox.domain.artifact import Artifact
from sandbox.domain.events import Event
from sandbox.domain.pilot import ContractCode, Origin
from sandbox.domain.profiles import load_limits
from sandbox.runner import Job, run
from sandbox.running.transcript import Transcript
from sandbox.scenario_files import parse_manifest, parse_scenario
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository

HERE = Path(__file__).parent
NODE_MODULES = HERE.parent / "node_modules"
SUPPLY = 10**24
BLOCK = 50
SET_UP = 2

_WIDE = "1000000000000 CNY"
_BOUNDS = {
    **dict.fromkeys(("max_clients", "holder_count", "call_depth", "creations", "code_size", "frame_value"), 10**6),
    **dict.fromkeys(("max_client_exposure", "max_total_exposure", "max_tx_amount", "max_issue_size", "issuer_size"), _WIDE),
    **dict.fromkeys(("max_client_volume", "max_pilot_volume"), {"value": _WIDE, "window": "1d"}),
    **dict.fromkeys(("max_tx_rate", "gas_budget"), {"value": 10**15, "window": "1d"}),
    **dict.fromkeys(("time_box", "duration_budget"), "3650d"),
    **dict.fromkeys(
        ("whitelist", "allowed_contracts", "allowed_functions", "privileged_op", "supply_integrity", "delegatecall"), True
    ),
    **dict.fromkeys(("supervision_evasion", "supervisory_order"), True),
    "wind_down_trigger": "2000000000000 CNY",
    "loss_floor": _WIDE,
    "concentration": 10_000,
    "price_rate_cap": {"annual": 10_000, "fee": 10_000},
    "reserve": {"minimum": 0, "hard": 0},
    "min_holding": "1s",
    "reporting_deadline": {"report": "30d", "incident": "1d"},
    "investor_class": {"allow": ["retail"]},
    "jurisdiction": {"allow": ["CN"]},
    "asset_class": {"allow": ["other"]},
    "call_targets": {"allow": ["Token"]},
    "opcodes": {"forbid": ["SELFDESTRUCT", "CALLCODE"]},
    "resource": {"gas": 16_000_000, "calldata": 65_536},
}
"""All limits are in force, none of them binds: every rule is judged on every transaction."""

LIMITS = load_limits(
    {
        "profile": "benchmark",
        "currency": "CNY",
        "limits": {
            key: {"bound": bound, "mode": "enforce", "source": "benchmark", "confidence": "design"}
            for key, bound in _BOUNDS.items()
        },
    }
)

_MANIFEST = b"""
pilot: benchmark
name: {zh: bench, en: bench}
category: other
firm: {name: bench}
contracts:
  Token: {source: contracts/Token.vy}
assets:
  coin: {contract: Token, standard: erc20, decimals: 0, price: "1 CNY", instrument: other}
roles: {issuer: []}
limits: {profile: taishan_default}
"""

_SCENARIO = """
scenario: transfers
pilot: benchmark
actors:
  issuer: {role: issuer}
  sender: {client: S, class: retail, jurisdiction: CN}
  a: {client: A, class: retail, jurisdiction: CN}
  b: {client: B, class: retail, jurisdiction: CN}
  c: {client: C, class: retail, jurisdiction: CN}
  d: {client: D, class: retail, jurisdiction: CN}
steps:
  - {deploy: Token, as: issuer, args: [1000000000]}
  - {call: Token.transfer, as: issuer, args: [$sender, 900000000]}
"""
_MANY = "  - {{repeat: {{times: {times}, as: [sender], call: Token.transfer, args: ['$pick([$a, $b, $c, $d])', 1]}}}}\n"
ONE_TRANSFER = "  - {call: Token.transfer, as: sender, args: [$a, 1]}\n"


def token() -> Artifact:
    """The compiled token."""
    code = ContractCode("Token", Origin.SOURCE, "contracts/Token.vy", False, "Token")
    return Compilers(HERE / "token", NODE_MODULES).build([code])["Token"]


def supervised(artifact: Artifact, step: str, copies: int = 1, watch: Callable[[Event], None] = lambda _: None) -> float:
    """Seconds to run the step, so many times over, after the set-up: signed, executed, judged by every limit, logged, and
    committed to SQLite with a signed checkpoint."""
    scenario = parse_scenario((_SCENARIO + step).encode(), "benchmark.yaml")
    scenario = replace(scenario, steps=scenario.steps[:SET_UP] + scenario.steps[SET_UP:] * copies)
    hashes = dict.fromkeys(("manifest", "limits", "scenario"), "00" * 32)
    job = Job(parse_manifest(_MANIFEST), scenario, {"Token": artifact}, LIMITS, hashes, "pyevm", 1, 60)
    transcript = Transcript()
    started = 0.0

    def record(event: Event) -> None:
        nonlocal started
        if event.type == "block_sealed" and event.number == SET_UP:  # type: ignore[union-attr]  # block_sealed has a number
            started = time.perf_counter()
        transcript.record(event)
        watch(event)

    with TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/bench.db")
        run(job, record, lambda *_: None)
        with database.begin() as connection:
            repository = LogRepository(connection)
            repository.create("bench", "run", "2027-01-01T00:00:00Z")
            log = AuditLog(repository, "bench", "taishan.example/log/bench")
            log.append_encoded(transcript.entries)
            log.checkpoint(Signer("bench", bytes(32)), "2027-01-01T00:00:00Z")
        elapsed = time.perf_counter() - started
        database.close()
    return elapsed


def transfers(count: int) -> str:
    """One `repeat` of that many transfers, 50 to a block."""
    return _MANY.format(times=count)
