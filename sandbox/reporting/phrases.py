"""Glosses: the Chinese reading of English phrases the log and the profiles hold. What has none stays as it is.

Patterns are tried in order on the whole phrase; a group whose name ends in `_state`, `_role` or `_words` is glossed itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from sandbox.domain.evaluation import DIMENSIONS, PAPERS
from sandbox.domain.standing import STATE_NAMES
from sandbox.domain.tolerance import REASONS

_ROLES: Final[Mapping[str, str]] = {
    "firm": "申报机构",
    "regulator": "监管人员",
    "conference": "联席会议",
    "mentor": "金融辅导员",
    "auditor": "审计",
    "public": "公众",
    "system": "系统",
}

_OUTCOMES: Final[Mapping[str, str]] = {
    "no_penalty_minor": "轻微不罚",
    "no_penalty_first": "首违不罚",
    "no_penalty_no_fault": "无过错不罚",
    "penalty": "处罚",
    "dismissed": "撤销",
}

_RULES: Final = (
    ("sender unknown", "发送方未登记"),
    ("receiver unknown", "接收方未登记"),
    ("operator unknown", "操作方未登记"),
    ("known participants", "已登记的参与者"),
    ("unregistered code", "未登记的代码"),
    ("registered contracts", "已登记的合约"),
    ("registered code", "已登记的代码"),
    ("not stated", "未登记"),
    ("plain send", "直接转账"),
    ("a role that may", "获授权的角色"),
    ("an approved request", "已批准的申请"),
    ("no transactions", "停止交易"),
    ("no new clients", "不得有新客户"),
    ("no answer", "没有答复"),
    ("an answer", "应有答复"),
    ("transacts", "发起交易"),
    ("takes part", "参与交易"),
    ("frozen", "已冻结"),
    ("clients take part", "客户参与交易"),
    ("the firm's own addresses only", "仅限机构自身地址"),
    ("the pilot is paused", "试点已暂停交易"),
    ("exposure grows", "敞口增加"),
    ("exposure only falls", "敞口只减不增"),
    ("a client comes", "有新客户加入"),
    ("a report misstates it", "报送与实际不符"),
    ("nobody", "无人"),
    (r"state (?P<a_state>[a-z_]+)", "状态：{a_state}"),
    (r"functions of (.+)", r"{0} 的申报接口"),
    (r"(.+) of (.+) held for less", "{1} 中 {0} 份持有未满期限"),
    (r"sells (.+), (.+) of them held long enough", "卖出 {0}，其中持有期满 {1}"),
    (r"at least (\d+) d", "至少 {0} 天"),
    (r"at least (\d+) bp, never below (\d+) bp", "不低于 {0} 基点，低于 {1} 基点即为红线"),
    (r"claims (.+)", "申报 {0}"),
    (r"holds (.+)", "实有 {0}"),
    (r"(\d+) s", "{0} 秒"),
    (r"periodic:(\d+)", "第 {0} 期定期报告"),
    (r"incident:(\d+)", "事件 {0} 的通知"),
    (r"(\w+) by (\w+)", "{1} 执行 {0}"),
    (r"(\w+) without request", "{0} 无申请编号"),
    (r"no ([A-Z0-9, ]+)", "禁用 {0}"),
    (r"totalSupply\(\) is (.+), the mint and burn events add up to (.+)", "totalSupply() 为 {0}，增发与销毁事件合计 {1}"),
    (r"balanceOf\((.+)\) is (.+), the transfer events add up to (.+)", "balanceOf({0}) 为 {1}，转账事件合计 {2}"),
    (r"totalSupply\(\) is (.+), all balances add up to (.+)", "totalSupply() 为 {0}，各余额合计 {1}"),
    (r"(.+) gives no answer, so nothing can be checked", "{0} 没有答复，无从核验"),
    (r"totalSupply\(\) differs from .+", "totalSupply() 与增发、销毁事件的合计不一致"),
    (r"balanceOf\((.+)\) differs from .+", "balanceOf({0}) 与转账事件的合计不一致"),
    (r"pc (\d+) of (\S+), depth (\d+)", "位于 {1} 的第 {0} 字节，深度 {2}"),
)
"""What rules write into findings."""

_REMARKS: Final = (
    (r"depends on block time \((.+)\)(.*)", "依赖区块时间（{0}）{1}"),
    ("tolerate seconds of difference", "业务逻辑须容许数秒误差"),
    (r"can destroy itself and send its ether away \((.+)\)", "可自毁并转走以太币（{0}）"),
    ("remove it", "去掉它"),
    (r"runs other code on its own storage \((.+)\)", "以他人代码操作自身存储（{0}）"),
    ("name that code as a contract", "将该代码申报为合约"),
    (r"creates contracts \((.+)\)", "创建合约（{0}）"),
    (r"creates contracts at chosen addresses \((.+)\)", "在选定地址创建合约（{0}）"),
    ("name their code as contracts", "将其代码申报为合约"),
    (r"looks at tx.origin \((.+)\)", "读取 tx.origin（{0}）"),
    ("authorise by msg.sender", "以 msg.sender 授权"),
    (r"reads block hashes \((.+)\)", "读取区块哈希（{0}）"),
    ("do not use them as randomness", "不得用作随机数"),
    (r"reads prevrandao \((.+)\)", "读取 prevrandao（{0}）"),
    ("do not use it as randomness", "不得用作随机数"),
    (r"holds (\w+) in bytes that ordinary jumps do not reach \((.+)\)", "常规跳转不可达的字节中含 {0}（{1}）"),
    ("say in the declaration what these bytes are", "在声明书中说明这些字节的用途"),
    (r"is a proxy or knows proxy storage \((.+)\)", "为代理合约或使用代理存储（{0}）"),
    ("upgrades are privileged operations; name the implementation as a contract", "升级属特权操作；请将实现合约一并申报"),
)
"""What admission remarks, and what else profiles say."""

_REFUSALS: Final = (
    (
        r"\S+ cannot go from (?P<a_state>\w+) to (?P<b_state>\w+): (?P<why_words>.+)",
        "不能由「{a_state}」转为「{b_state}」：{why_words}",
    ),
    (r"gate code is shut, .+", "上线条件未满足：代码须与准入哈希一致"),
    (r"gate limits is shut, .+", "上线条件未满足：限额须绑定在模板之内"),
    (r"gate exit_plan is shut, .+", "上线条件未满足：须有退出方案"),
    (r"gate complaint_channel is shut, .+", "上线条件未满足：须有投诉渠道"),
    (r"gate kill_switch is shut, .+", "上线条件未满足：紧急停止须演练过一次"),
    (r"gate assessments is shut, .+", "上线条件未满足：评估须在有效期内"),
    (r"the public notice of (\d+) days runs until (.+)", "{0} 天公示期至 {1}"),
    (r"comments without an answer: (.+)", "未答复的意见：{0}"),
    ("no mentor is assigned", "尚未指派金融辅导员"),
    (r"violations not yet verified and decided: (.+)", "尚未核验并决定的违规：{0}"),
    (r"red lines \(S4\) were crossed, violations (.+): .+", "违规 {0} 触及红线（S4），暂停不得解除"),
    (r"(G\d) is the last stage", "{0} 已是最后阶段"),
    ("the test was extended before, which is possible once", "测试已延长过一次，不得再延"),
    (r"papers not on file: (?P<a_list>.+)", "未提交的材料：{a_list}"),
    (r"dimensions without a score: (?P<a_list>.+)", "未评分的维度：{a_list}"),
    ("what clients still hold is not known", "客户敞口不明"),
    ("clients still hold an exposure", "客户仍有敞口"),
    ("no violation of grade S3 or S4 is open", "没有未了结的 S3 或 S4 级违规"),
    ("no violation is open", "没有未了结的违规"),
    ("no deadline of a rectification is past", "没有逾期的整改"),
    ("the test has not come to its end", "测试尚未期满"),
    (r"the suspension may last until (.+)", "暂停期限至 {0}"),
    ("the exit plan is not on file", "没有退出方案"),
    ("the declaration is not complete", "声明书不完整"),
    ("the assessments are not in date", "评估不在有效期内"),
    ("the limits are not bound within the profile and its ceilings", "限额未绑定在模板及其上限之内"),
    (
        r"(\d+) people of different departments must approve, (\d+) did \(vote on (?P<a_state>\w+)\)",
        "须由不同部门的 {0} 人同意，现有 {1} 人（议题「{a_state}」）",
    ),
    (
        r"a (?P<a_role>\w+) cannot move \S+ from (?P<a_state>\w+) to (?P<b_state>\w+)",
        "{a_role}无权将其由「{a_state}」转为「{b_state}」",
    ),
    (r"there is no way from (?P<a_state>\w+) to (?P<b_state>\w+)", "「{a_state}」不能转为「{b_state}」"),
    (r"no vote is held on (?P<a_state>\w+) while (?P<b_state>\w+)", "「{b_state}」期间不就「{a_state}」表决"),
    (r"(\S+) belongs to no department, so the vote could not count", "{0} 没有所属部门，其表决无效"),
    (r"(\S+) lies before .+", "时间不能倒退"),
    (r"(\w+) is not the (?P<a_role>\w+)'s to do", "{a_role}无权进行此操作"),
    (r"(\w+) is not possible while (?P<a_state>\w+)", "「{a_state}」期间不能进行此操作"),
    (r"(\S+) submitted \S+ and cannot supervise it", "{0} 是提交人，不得监管本试点"),
    (r"(\S+) is the mentor of \S+ and cannot supervise it", "{0} 是金融辅导员，不得作监管决定"),
    (r"(\S+) cannot be the mentor of \S+", "{0} 不能担任金融辅导员"),
    (r"(\S+) is not the mentor of \S+", "{0} 不是本试点的金融辅导员"),
    (r"(\S+) belongs to an evaluation", "{0} 须在评估中提交"),
    (r"(\S+) is not the (?P<a_role>\w+)'s to file", "{a_role}不能提交此材料"),
    (r"(\S+) cannot be filed now", "尚未轮到提交此材料"),
    (r"(\S+) is frozen already", "{0} 已被冻结"),
    (r"(\S+) is not frozen", "{0} 未被冻结"),
    (r"\S+ is paused already", "已处于暂停交易"),
    (r"\S+ is not paused", "并未暂停交易"),
    (r"the pause is the (?P<a_role>\w+)'s", "暂停由{a_role}作出，不得由他人解除"),
    (r"there is no number (\d+)", "没有编号 {0}"),
    (r"number (\d+) is answered already", "编号 {0} 已答复"),
    (r"limit (\w+): (.+) is looser than the profile's (.+)", "限额 {0}：{1} 宽于模板的 {2}"),
    (r"limit (\w+): (.+) is not tighter than (.+), which is in force", "限额 {0}：{1} 不比现行的 {2} 更严"),
    (r"limit (\w+) cannot be taken away", "限额 {0} 不得取消"),
    (r"(\S+) proposed version (\d+) and cannot approve it", "{0} 是版本 {1} 的提出人，不得批准"),
    (r"block (\d+) is not ahead of the chain's head, (\d+)", "区块 {0} 不在链头 {1} 之后"),
    (r"version (\d+) is (\w+) already", "版本 {0} 已有结论"),
    (r"there is no version (\d+) .+", "没有版本 {0}"),
    (r"violation (\d+) is (?:dismissed|corrected and verified) already", "违规 {0} 已撤销或已整改"),
    (r"no rectification of violation (\d+) waits to be verified", "违规 {0} 没有待核验的整改"),
    (r"evidence on violation (\d+) is on file already", "违规 {0} 的证据已提交"),
    (r"violation (\d+) is not eligible for (?P<an_outcome>\w+): (?P<b_reasons>.+)", "违规 {0} 不适用{an_outcome}：{b_reasons}"),
    (r"(\w+) needs a record of education", "须有教育记录"),
    (r"violation (\d+) was minor, corrected in time .+", "违规 {0} 轻微、及时改正且无危害，不得处罚"),
    (r"violation (\d+) can still be corrected in time, until (.+)", "违规 {0} 仍可在 {1} 前改正"),
    (r"\S+ has no violation (\d+)", "没有违规 {0}"),
    (r"violation (\d+) was decided already: (?P<an_outcome>\w+)", "违规 {0} 已作决定：{an_outcome}"),
)
"""Why acts are refused."""

_SOURCES: Final = (
    ("design choice", "设计取值"),
    ("design choice, per client", "设计取值，按客户计"),
    ("set by the pilot", "试点自定"),
    ("the pilot's own limit", "试点自定"),
    ("left to the pilot", "由试点自定"),
    ("the (?:rule|source|regulation) gives no number", "原文没有数值"),
    ("no statutory number", "法规没有数值"),
    ("the HKMA states no number", "香港金管局没有给出数值"),
    ("no monetary cap or count is known", "未见金额或数量上限"),
    ("not retrievable", "未能取得"),
    ("this sandbox's own procedure", "沙盒自身程序"),
    (r"design choice after (?P<a_words>.+)", "设计取值，参照 {a_words}"),
    (r"(.+), which states no number", "{0}（未给数值）"),
    ("well known, text not read", "众所周知，未读原文"),
    ("general practice", "通行做法"),
    ("no text read", "未读原文"),
    ("at most 200 holders of a non-public issue", "非公开发行持有人不超过 200 人"),
    (r"qualified investors only, (.+)", "仅限合格投资者，{0}"),
    (r"no operation across regions, (.+)", "不得跨区域经营，{0}"),
    ("held here at the level of the country", "此处按国家一级执行"),
    (r"look-through check of every investor, (.+)", "逐一穿透核查投资者，{0}"),
    ("private shares, convertible bonds and like instruments", "非公开发行股份、可转债等"),
    ("the interval of min_trading_interval is not verified and counts trading days", "交易间隔未核实，且按交易日计"),
    (r"the pilot states (\d+)d to hold it", "试点自定 {0} 天"),
    (r"version (\d+)", "限额版本 {0}"),
    (r"(.+) and (\d[\d.]*)", "{0} 与 {1}"),
    (r"FCA default parameters (\d+)", "英国 FCA 默认参数 {0}"),
    (r"ERC-3643 TimeTransfersLimits, made rolling", "ERC-3643 TimeTransfersLimits（改为滚动窗口）"),
    (r"ERC-3643 modules", "ERC-3643 模块"),
    (r"AIFC FinTech Lab", "AIFC FinTech Lab"),
    (r"BoE DSS settlement assets (\d+)", "英格兰银行 DSS 结算资产 {0}"),
)
"""Where profiles say a limit comes from."""


@cache
def chinese(text: str) -> str:
    """The Chinese reading of a phrase; "" where there is none."""
    for pattern, reading in (*_RULES, *_REMARKS, *_REFUSALS, *_SOURCES):
        match = re.fullmatch(pattern, text)
        if match is not None:
            named = {key: _part(key, value) for key, value in match.groupdict().items()}
            return reading.format(*match.groups(), **named)
    return ""


def _part(name: str, value: str) -> str:
    kind = name.rpartition("_")[2]
    if kind == "words":
        return "；".join(chinese(part) or part for part in value.split("; "))
    if kind == "list":
        return "、".join(_NAMES.get(part, part) for part in value.split(", "))
    if kind == "reasons":
        return "".join(zh for zh, en in REASONS.values() if en in value) or value
    return _NAMES.get(value, value)


_NAMES: Final[Mapping[str, str]] = {
    **_ROLES,
    **_OUTCOMES,
    **{state.value: zh for state, (zh, _) in STATE_NAMES.items()},
    **{DIMENSIONS[key][1]: DIMENSIONS[key][0] for key in DIMENSIONS},
    **{paper.kind: paper.zh for paper in PAPERS},
}
"""Code or English name -> Chinese name."""
