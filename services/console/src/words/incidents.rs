//! The words of flows that are stuck.

words! {
    TITLE = "受阻流程", "Incidents";
    NONE = "没有受阻的流程。", "No flow is stuck.";
    MORE = "仅显示前 50 项；全部请用 muster incidents list 查看。", "Only the first 50 are shown; `muster incidents list` lists all.";
    STEP = "步骤", "Step";
    SINCE = "自", "Since";
    REASON = "原因", "Reason";
    RESPONSIBLE = "由谁处理", "Who must act";
    ADMINISTRATOR_OF = "{}的管理员", "The administrator of {}";
    KEEPER = "城市包维护人", "Who keeps the city's pack";
    FAILS = "反复失败", "It fails again and again";
    REFUSED = "被拒绝", "It is refused";
    MOVES_NOTHING = "没有进展", "It moves nothing";
    NOT_TOLD = "流程无法启动或收到通知", "The flow can't be started or told";
    SAYS = "决定先记录在您的名下，再执行。", "The decision is recorded under your name, and then carried out.";
    REMEDY = "处理方式", "What is to be done";
    RETRY = "立即重试", "Try again now";
    PUT_BACK = "放回，由其自行继续", "Leave it to go on by itself";
    SKIP = "跳过此步骤", "Leave the step out";
    RESUME = "结束该流程，并从记录恢复", "End the flow, and go on from the record";
    WHY = "理由", "Why";
    RESOLVE = "决定", "Decide";
    DECIDED = "已记录决定。", "The decision is recorded.";
}
