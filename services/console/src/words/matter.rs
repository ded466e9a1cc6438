//! The words of cases: where they stand, what is owed, how they ended.

words! {
    ADMINISTRATOR = "管理员", "Administrator";
    SYSTEM = "系统", "System";
    STAGE = "阶段", "Stage";
    RAISED = "已吹哨", "Raised";
    ASSIGNING = "待指定牵头", "To be assigned";
    CALLED = "待报到", "Units called";
    WORKING = "处置中", "Units at work";
    CONFIRMING = "待社区确认", "To be confirmed";
    CLOSED = "已办结", "Closed";
    DISPUTED = "管辖争议", "In dispute";
    FINDING = "调查中", "Being investigated";
    OWNER = "当前责任方", "Owner now";
    ISSUE = "事项类型", "Kind of matter";
    GRID = "网格", "Cell";
    COMMUNITY = "社区", "Community";
    SUBDISTRICT = "街道", "Subdistrict";
    UNIT = "单位", "Unit";
    NUMBER = "案件编号", "Case";
    RAISED_AT = "吹哨时间", "Raised";
    DUE_AT = "限办时间", "Due";
    DESCRIPTION = "情况描述", "What was seen";
    LATE_BY = "超时 {}", "late by {}";
    LEFT = "剩余 {}", "{} left";
    CONFIRMED = "社区已确认", "Confirmed by the community";
    UNCONFIRMED = "社区未答复", "Not answered by the community";
    MERGED = "已并案", "Merged";
    WITHDRAWN = "已撤回", "Withdrawn";
    SERIOUS = "严重", "Serious";
    EMERGENCY = "紧急", "Emergency";
    ROUND = "第 {} 轮", "round {}";
}
