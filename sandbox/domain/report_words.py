"""Sentences a report carries in both languages: why a conclusion was reached, who does what next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "clean": (
        "{n} 笔已执行交易均无计入结论的监管发现。",
        "Findings that count: none, over {n} executed transactions.",
    ),
    "registered": ("登记试点当前状态：{state}。", "The registered pilot stands: {state}."),
    "registered_open": (
        "其监管卷宗中有 {n} 项未了结的违规，最重为 {grade}。",
        "Violations on its file that are not settled: {n}, the gravest {grade}.",
    ),
    "registered_chain": (
        "本报告只涵盖场景运行，不涵盖试点持久链上的交易（至区块 {block}）；其日志为 {log}。",
        "This report covers runs of scenarios, not the pilot's durable chain (now at block {block}), whose log is {log}.",
    ),
    "do_rectify_filed": (
        "整改卷宗中的违规并提交整改报告。",
        "Correct the violations on file and hand in the rectification report.",
    ),
    "warned": ("有 {n} 项预警（S0），不构成违规。", "Warnings (S0), which are no breach: {n}."),
    "found": (
        "已执行的交易或已封区块上有 {n} 项监管发现，最重为 {grade}：{titles}。",
        "Findings on executed transactions or sealed blocks: {n}, the gravest {grade} ({titles}).",
    ),
    "held": (
        "{n} 笔交易在提交前被拒绝，未留下任何状态，限额有效：{titles}。",
        "Transactions refused before commit: {n}. They left no state, so the limits held ({titles}).",
    ),
    "as_expected": ("场景的全部 {n} 个步骤结果均与预期一致。", "Every step of the scenario ended as it expected ({n})."),
    "unexpected": (
        "场景有 {n} 个步骤与预期不符：{steps}。",
        "Steps of the scenario that did not end as expected ({n}): {steps}.",
    ),
    "unfinished": (
        "运行没有结束记录，日志不完整，不能得出通过的结论。",
        "The log has no record of the run's end; it is incomplete and cannot be passed.",
    ),
    "nothing": ("没有执行任何交易，无从判断。", "No transaction was executed, so there is nothing to judge by."),
    "drilled": (
        "演练：有 {n} 项发现是有意触发并如期查出的，不计入结论：{titles}。",
        "Drills: {n} findings were provoked on purpose and caught as expected; they do not count ({titles}).",
    ),
    "stands": (
        "「{state}」由来：{reason}（{who}）。",
        "How it came to “{state}”: {reason} ({who}).",
    ),
    "begun": (
        "运行以「{state}」开始，此后没有变更状态。",
        "The run began in the state “{state}” and never left it.",
    ),
    "not_begun": (
        "测试尚未开始，不能得出通过的结论。",
        "The test has not begun, so nothing can be passed yet.",
    ),
    "no_violation": ("没有违规记录。", "There is no violation on record."),
    "violations": (
        "违规 {n} 项（{titles}），最重 {grade}：未了结 {open}，免予处罚 {exempted}，处罚 {confirmed}，撤销 {dismissed}。",
        "Violations: {n} ({titles}), the gravest {grade}: {open} open, {exempted} exempted, {confirmed} punished, "
        "{dismissed} dismissed.",
    ),
    "red_line": (
        "违规 {numbers} 触及红线（S4），不适用宽容，暂停不得解除。",
        "Violation {numbers} crossed a red line (S4), which is never tolerated; such a suspension is never lifted.",
    ),
    "unledgered": (
        "另有 {n} 项发现不在违规台账内（测试未在进行），最重 {grade}：{titles}。",
        "Findings that are on no violation, since no test was running: {n}, the gravest {grade} ({titles}).",
    ),
    "do_nothing": ("无需整改；可进入下一步评审。", "Nothing to rectify; the review can go on."),
    "do_rectify": (
        "按每项发现所列的合规办法整改，并提交整改报告。",
        "Rectify each finding as described with it, and file the rectification.",
    ),
    "do_verify": ("核验整改结果，并就每项发现作出决定。", "Verify the rectification and decide on each finding."),
    "do_stop": ("立即停止新增业务，查明原因并提交说明。", "Stop new business at once, find the cause and report it."),
    "do_decide": (
        "决定解除暂停或退出处置；解除须两名监管人员批准。",
        "Decide to lift the suspension or to wind down; lifting needs two regulators.",
    ),
    "do_exit": (
        "启动退出处置审查；红线不适用宽容。",
        "Open the wind-down review; a red line is never tolerated.",
    ),
    "do_repeat": ("修正场景或合约后重新运行。", "Correct the scenario or the contract and run it again."),
    "do_rectify_one": (
        "改正违规 {number}（{title}），提交整改报告。",
        "Correct violation {number} ({title}) and file the rectification.",
    ),
    "do_verify_one": (
        "核验违规 {number}（{title}）的整改。",
        "Verify the rectification of violation {number} ({title}).",
    ),
    "do_decide_one": (
        "就违规 {number}（{title}）作出决定。",
        "Decide on violation {number} ({title}).",
    ),
    "do_submit": ("补齐声明书后提交。", "Complete the declaration and hand it in."),
    "do_accept": ("受理，或退回补正。", "Accept it for review, or return it for completion."),
    "do_review": (
        "完成审核：转入公示、退回或不予通过。",
        "Finish the review: to public notice, back to the firm, or rejected.",
    ),
    "do_answer": ("答复公示意见 {numbers}。", "Answer comment {numbers} of the public notice."),
    "do_answer_complaint": ("答复投诉 {numbers}。", "Answer complaint {numbers}."),
    "do_register": (
        "公示期满后经两个部门批准，予以登记。",
        "Register it once the notice has run out, with two departments approving.",
    ),
    "do_start": ("上线条件全部满足后开始测试。", "Start the test once every launch gate is open."),
    "do_resume": ("整改完成，恢复全部限额。", "Rectification is complete: restore the full limits."),
    "do_lift": (
        "经两个部门批准解除暂停，或决定退出处置。",
        "Lift the suspension with two departments approving, or decide to wind down.",
    ),
    "do_wind_down": ("决定退出处置；红线之后暂停不得解除。", "Decide to wind down; after a red line no suspension is lifted."),
    "do_file_paper": ("提交评估材料：{title}。", "File the evaluation's paper: {title}."),
    "do_score": ("为尚未评分的 {n} 个维度评分。", "Score the dimensions not scored yet: {n}."),
    "do_graduate": (
        "经两个部门批准出盒，或决定延长或退出。",
        "Let it graduate with two departments approving, or extend it, or wind it down.",
    ),
    "do_return": ("按退出方案返还客户资产，结清敞口。", "Return clients' assets by the exit plan until no exposure is left."),
    "do_confirm_exit": ("核实敞口清零后确认退出。", "Confirm the exit once no exposure is left."),
    "do_report": ("提交下一份定期报告。", "File the next periodic report."),
    "do_notify": ("补报事件 {numbers} 的通知。", "File the notice of incident {numbers}."),
    "do_finish": ("在测试期满前申请评估。", "Apply for the evaluation before the test period ends."),
    "do_roll_out": ("已出盒；推广须在沙盒之外依法办理。", "It has graduated; a roll-out follows the law outside the sandbox."),
    "do_close": ("已终结，无待办事项。", "It has ended; nothing is left to do."),
}
"""code -> sentence with places to fill in, in Chinese and English."""


def sentence(code: str, **places: object) -> dict[str, object]:
    """One sentence in both languages. A place given as a (zh, en) pair takes the language's part."""
    texts = {}
    for number, language in enumerate(("zh", "en")):
        filled = {key: value[number] if isinstance(value, tuple) else value for key, value in places.items()}
        texts[language] = SENTENCES[code][number].format(**filled)
    return {"code": code, **texts}


SYSTEM_REASONS: Final[Mapping[str, str]] = {
    "a violation of grade S3 or S4": "出现 S3 或 S4 级违规",
    "a violation to rectify": "有违规待整改",
    "the test has come to its end": "测试期满",
    "a deadline of a rectification is past": "整改期限已过",
    "suspended for longer than may be": "暂停超过最长期限",
}
"""reason the life cycle writes itself -> its Chinese reading."""

_PAST: Final = re.compile(r"past the bound by (?P<share>[\d.]+ %): \+(?P<steps>\d)")
_CAPPED: Final = re.compile(r"at most (?P<grade>S\d)")
_AGAIN: Final = re.compile(r"again within the look-back: \+(?P<steps>\d)")


def in_both(reason: str) -> dict[str, str]:
    """A reason in both languages: what a person wrote stays as it is."""
    return {"zh": SYSTEM_REASONS.get(reason, reason), "en": reason}


def why_in_both(step: str) -> dict[str, str]:
    """One step of an escalation, in both languages."""
    if match := _PAST.fullmatch(step):
        return {"zh": f"超出限额 {match['share']}，加 {match['steps']} 级", "en": step}
    if match := _AGAIN.fullmatch(step):
        return {"zh": f"回溯期内再犯，加 {match['steps']} 级", "en": step}
    if match := _CAPPED.fullmatch(step):
        return {"zh": f"至多 {match['grade']}", "en": step}
    return {"zh": step, "en": step}
