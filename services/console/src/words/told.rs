//! The words of who was told by SMS or webhook.

words! {
    TITLE = "通知", "Who was told";
    SAYS = "“已接收”指短信网关已接收；只有网关回报后才是“已送达”。", "Taken means that the gateway has it; it is delivered only when the gateway says so.";
    AWAY = "暂时无法查询通知情况。", "Who was told can't be asked now.";
    MORE = "仅显示前 100 条；全部请用 muster notices list 查看。", "Only the first 100 are shown; `muster notices list` lists all.";
    WHEN = "事由时间", "When it happened";
    WHO = "被通知人", "Who";
    EVENT = "事由", "Of what";
    WAY = "方式", "By which way";
    STATE = "结果", "How it went";
    WAITING = "待发送", "Waiting";
    TAKEN = "已接收", "Taken";
    DELIVERED = "已送达", "Delivered";
    FAILED = "未送达", "Not told";
    SUMMED = "（并入汇总）", "(in a summary)";
    POLICE = "呼叫公安保障", "A call for the police";
    DUTY = "值班", "person on duty";
    FIRST = "第一责任人", "first responsible person";
    LIAISON = "联络员", "liaison";
}
