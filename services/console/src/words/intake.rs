//! The words of what other city systems report.

words! {
    TITLE = "收件", "Intake";
    SAYS = "其他系统（12345、12319、数字城管）转来的报告：城市代码表能识别的已自动立案，其余在此等候人工处理。", "What other systems (12345, 12319, digital city management) report: what the city's table of codes knows has a case already, and the rest waits here for a person.";
    NONE = "没有等候处理的报告。", "No report waits for a person.";
    MORE = "仅显示前 50 件；全部请用 muster intake list 查看。", "Only the first 50 are shown; `muster intake list` lists all.";
    SOURCES = "来源系统", "Systems";
    SYSTEM = "系统", "System";
    WAITING = "等候处理", "Waiting";
    OPEN = "待立案", "To be raised";
    UNTOLD = "未回告", "Not told yet";
    TROUBLE = "故障", "Trouble";
    NOT_READ = "最近一次未能读取", "Not read the last time";
    CAME = "收到", "Came";
    THEIR_CODE = "对方类别代码", "Their code";
    THEIR_PLACE = "对方位置代码", "Their place";
    SEEN = "情况", "What was seen";
    ADDRESS = "地址", "Address";
    PIECES = "证据件数", "Pieces of evidence";
    CHANGES = "内容变更次数", "Came with other content";
    WHY_WAITS = "等候原因", "Why it waits";
    UNKNOWN = "未知", "nobody knows";
    SETTLE = "立案", "Raise it";
    SETTLE_SAYS = "以网格所属社区的名义吹哨，并记录您的姓名；未填的项目按原报告。", "It is whistled in the name of the community of its cell, and your name is kept; what you leave empty stays as reported.";
    ISSUE = "事项类别", "Kind of matter";
    CELL = "网格", "Cell";
    AS_REPORTED = "按原报告", "As reported";
    DESCRIPTION = "补充情况（可不填）", "What was seen (may be empty)";
    PHOTOS = "照片（合计不超过 3 MB）", "Photographs (3 MB in all)";
    SAME_AS = "已有案件编号（可不填）", "The case that it has already (may be empty)";
    TURN_DOWN = "不予受理", "Turn it down";
    REASON = "理由（将回告对方系统，请勿填写个人信息）", "Why (it goes back to the other system: no personal data)";
    RAISED = "已立案：{}", "It has the case {}";
    WAITS_ON = "仍在等候：{}", "It waits on: {}";
    KEPT = "已记录，待网关恢复后立案。", "It is kept, and raised when the gateway answers.";
    TURNED_DOWN = "已不予受理，理由将回告。", "It is turned down; the reason goes back.";
    GIVEN_BY = "来源系统及编号", "Given by, and its number there";
}
