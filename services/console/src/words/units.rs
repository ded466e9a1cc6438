//! The words of the page of the units.

words! {
    TITLE = "单位成效", "Units";
    TEXT = "限时整改率 = 在限时内完成 ÷ 已到期或已办结；满意率 = 社区首次（最终）答复为满意 ÷ 已答复。沉默不算满意。点击数字查看对应案件。",
        "Done in time = done by the due moment ÷ decided; satisfied = satisfied at the first (last) answer ÷ answered. Silence is no satisfaction. Each figure leads to its cases.";
    PERIOD = "时段", "Period";
    THIS_MONTH = "本月", "This month";
    LAST_MONTH = "上月", "Last month";
    HALF_YEAR = "近六个月", "Six months";
    BY = "分组", "By";
    MONTH = "月份", "Month";
    SHOW = "查看", "Show";
    CAPTION = "{} 至 {}；共查看 {} 件", "{} to {}; {} cases were looked at";
    UNANSWERED = "未答复", "Unanswered";
    CASES_TITLE = "统计所依据的案件", "The cases behind the figure";
    CASES_BACK = "返回统计", "Back to the figures";
    NOBODY = "该时段没有可统计的案件。", "Nothing is counted in this period.";
    ALARM = "低于 {}%", "below {}%";
}
