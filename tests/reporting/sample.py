"""A run's log built by hand from the event types: what a runner would have written, small enough to read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sandbox.domain import acts
from sandbox.domain.acts import Act, OpenViolation, ReportKind
from sandbox.domain.bound_plain import plain_bound
from sandbox.domain.canonical import canonical
from sandbox.domain.evaluation import PAPERS, Dimension
from sandbox.domain.events import (
    BlockSealed,
    CheckMade,
    ContractDeployed,
    Event,
    FaultInjected,
    FindingRaised,
    Governed,
    RunEnded,
    RunStarted,
    TimeAdvanced,
    TransactionRecorded,
    body,
)
from sandbox.domain.limits import (
    Allowed,
    Amount,
    AmountPer,
    Count,
    CountPer,
    Forbidden,
    Grade,
    Limit,
    LimitSet,
    Mode,
    Required,
    Resources,
    Span,
)
from sandbox.domain.report import LogEntry, LogSummary, PilotSummary, ReportContext
from sandbox.domain.rules import BY_CODE
from sandbox.domain.scenario import Life
from sandbox.domain.standing import SYSTEM, Officer, Role, Stage, State
from sandbox.domain.terms import Facts, Terms
from sandbox.domain.tolerance import Outcome
from sandbox.domain.units import Seconds, Value, parse_money
from sandbox.errors import SandboxError
from sandbox.running.office import Office

GENESIS = 1_798_761_600
FIRM = Officer("zhao", Role.FIRM)
REGULATOR = Officer("wang", Role.REGULATOR, "地方金融管理局")
CONFERENCE = Officer("li", Role.CONFERENCE, "人民银行分行")
MENTOR = Officer("sun", Role.MENTOR)
AUDITOR = Officer("qian", Role.AUDITOR, "会计师事务所")
PUBLIC = Officer("zhou", Role.PUBLIC)
FACTS = Facts(True, True, True, True, True, True, 0)
ZERO = "0x" + "00" * 20
REGISTER = "0x" + "5f" * 20
HELPER = "0x" + "9a" * 20
ISSUER, ALICE, BOB, CAROL, MALLORY = (f"0x{n:02x}" + "c7" * 18 + f"{n:02x}" for n in (0x11, 0x22, 0x33, 0x44, 0xEE))
TRANSFER = "0xa9059cbb"
ACTORS = {
    "issuer": {"address": ISSUER, "client": None, "class": None, "jurisdiction": None, "role": "issuer"},
    "alice": {"address": ALICE, "client": "C-001", "class": "qualified", "jurisdiction": "CN", "role": None},
    "bob": {"address": BOB, "client": "C-002", "class": "retail", "jurisdiction": "CN", "role": None},
    "carol": {"address": CAROL, "client": "C-003", "class": "institution", "jurisdiction": "CN", "role": None},
}
INTERFACES = {
    "Register": {
        TRANSFER: "transfer(address to, uint256 amount) returns (bool)",
        "0x40c10f19": "mint(address to, uint256 amount)",
    }
}


def word(value: int | str) -> str:
    return f"{value:064x}" if isinstance(value, int) else value.removeprefix("0x").rjust(64, "0")


def digest(*parts: object) -> str:
    return "0x" + hashlib.sha256(repr(parts).encode()).hexdigest()


def limits(**changed: Limit) -> LimitSet:
    def money(text: str) -> Amount:
        return Amount(parse_money(text))

    def row(id: str, bound: object, mode: Mode = Mode.ENFORCE, confidence: str = "design") -> Limit:
        return Limit(id, bound, mode, "泰山沙盒默认模板", confidence)  # type: ignore[arg-type]

    day = Seconds(86_400)
    rows = [
        row("max_clients", Count(50)),
        row("max_client_exposure", money("10000 CNY")),
        row("max_total_exposure", money("500000 CNY")),
        row("max_tx_amount", money("12500.50 CNY"), Mode.WARN),
        row("max_client_volume", AmountPer(parse_money("20000 CNY"), day)),
        row("max_tx_rate", CountPer(20, day)),
        row("holder_count", Count(200), confidence="unverified"),
        row("time_box", Span(Seconds(180 * 86_400))),
        row("resource", Resources(8_000_000, 65_536)),
        row("whitelist", Required(True)),
        row("investor_class", Allowed(frozenset({"qualified", "institution"})), confidence="secondary"),
        row("allowed_functions", Required(True), Mode.OBSERVE),
        row("supply_integrity", Required(True)),
        row("opcodes", Forbidden(frozenset({"SELFDESTRUCT", "CALLCODE"}))),
        row("jurisdiction", None, confidence="unverified"),
    ]
    return LimitSet("taishan_default", "CNY", {**{limit.id: limit for limit in rows}, **changed})


class Sample:
    """Writes events one after another, as a runner would."""

    def __init__(self, limit_set: LimitSet | None = None) -> None:
        self.limits = limit_set or limits()
        self.events: list[Event] = []
        self.block, self.time, self.step, self.pending = 1, GENESIS, 0, 0
        self.failed: list[int] = []
        self.office: Office | None = None

    def start(self) -> Sample:
        self.events.append(
            RunStarted(
                pilot="sme-equity",
                scenario="secondary-market",
                seed=7,
                engine="pyevm",
                engine_version="0.12.1b1; taishan 0.1.0",
                chain_id=131_277_322_940_537,
                genesis_hash=digest("genesis"),
                genesis_time=GENESIS,
                manifest_hash=digest("manifest")[2:],
                scenario_hash=digest("scenario")[2:],
                artifacts={"Register": digest("artifact")[2:]},
                limits=self.limits.as_data(),
                limits_hash=digest("limits")[2:],
                actors=ACTORS,
            )
        )
        return self

    def transact(
        self,
        actor: str,
        action: str,
        args: Sequence[str] = (),
        status: str = "success",
        found: Sequence[Mapping[str, object]] = (),
        expected: bool = False,
        **more: object,
    ) -> Sample:
        self.step += 1
        sender = str(ACTORS[actor]["address"])
        target = None if action.startswith("deploy") else REGISTER
        data = TRANSFER + "".join(word(int(arg, 0)) if arg[:1].isdigit() else "" for arg in args) if target else "0x6080"
        outer = frame(0, -1, 0, "call" if target else "create", sender, REGISTER, data)
        entry = TransactionRecorded(
            step=self.step,
            actor=actor,
            action=action,
            args=list(args),
            status=status,
            hash=digest("tx", self.step),
            block=self.block,
            timestamp=self.time + 1,
            sender=sender,
            target=target,
            nonce=self.step,
            value="0",
            data=data,
            gas_limit=1_000_000,
            gas_used=51_553,
            revert=None,
            created=None,
            frames=[outer],
            logs=[],
            native=[],
            tokens=[],
            measured=[],
            opcodes=[],
            writes=[],
            readings={},
            findings=[str(finding["code"]) for finding in found],
            request=None,
        )
        entry = replace(entry, **more)  # type: ignore[arg-type]
        self.events.append(entry)
        for finding in found:
            self.events.append(FindingRaised(self.step, entry.hash, self.block, self.time + 1, finding, expected))
        self.pending += status != "blocked"
        return self

    def deploy(self, name: str = "Register") -> Sample:
        self.transact("issuer", f"deploy {name}", ["1000000"], gas_used=2_104_333,
            tokens=[[REGISTER, "erc20", None, ZERO, ISSUER, "1000000", ISSUER, 0]])  # fmt: skip
        self.events.append(ContractDeployed(self.step, name, name, REGISTER, digest("code"), 6_112, digest("tx", self.step)))
        return self

    def transfer(
        self,
        actor: str,
        to: str,
        amount: int,
        readings: Mapping[str, str] | None = None,
        status: str = "success",
        found: Sequence[Mapping[str, object]] = (),
        **more: object,
    ) -> Sample:
        sender = str(ACTORS[actor]["address"])
        moved = [[REGISTER, "erc20", None, sender, to, str(amount), sender, 0]]
        more.setdefault("tokens", [] if status == "reverted" else moved)
        return self.transact(actor, "Register.transfer", [to, str(amount)], status, found, readings=readings or {}, **more)

    def begin(self, state: State = State.ACTIVE, stage: Stage = Stage.G3, **terms: object) -> Sample:
        """Lead the pilot through a life from this state on, under the default terms but for those given."""
        life, base = Life(state, stage), replace(Terms(limits=self.limits), **terms)  # type: ignore[arg-type]
        self.office = Office("sme-equity", life, base, self.time, self.events.append)
        return self

    def act(self, act: Act, by: Officer, **facts: object) -> Sample:
        """Let an officer act; a refusal is recorded like any other entry."""
        assert self.office is not None
        self.step += 1
        try:
            self.office.take(self.step, act, by, self.time, replace(FACTS, head=self.block - 1, **facts))  # type: ignore[arg-type]
        except SandboxError:
            pass
        return self

    def breach(self, code: str, grade: Grade, why: Sequence[str] = (), harm: int = 0) -> Sample:
        """A transfer that stands with a finding, which opens a violation as a run would."""
        assert self.office is not None
        base = BY_CODE[code].grade.name
        found = finding(code, "14000", "12500.5", "C-001", mode="warn", grade=grade.name, base_grade=base, why=list(why))
        self.transfer("alice", CAROL, 1, {}, "flagged", [found])
        opened = OpenViolation(code, grade, f"step {self.step}", Value(harm), grade is Grade.S1, "14000, bound 12500.5")
        return self.act(opened, SYSTEM)

    def govern(self, factor: int = 10_000, why: str = "active", **bounds: object) -> Sample:
        """Other limits judge from the block being built on."""
        known = {key: plain_bound(limit.bound) for key, limit in self.limits.limits.items() if limit.bound is not None}
        modes = {key: limit.mode.name.lower() for key, limit in self.limits.limits.items()}
        modes |= dict.fromkeys(bounds.keys() - modes.keys(), "enforce")
        self.events.append(Governed(self.block, {**known, **bounds}, modes, factor, GENESIS, "all", why, [], False))
        return self

    def seal(self) -> Sample:
        self.time += 1
        self.events.append(
            BlockSealed(
                self.block, digest("block", self.block), digest("state", self.block), self.time, self.pending,
                51_553 * self.pending,
            )
        )  # fmt: skip
        self.block, self.pending = self.block + 1, 0
        return self

    def advance(self, days: int) -> Sample:
        self.step += 1
        self.time += days * 86_400
        self.events.append(TimeAdvanced(self.step, days * 86_400, self.time))
        return self

    def inject(self, fault: str, **details: str) -> Sample:
        self.step += 1
        self.events.append(FaultInjected(self.step, fault, details))
        return self

    def check(self, subject: str, expected: str, obtained: str) -> Sample:
        self.step += 1
        self.events.append(CheckMade(self.step, subject, expected, obtained, expected == obtained))
        return self

    def probe(self, finding: Mapping[str, object]) -> Sample:
        self.events.append(FindingRaised(self.step, None, self.block - 1, self.time, finding))
        return self

    def end(self) -> Sample:
        self.events.append(
            RunEnded(not self.failed, self.step, self.failed, {}, digest("block", self.block - 1), digest("state", 0))
        )
        return self

    def entries(self, first: int = 0) -> list[LogEntry]:
        """As they come back from a log: through canonical JSON."""
        bodies = [json.loads(canonical(body(event))) for event in self.events]
        return [
            LogEntry(first + at, hashlib.sha256(b"\0" + canonical(data)).hexdigest(), data) for at, data in enumerate(bodies)
        ]


def frame(index: int, parent: int, depth: int, kind: str, caller: str, target: str, data: str, **more: object) -> list[object]:
    row = {
        "index": index, "parent": parent, "depth": depth, "kind": kind, "caller": caller, "target": target,
        "code_address": target, "value": "0", "gas": 900_000, "gas_used": 29_000, "data": data,
        "output": "0x" + word(1) if kind == "call" else "0x", "error": None, "committed": True,
    }  # fmt: skip
    return list({**row, **more}.values())


def finding(
    code: str, observed: str, bound: str, who: str = "", mode: str = "enforce", at: int | None = None, **more: object
) -> dict[str, object]:
    rule = BY_CODE[code]
    return {
        "code": code,
        "limit": code,
        "grade": rule.grade.name,
        "mode": mode,
        "timing": rule.timing.value,
        "observed": observed,
        "bound": bound,
        "unit": rule.spec.unit,
        "who": who,
        "frame": at,
        "detail": "",
        "tolerable": rule.tolerable,
        "refused": mode == "enforce" and rule.timing.value == "preventive",
        **more,
    }


def context(made: Sample, /, **changed: object) -> ReportContext:
    base = ReportContext(
        run="run-0001",
        pilot=PilotSummary(
            id="sme-equity",
            zh="中小企业股权登记与转让",
            en="SME equity register and transfer",
            firm="济南示范股权托管有限公司",
            uscc="91370100MA3C0XXXX8",
            category="equity",
            declaration={
                "type": "金融服务",
                "launch": "2027-01-01",
                "users": "合格投资者，不超过 50 户",
                "expected_scale": "每日不超过 200 笔",
                "channels": ["移动端", "柜面"],
                "hours": "7x24",
                "service": "非上市股权的登记、质押与协议转让",
            },
        ),
        log=LogSummary(
            id="run-0001",
            size=len(made.events),
            root=digest("root")[2:],
            checkpoint="taishan.example/run-0001\n31\nq1y8p0rPJ3Uo4zX0m1rXv4m0nQ==\n\n— taishan.example az0RvGq7",
            verifier_key="taishan.example+6b3d11bc+AZl6v2bqTq0yq1nE",
        ),
        limits=made.limits,
        generator="taishan 0.1.0",
        previous=digest("previous")[2:],
        interfaces=INTERFACES,
        rectification_days=5,
        scenario_file="secondary-market.yaml",
    )
    return replace(base, **changed)  # type: ignore[arg-type]


def readings(clients: int, exposure: str, total: str, amount: str, rate: int, time: int, gas: int = 51_553) -> dict[str, str]:
    return {
        "max_clients": str(clients), "max_client_exposure": exposure, "max_total_exposure": total, "max_tx_amount": amount,
        "max_client_volume": amount, "max_tx_rate": str(rate), "holder_count": str(clients), "time_box": str(time),
        "resource": str(gas),
    }  # fmt: skip


def market() -> Sample:
    """Issue, trade, a retail receiver refused, a month passes, a large transfer flagged, an exposure refused inside a
    nested call, a price drop, a revert."""
    run = Sample().start().deploy().seal()
    run.transfer("issuer", ALICE, 400, readings(1, "5000", "5000", "5000", 1, 2)).seal()
    run.transfer("issuer", CAROL, 560, readings(2, "7000", "12000", "7000", 1, 3)).seal()
    run.transfer(
        "alice", BOB, 100, readings(3, "1250", "12000", "1250", 2, 4), "blocked",
        [finding("investor_class", "retail", "institution, qualified", "C-002")],
    )  # fmt: skip
    for number in range(6):
        who, to = (("alice", CAROL), ("carol", ALICE))[number % 2]
        exposure = str(7000 + 300 * number)
        run.transfer(who, to, 20, readings(2, exposure, "12000", "250", 2 + number, 5 + number)).seal()
    run.advance(30)
    run.transfer("carol", ALICE, 900, status="reverted", revert="ERC20InsufficientBalance(carol, 560, 900)").seal()
    run.transfer("issuer", ALICE, 200, readings(2, "9412.5", "27625.5", "13750", 1, 2_592_020), "flagged",
        [finding("max_tx_amount", "13750", "12500.5", mode="warn")]).seal()  # fmt: skip
    inner = [
        frame(0, -1, 0, "call", CAROL, HELPER, "0x12ab34cd", output="0x"),
        frame(1, 0, 1, "call", HELPER, REGISTER, TRANSFER + word(ALICE) + word(400)),
        frame(2, 1, 2, "delegatecall", REGISTER, REGISTER, TRANSFER + word(ALICE) + word(400), code_address="0x" + "77" * 20),
        frame(3, 0, 1, "staticcall", HELPER, REGISTER, "0x18160ddd", error="OutOfGas", committed=False),
    ]
    run.transact("carol", "Helper.route", [ALICE, "400"], "blocked",
        [finding("max_client_exposure", "14412.5", "10000", "C-001", at=1),
         finding("allowed_functions", "0x12ab34cd", "functions of Helper", "Helper", mode="observe", at=0)],
        target=HELPER, data="0x12ab34cd" + word(ALICE) + word(400), frames=inner)  # fmt: skip
    run.transfer("alice", MALLORY, 1, None, "blocked",
        [finding("whitelist", "receiver unknown", "known participants", MALLORY)])  # fmt: skip
    run.inject("price_drop", asset="shares", percent="40")
    run.transfer("alice", CAROL, 10, readings(2, "5647.5", "16575.3", "75", 3, 2_592_025)).seal()
    run.check("Register.totalSupply()", "1000000", "1000000")
    return run.end()


def life() -> Sample:
    """From the draft to graduation: a notice, a launch, a minor violation exempted, a serious one punished, a freeze, a cap, a
    change of limits, an incident, an evaluation."""
    run = Sample().start().begin(State.DRAFT, Stage.G1, stages={Stage.G1: 0, Stage.G2: 2_000, Stage.G3: 10_000})
    run.act(acts.Transition(State.SUBMITTED, "齐备"), FIRM).act(acts.Transition(State.UNDER_REVIEW, "受理"), REGULATOR)
    run.act(acts.Transition(State.PUBLIC_NOTICE, "评估有效"), REGULATOR).act(acts.AssignMentor("sun"), REGULATOR)
    run.act(acts.Note("已上门辅导"), MENTOR).act(acts.Comment("如何保护隐私？"), PUBLIC)
    run.act(acts.Transition(State.REGISTERED, "期满"), REGULATOR).act(acts.AnswerComment(1, "链上只有编号"), FIRM).advance(8)
    run.act(acts.Vote(State.REGISTERED, True, "可控"), CONFERENCE).act(acts.Transition(State.REGISTERED, "通过"), REGULATOR)
    run.deploy().seal().act(acts.Pause("演练"), REGULATOR).act(acts.Resume("结束"), REGULATOR)
    run.act(acts.Transition(State.ACTIVE, "开始"), FIRM).govern(0)
    run.act(acts.Vote(State.ACTIVE, True, "无异常"), CONFERENCE).act(acts.Transition(State.ACTIVE, "进入 G2"), REGULATOR)
    run.act(acts.ProposeLimits({"max_clients": 40}, "从严"), REGULATOR).act(acts.ApproveLimits(1, 3), CONFERENCE)
    run.transfer("issuer", ALICE, 400, readings(1, "5000", "5000", "5000", 1, 2)).seal().govern(2_000, max_clients=40)
    run.breach("max_tx_amount", Grade.S1).seal()
    run.act(acts.Decide(1, Outcome.NO_PENALTY_MINOR, "首次", "约谈"), REGULATOR)
    run.act(acts.FileRectification(1, "已退回", "ab" * 32), FIRM).act(acts.VerifyRectification(1, True, "属实"), REGULATOR)
    run.act(acts.Decide(1, Outcome.NO_PENALTY_MINOR, "轻微", "已教育"), REGULATOR)
    run.act(acts.Transition(State.ACTIVE, "整改完成"), REGULATOR)
    run.breach("whitelist", Grade.S3, ["again within the look-back: +1"], harm=10**36).seal()
    run.act(acts.FileRectification(2, "已收回", "cd" * 32), FIRM).act(acts.VerifyRectification(2, True, "属实"), REGULATOR)
    run.act(acts.Decide(2, Outcome.PENALTY, "严重"), REGULATOR).act(acts.Vote(State.ACTIVE, True, "恢复"), CONFERENCE)
    run.act(acts.Transition(State.ACTIVE, "恢复"), REGULATOR)
    run.act(acts.Freeze("C-001", "司法查询"), REGULATOR).act(acts.Unfreeze("C-001", "完毕"), REGULATOR)
    run.act(acts.CapDown("max_tx_rate", {"value": 5, "window": "1d"}, "从严"), REGULATOR)
    run.act(acts.Complain("未到账"), PUBLIC).act(acts.AnswerComplaint(1, "已补登"), FIRM)
    run.act(acts.ReportIncident("通道中断"), FIRM).act(acts.FileReport(ReportKind.INCIDENT, {"clients": 1}, "ef" * 32), FIRM)
    run.act(acts.Transition(State.EVALUATING, "目标达成"), FIRM)
    for paper, by in zip(PAPERS, (FIRM, AUDITOR, CONFERENCE, REGULATOR), strict=True):
        run.act(acts.FileEvidence(paper.kind, "12" * 32, paper.zh), by)
    for dimension in Dimension:
        run.act(acts.Score(dimension, 80, "达标"), REGULATOR)
    run.act(acts.Vote(State.GRADUATED, True, "同意"), CONFERENCE).act(acts.Transition(State.GRADUATED, "齐备"), REGULATOR)
    return run.end()
