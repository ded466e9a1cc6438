//! The words of what is said in a case, by the type of the message.

words! {
    WHISTLE_RAISED = "社区吹哨", "The whistle was blown";
    CASE_ROUTED = "确定流转", "The route was decided";
    CASE_ASSIGNED = "指定牵头单位", "A lead was named";
    UNIT_CALLED = "通知单位", "A unit was called";
    TASK_ACCEPTED = "单位报到", "A unit reported for duty";
    TASK_REFUSED = "单位不接受", "A unit refused";
    TASK_ARRIVED = "到达现场", "A unit is on site";
    TASK_DISPOSED = "处置完毕", "A unit has done its part";
    CASE_DECLARED = "申报办结", "The lead declared it done";
    CASE_CONFIRMED = "社区确认", "The community confirmed";
    CASE_SENT_BACK = "社区退回", "The community sent it back";
    REMINDED = "提醒", "A reminder";
    URGED = "督办", "Urged";
    REPORTED_AGAIN = "重复举报", "Reported again";
    CASE_MERGED = "并案", "Merged";
    CASE_TOLD_APART = "不予并案", "Told apart";
    CASE_CLOSED = "办结", "Closed";
    CASE_TRANSFERRED = "移送", "Handed on";
    DISPUTE_OPENED = "管辖争议", "A dispute was opened";
    OPINION_GIVEN = "提出意见", "An opinion was given";
    OPINION_MISSING = "未提出意见", "An opinion is missing";
    DISPUTE_RULED = "裁定", "A ruling";
    RULING_CONTESTED = "对裁定提出异议", "A ruling was contested";
    CONFERENCE_CONVENED = "提请联席会议", "To the joint conference";
    CASE_RETYPED = "更正事项类型", "The kind of matter was corrected";
    SEVERITY_RAISED = "提高严重程度", "It is worse than it was";
    UNITS_CONSULTED = "会商", "All units consult";
    COMPLAINT_FOUND = "调查结论", "A finding";
    ACCOUNT_OPENED = "启动问责", "A unit has to answer";
    ACTED_BY_PROXY = "代办", "Done by proxy";
    PARTY_PRESSED = "人工督办", "Urged by hand";
    FIRST_PERSON_NOTICED = "告知第一责任人", "The first responsible person was told";
    DIRECT_REPORT_OPENED = "可直接向市政府报告", "The direct report is open";
    REPORTED_TO_GOVERNMENT = "直接向市政府报告", "Reported to the city government";
    GOVERNMENT_INSTRUCTED = "市政府批示", "The city government's instruction";
    CASE_WITHDRAWN = "撤回", "Withdrawn";
    CASE_LIFTED = "上报", "Lifted";
    TEAM_FORMED = "成立专班", "A special team was formed";
    CLOCK_HELD = "暂停计时", "The clock was held";
    CLOCK_RESUMED = "恢复计时", "The clock runs again";
    LIMIT_EXTENDED = "延长时限", "More time was given";
    CASE_HANDED_OVER = "移交", "Handed over";
    OTHER = "其他", "Something else";
}
