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
    NO_ADDRESS = "没有登记通知地址", "nobody has put down its address";
    BAD_ADDRESS = "登记的通知地址有误", "the address is none that can be used";
    NO_TRUST = "该方式没有配置信任的证书", "the way has no file of the authorities that it trusts";
    NOT_CONFIGURED = "系统没有配置该方式", "this way is not configured";
    TOO_LATE = "超过期限仍未被接收", "it was not taken in time";
    UNDELIVERED = "网关回报未送达", "the gateway says that it was not delivered";
    NO_FILE = "通知地址文件无法读取，仍在重试", "the file of addresses can't be read; it is tried on";
    NO_REPORT = "网关未按时回报是否送达", "the gateway has not said in time whether it was delivered";
    SUMMED = "（并入汇总）", "(in a summary)";
    POLICE = "呼叫公安保障", "A call for the police";
    DUTY = "值班", "person on duty";
    FIRST = "第一责任人", "first responsible person";
    LIAISON = "联络员", "liaison";
}
