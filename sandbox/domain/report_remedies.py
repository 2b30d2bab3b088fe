"""How to comply with each limit, in both languages: what a firm does next after a refusal or a finding."""

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
    "max_issue_size": (
        "缩小本次发行，或分为经批准的多期；发行规模按该产品的总供应量计算。",
        "Issue less, or in several approved issues; the size of an issue is the whole supply of the instrument.",
    ),
    "issuer_size": (
        "发行人规模须在申报时低于上限；超过的发行人不适用本试点。",
        "The issuer must be below the bound when it is declared; one above it does not qualify for this pilot.",
    ),
    "concentration": (
        "由持有过多的一方转出，或扩大其他人的持有，使单一客户占比回到上限之内。",
        "Let the largest holder pass some on, or widen what others hold, until no client's share is above the bound.",
    ),
    "price_rate_cap": (
        "把利率、收益率或费率降到上限以内；多收的部分应退还客户。",
        "Lower the interest, return or fee to the cap; what was taken beyond it goes back to the client.",
    ),
    "reserve": (
        "补足准备金，或先兑付、停止发行，使准备金不低于所欠的规定比例。",
        "Add to the reserves, or redeem and stop issuing, until they cover the required share of what is owed.",
    ),
    "min_holding": (
        "持有满规定期限后再转让；先取得的先计算。",
        "Pass on only what has been held long enough; what came first is counted first.",
    ),
    "reporting_deadline": (
        "立即补报，并按周期报送；事件发生后在时限内提交事件通知。",
        "File what is late at once, then keep the cadence; an incident is notified within its time.",
    ),
    "loss_floor": (
        "停止业务，动用补偿机制先行赔付，并启动退出方案。",
        "Stop the business, compensate clients from the reserve, and start the exit plan.",
    ),
    "supervision_evasion": (
        "恢复监管控制（暂停权、升级权、监管接口），更正不实报送，并接受检查。",
        "Restore the supervisory controls (pause, upgrade, hooks), correct what was misreported, and submit to an inspection.",
    ),
    "supervisory_order": (
        "遵守监管指令：在状态、冻结和暂停解除之前不发起此类交易。",
        "Obey the order: send no such transaction until the state, the freeze or the pause is lifted.",
    ),
}
"""limit -> how to comply, in Chinese and English."""
