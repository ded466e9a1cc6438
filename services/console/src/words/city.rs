//! The words of the page of the city.

words! {
    OPEN_TITLE = "未办结案件", "Open matters";
    RECONCILED = "已核对：吹哨 {} = 办结 {} + 未办结且有责任方 {}", "Reconciled: {} raised = {} closed + {} open with an owner";
    NOT_RECONCILED = "未核平：吹哨 {}，办结 {}，未办结且有责任方 {}", "Not reconciled: {} raised, {} closed, {} open with an owner";
    ONLY_YOURS = "仅统计与您单位有关的案件。", "Only the cases that concern your party are counted.";
    LATE_TITLE = "超时案件", "Late";
    LATE_COUNT = "{} 件有事项超时，最久者在前。", "Something is late in {} cases; the longest first.";
    LATE_NONE = "没有超时案件。", "Nothing is late.";
    LATE_MORE = "查看全部超时案件", "All late cases";
    OWNER_TITLE = "按当前责任方", "Open by owner";
    OWNER_COUNT = "未办结", "Open";
    SHARE = "占比", "Share";
    MAP_TITLE = "网格分布", "The grid by load";
    MAP_TEXT = "每格为一个网格，数字为未办结案件数；颜色越深，案件越多。", "Each square is a cell of the grid with its number of open matters; the darker, the more.";
    CELL = "{}：未办结 {} 件", "{}: {} open";
    RATES_TITLE = "本月成效", "This month";
    ON_TIME_RATE = "限时整改率", "Done in time";
    FIRST_RATE = "群众满意率（首次答复）", "Satisfied, first answer";
    FINAL_RATE = "群众满意率（最终答复）", "Satisfied, last answer";
    TARGET = "目标不低于 {}%", "target {}% or more";
    NOT_YET = "暂无可统计案件", "nothing to count yet";
    OF_CASES = "{} / {} 件", "{} of {}";
    BELOW = "低于目标", "below the target";
    REACHED = "达到目标", "reached";
    RATES_MORE = "按单位、类别和月份查看", "By unit, kind and month";
    HOUR_TITLE = "最近一小时", "The last hour";
    HOUR_NONE = "最近一小时没有新的进展。", "Nothing has happened in the last hour.";
    LOADING = "正在统计……", "Counting…";
    SHOW = "显示", "Show";
}
