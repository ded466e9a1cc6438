//! What can be said and owed in matters that are no cases, in a word or two of both languages.

use crate::operate::words::Words;

/// Every type that is said about an operation, an approval, a decision, a sheet or a stop.
pub(super) const FACTS: [(&str, &str, &str); 67] = [
    // Operations.
    ("OperationPlanned", "planned", "制定行动方案"),
    ("UnitAdded", "another unit added", "增加单位"),
    ("UndoRegistered", "undo registered", "登记撤销办法"),
    ("UnitInvited", "called", "通知参加"),
    ("PartConfirmed", "comes", "确认参加"),
    ("PartDeclined", "does not come", "不能参加"),
    ("AnswersAssessed", "answers assessed", "核对回复"),
    ("OperationStarted", "begun", "行动开始"),
    ("UnitBriefed", "briefed", "下达任务说明"),
    ("BriefingRead", "briefing read", "已阅任务说明"),
    ("TeamCheckedIn", "checked in", "到场签到"),
    ("TeamOrder", "order", "下达指令"),
    ("OrderAnswered", "order answered", "回复指令"),
    ("TeamFound", "found something", "发现问题"),
    ("OperationEnded", "ended", "行动结束"),
    ("ReleaseAsked", "to let go", "通知解除"),
    ("UnitsReleased", "let go", "已解除"),
    ("ReleaseSettled", "release settled", "人工处理解除"),
    ("OperationSummarised", "summed up", "行动小结"),
    ("NextPlanned", "next one planned", "安排下一次"),
    ("FollowUpAsked", "rest given to cases", "遗留问题转办"),
    ("WorkBegun", "cases begun", "转办案件已立"),
    // Approvals.
    ("ApprovalRequested", "applied for", "提出申请"),
    ("ReviewGiven", "opinion", "审查意见"),
    ("ReviewReminded", "reminded", "提醒审查"),
    ("SilenceReported", "silence reported", "报告逾期未审"),
    ("ItemsDecided", "decided", "作出决定"),
    ("ApprovalWithdrawn", "taken back", "撤回申请"),
    // Decisions.
    ("DecisionDrafted", "drafted", "起草决定"),
    ("DecisionClassed", "classed", "确定类别"),
    ("DraftVoided", "void", "作废"),
    ("FileSupplemented", "file supplemented", "补充案卷"),
    ("DecisionReviewed", "reviewed", "法制审核"),
    ("DecisionIssued", "issued", "作出并送达"),
    ("ExtractPublished", "published", "公示"),
    ("ActionDone", "action done", "执行"),
    ("CrimeTransferred", "transferred to justice", "移送司法"),
    ("TransferAnswered", "transfer answered", "司法答复"),
    ("OfficersObstructed", "officers obstructed", "妨碍执法"),
    ("PoliceAssisted", "police assisted", "公安协助"),
    ("FinePaid", "fine paid", "缴纳罚款"),
    ("OpinionGiven", "supervision", "监督意见"),
    ("OpinionAnswered", "supervision answered", "答复监督意见"),
    ("DecisionClosed", "closed", "结案"),
    ("DecisionWithdrawn", "withdrawn", "撤回"),
    ("DutyReminded", "reminded", "提醒"),
    ("DutyEscalated", "silence reported", "报告逾期"),
    // Sheets.
    ("SheetOpened", "sheet opened", "启动问责"),
    ("SheetReminded", "reminded", "提醒"),
    ("StatementGiven", "statement given", "陈述申辩"),
    ("StatementMissing", "statement missing", "逾期未陈述"),
    ("OutcomeDecided", "decided", "作出处理"),
    ("OutcomePublished", "published", "通报"),
    // Stops.
    ("InspectionOpened", "stop opened", "开始检查"),
    ("FindingAssigned", "finding assigned", "指定处理单位"),
    ("FindingSettled", "finding settled", "处理完毕"),
    ("FindingRevoked", "finding revoked", "撤销处理"),
    ("PenaltyChosen", "penalty chosen", "择一处罚"),
    ("VehicleSeized", "vehicle seized", "扣押车辆"),
    ("SeizureEnded", "seizure ended", "解除扣押"),
    // Waits: the words of what is owed.
    ("join", "say whether it comes", "回复是否参加"),
    ("gather", "find enough units", "召集足够单位"),
    ("lead", "lead it to its end", "指挥行动"),
    ("read", "read the briefing", "阅读任务说明"),
    ("check_in", "check in", "到场签到"),
    ("answer_order", "answer an order", "回复指令"),
    ("let_go", "let go", "解除占用"),
];

/// What is owed in a decision, a sheet or a stop.
const DUTIES: [(&str, &str, &str); 8] = [
    ("review", "review the file", "法制审核"),
    ("criminal", "answer the transfer", "答复移送"),
    ("supervision", "answer the supervisor", "答复监督意见"),
    ("act", "do its part", "处理"),
    ("state", "state its case", "陈述申辩"),
    ("decide", "decide what follows", "作出处理"),
    ("settle", "settle the finding", "处理问题"),
    ("choose", "choose which penalty stands", "择一处罚"),
];

/// The words for what is owed; none where it is owed in cases.
pub(super) fn duty(name: &str) -> Option<Words> {
    let mut all = FACTS.iter().chain(&DUTIES);
    let found = all.find(|(duty, _, _)| *duty == name);
    found.map(|(_, en, zh)| Words { en: (*en).to_owned(), zh: (*zh).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once_and_what_is_said_has_its_words() {
        let mut names: Vec<_> = FACTS.iter().chain(&DUTIES).map(|(name, _, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FACTS.len() + DUTIES.len());
        assert_eq!(duty("join").unwrap().zh, "回复是否参加");
        assert!(duty("accept").is_none(), "that is of cases");
    }

    #[test]
    fn every_message_of_these_nouns_that_is_a_fact_has_words() {
        let nouns = ["operation", "decision", "inspection"];
        for noun in nouns {
            let file = format!("../../proto/muster/{noun}/v1/fact.proto");
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let text = std::fs::read_to_string(file).unwrap();
            let named = text.lines().filter_map(|line| line.strip_prefix("message "));
            let names = named.map(|name| name.split([' ', '{']).next().unwrap());
            // The parts of facts are named with one word, or are one of these.
            let part = |name: &str| {
                let words = name.chars().filter(char::is_ascii_uppercase).count();
                words < 2 || ["ActionRule", "NotProven", "DecisionRef"].contains(&name)
            };
            for name in names.filter(|name| !part(name)) {
                assert!(FACTS.iter().any(|(fact, _, _)| *fact == name), "{noun}: {name}");
            }
        }
    }
}
