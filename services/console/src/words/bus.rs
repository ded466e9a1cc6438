//! The words of the page of the bus.

words! {
    TITLE = "消息总线", "The bus";
    WAITING = "等待中", "Waiting";
    PARKED = "滞留待处理", "Parked";
    TAKEN = "启动以来接收", "Taken since the start";
    SINCE = "启动时间", "Up since";
    FREE = "磁盘剩余", "Free on disk";
    FOLLOWERS = "跟随者落后", "Followers behind";
    MAILBOXES = "信箱", "Mailboxes";
    MAILBOX = "信箱", "Mailbox";
    DEPTH = "待取", "Depth";
    OLDEST = "最早", "Oldest";
    IN_HAND = "在办", "In hand";
    AGAIN = "重复投递", "Again";
    ALARM = "超过 {}，由 {} 处理", "over {}: {} must act";
    ALL_QUIET = "所有信箱均为空。", "All mailboxes are empty.";
    EMPTY = "另有 {} 个信箱为空。", "{} more are empty.";
    PARKED_TITLE = "滞留信件：等待人工决定", "Parked: a person has to decide";
    PARKED_TEXT = "放回后重新投递；跳过则不再投递。该主题后面的信件一直等待，直到作出决定。", "Put back, it is delivered again; skipped, it never is. All behind it of its subject waits until somebody decides.";
    NOTHING_PARKED = "没有滞留信件。", "Nothing is parked.";
    CAUSE = "原因", "Why";
    ATTEMPTS = "投递次数已满", "delivered too often";
    EXPIRED = "已过期", "expired";
    SUBJECT = "主题", "Subject";
    KIND = "类型", "Type";
    PLACE = "位置", "Place";
    SINCE_WHEN = "滞留时间", "Since";
    SAID = "收件方所说", "What the receiver said";
    CHOSEN = "选择", "Choose";
    PUT_BACK = "放回", "Put back";
    SKIP = "跳过", "Skip";
    REASON = "理由（记录在案）", "Reason, for the record";
    PREVIEW = "预览", "Show what would be done";
    PREVIEW_TITLE = "将要做的", "What would be done";
    PREVIEW_TEXT = "尚未改变任何内容。", "Nothing has been changed.";
    DO_PUT_BACK = "确认放回", "Put these back";
    DO_SKIP = "确认跳过（不再投递）", "Skip these for good";
    PUT_BACK_DONE = "已放回 {} 封。", "{} put back.";
    SKIPPED_DONE = "已跳过 {} 封。", "{} skipped.";
    CHOOSE_SOME = "请至少选择一封，并填写理由。", "Choose at least one, and say why.";
    TURNED = "拒收", "Turned away";
    TURNED_TEXT = "总线目前拒收以下发件方的信件；发件方保留并重试。", "The bus refuses these for now; their senders keep them and try again.";
    BACK = "返回", "Back";
}
