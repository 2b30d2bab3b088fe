"""Sentences a report carries in both languages: how to comply with each limit, why a conclusion was reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REMEDIES: Final[Mapping[str, tuple[str, str]]] = {
    "max_clients": (
        "停止接纳新客户；如需扩大规模，先申请调高客户数量上限。",
        "Take on no further clients; to grow, apply for a higher number of clients first.",
    ),
    "max_client_exposure": (
        "减少金额，或先让该客户收回部分敞口，使其敞口在交易后不超过上限；同一客户的多个地址合并计算。",
        "Lower the amount, or reduce what this client already holds or owes; all addresses of one client count together.",
    ),
    "max_total_exposure": (
        "在总敞口回落之前不再新增；先办理赎回、还款或减少发行。",
        "Add no exposure until the total has come down through redemptions, repayments or smaller issues.",
    ),
    "wind_down_trigger": (
        "按退出方案启动处置，停止新增业务，并报告监管人员。",
        "Start the exit plan, take no new business, and report to the regulator.",
    ),
    "max_tx_amount": (
        "减少本笔金额；一笔交易内的各分支合并计算，拆成多条分支不改变结果。",
        "Lower the amount; all legs of one transaction count together, so splitting them inside it changes nothing.",
    ),
    "max_client_volume": (
        "等待滚动窗口内较早的流出到期后再交易，或减少金额。",
        "Wait until earlier outgoing value has left the rolling window, or lower the amount.",
    ),
    "max_pilot_volume": (
        "等待滚动窗口内较早的交易到期，或减少金额。",
        "Wait until earlier value has left the rolling window, or lower the amount.",
    ),
    "max_tx_rate": (
        "降低该客户的交易频次，待窗口内较早的交易到期后再发。",
        "Slow this client down; send again once earlier transactions have left the window.",
    ),
    "holder_count": (
        "转让给已有持有人，或先让一名持有人全部退出；持有人按身份而非地址计算。",
        "Transfer to an existing holder, or let one holder leave first; holders are identities, not addresses.",
    ),
    "whitelist": (
        "先为该地址登记参与者身份，再发起交易。",
        "Register who stands behind the address before it takes part.",
    ),
    "investor_class": (
        "接收方须属于准入的投资者类别；请核验其类别，或换为合格的接收方。",
        "The receiver must be of a permitted investor class: verify its class, or choose a receiver that qualifies.",
    ),
    "jurisdiction": (
        "接收方须在准入地域内；请核验其地域登记，或换为地域内的接收方。",
        "The receiver must be in a permitted jurisdiction: verify what is on record, or choose another receiver.",
    ),
    "asset_class": (
        "仅可交易准入的资产类别；新增类别须先变更申报。",
        "Trade only permitted instruments; a new kind needs a change of the declaration first.",
    ),
    "allowed_contracts": (
        "只调用和部署已通过准入的代码；新合约须先提交登记。",
        "Call and deploy only admitted code; hand in a new contract for admission first.",
    ),
    "allowed_functions": (
        "只调用申报接口中的函数；如确需该接口，请补充申报。",
        "Call only functions of the declared interface; if this one is needed, declare it.",
    ),
    "time_box": (
        "在测试期内进行交易；如需延期，在到期前申请。",
        "Transact within the test period; apply for an extension before it ends.",
    ),
    "privileged_op": (
        "由获授权的角色、凭已批准的申请编号执行特权操作。",
        "Let a role that may do so carry out the operation, with the id of an approved request.",
    ),
    "supply_integrity": (
        "使合约的余额、总量与其事件一致；每次增发和销毁都须发出事件。查明差额后再恢复业务。",
        "Make balances and supply agree with events, an event for every mint and burn; explain the difference first.",
    ),
    "resource": (
        "缩小批量，或优化合约，使单笔燃料与数据量不超过上限。",
        "Use smaller batches or a leaner contract, so that gas and calldata of one transaction stay within the bound.",
    ),
    "opcodes": (
        "从合约中去掉该操作码后重新提交准入。",
        "Remove the opcode from the contract and hand it in again.",
    ),
    "call_targets": (
        "只调用许可的合约；新增调用目标须先变更申报。",
        "Call only permitted contracts; a new target needs a change of the declaration first.",
    ),
    "call_depth": (
        "减少合约之间的嵌套调用。",
        "Nest fewer calls between contracts.",
    ),
    "creations": (
        "分多笔交易创建合约，或减少创建数量。",
        "Create contracts over several transactions, or create fewer.",
    ),
    "delegatecall": (
        "委托调用的目标须为已登记代码；请登记该实现合约或去掉委托调用。",
        "Delegatecall only into registered code: register the implementation, or do without it.",
    ),
    "frame_value": (
        "减少单次内部转账的金额。",
        "Move less wei in one inner call.",
    ),
    "code_size": (
        "拆分合约或启用优化，使代码体积不超过上限。",
        "Split the contract or optimise it until its code fits.",
    ),
    "gas_budget": (
        "等待滚动窗口内较早的消耗到期，或降低单笔消耗。",
        "Wait until earlier gas has left the rolling window, or use less per transaction.",
    ),
    "duration_budget": (
        "在运行预算内结束业务；如需更久，请申请延长。",
        "Finish within the running time allowed, or apply for more.",
    ),
}
"""limit -> how to comply, in Chinese and English."""

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "clean": (
        "{n} 笔已执行交易均无计入结论的监管发现。",
        "Findings that count: none, over {n} executed transactions.",
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
}
"""code -> sentence with places to fill in, in Chinese and English."""


def sentence(code: str, **places: object) -> dict[str, object]:
    """One sentence in both languages. A place given as a (zh, en) pair takes the language's part."""
    texts = {}
    for number, language in enumerate(("zh", "en")):
        filled = {key: value[number] if isinstance(value, tuple) else value for key, value in places.items()}
        texts[language] = SENTENCES[code][number].format(**filled)
    return {"code": code, **texts}
