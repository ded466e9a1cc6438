//! What is said and what is owed, in words: the facts and duties that a picture or a history names.

use proto::case::Duty;

use super::Lang;

/// The name of a fact, and its words in Chinese and English.
const FACTS: &[(&str, &str, &str)] = &[
    ("WhistleRaised", "吹哨", "whistle"),
    ("CaseRouted", "确定处置路线", "routed"),
    ("CaseAssigned", "指定牵头单位", "lead named"),
    ("CaseHandedOver", "移交", "handed over"),
    ("CaseTransferred", "移送", "transferred"),
    ("UnitCalled", "呼叫单位", "called"),
    ("TaskAccepted", "报到", "reported for duty"),
    ("TaskRefused", "拒绝并说明理由", "refused"),
    ("TaskArrived", "到场", "arrived"),
    ("TaskDisposed", "处置完毕", "did its part"),
    ("ActedByProxy", "代为处置", "acted in its place"),
    ("CaseDeclared", "申报办结", "declared disposed"),
    ("CaseConfirmed", "社区确认", "confirmed"),
    ("CaseSentBack", "退回", "sent back"),
    ("CaseClosed", "办结", "closed"),
    ("CaseWithdrawn", "撤回", "withdrawn"),
    ("Reminded", "提醒", "reminded"),
    ("Urged", "督办", "urged"),
    ("PartyPressed", "人工督办", "urged by hand"),
    ("FirstPersonNoticed", "告知主要负责人", "first person told"),
    ("DirectReportOpened", "开启直报", "direct report opened"),
    ("ReportedToGovernment", "直报政府", "reported to the government"),
    ("GovernmentInstructed", "批示", "instructed"),
    ("ReportedAgain", "再次上报", "reported again"),
    ("CaseMerged", "并案", "merged"),
    ("CaseToldApart", "认定为不同事项", "told apart"),
    ("CaseLifted", "逐级上报", "lifted"),
    ("TeamFormed", "组建专班", "team formed"),
    ("DisputeOpened", "提出管辖争议", "dispute opened"),
    ("OpinionGiven", "提出意见", "opinion given"),
    ("OpinionMissing", "逾期未提意见", "opinion missing"),
    ("DisputeRuled", "裁定管辖", "ruled"),
    ("RulingContested", "对裁定提出异议", "ruling contested"),
    ("ConferenceConvened", "召开联席会议", "conference convened"),
    ("CaseRetyped", "更改事项类型", "retyped"),
    ("SeverityRaised", "提高紧急程度", "severity raised"),
    ("UnitsConsulted", "征求单位意见", "units consulted"),
    ("ComplaintFound", "作出调查结论", "finding recorded"),
    ("AccountOpened", "启动问责", "account opened"),
    ("ClockHeld", "计时中止", "clock held"),
    ("ClockResumed", "恢复计时", "clock resumed"),
    ("LimitExtended", "延长时限", "limit extended"),
    ("OperationPlanned", "行动立项", "operation planned"),
    ("UnitAdded", "增加参加单位", "another unit to be called"),
    ("UndoRegistered", "登记撤销", "undo registered"),
    ("UnitInvited", "邀请单位", "invited"),
    ("PartConfirmed", "确认参加", "comes, with people and vehicles"),
    ("PartDeclined", "不参加并说明理由", "does not come"),
    ("AnswersAssessed", "到期汇总答复", "answers counted at the limit"),
    ("OperationStarted", "行动开始", "begun"),
    ("UnitBriefed", "任务交底", "briefed"),
    ("BriefingRead", "已阅交底", "briefing read"),
    ("TeamCheckedIn", "队伍到场", "team is there"),
    ("TeamOrder", "下达指令", "order"),
    ("OrderAnswered", "答复指令", "order answered"),
    ("TeamFound", "上报发现", "found something"),
    ("OperationEnded", "行动结束", "ended"),
    ("ReleaseAsked", "通知解除", "to let go"),
    ("UnitsReleased", "已解除", "have let go"),
    ("ReleaseSettled", "人工确认解除", "release settled by hand"),
    ("OperationSummarised", "行动小结", "summed up"),
    ("NextPlanned", "安排下一次", "next one planned"),
    ("FollowUpAsked", "移交后续事项", "left to do"),
    ("WorkBegun", "后续事项立案", "cases begun"),
    ("ApprovalRequested", "提出申请", "applied for"),
    ("ReviewGiven", "审查意见", "opinion"),
    ("ReviewReminded", "提醒审查", "reminded"),
    ("SilenceReported", "报告逾期未审", "silence reported"),
    ("ItemsDecided", "作出决定", "decided"),
    ("ApprovalWithdrawn", "撤回申请", "taken back"),
    ("DecisionDrafted", "起草决定", "drafted"),
    ("DecisionClassed", "确定类别", "classed"),
    ("DraftVoided", "作废", "void"),
    ("FileSupplemented", "补充案卷", "file supplemented"),
    ("DecisionReviewed", "法制审核", "reviewed"),
    ("DecisionIssued", "作出并送达", "issued"),
    ("ExtractPublished", "公示", "published"),
    ("ActionDone", "执行", "action done"),
    ("CrimeTransferred", "移送司法", "transferred to justice"),
    ("TransferAnswered", "司法答复", "transfer answered"),
    ("OfficersObstructed", "妨碍执法", "officers obstructed"),
    ("PoliceAssisted", "公安协助", "police assisted"),
    ("FinePaid", "缴纳罚款", "fine paid"),
    ("OpinionAnswered", "答复监督意见", "supervision answered"),
    ("DecisionClosed", "结案", "closed"),
    ("DecisionWithdrawn", "撤回", "withdrawn"),
    ("DutyReminded", "提醒", "reminded"),
    ("DutyEscalated", "报告逾期", "silence reported"),
    ("SheetOpened", "启动问责", "sheet opened"),
    ("SheetReminded", "提醒", "reminded"),
    ("StatementGiven", "陈述申辩", "statement given"),
    ("StatementMissing", "逾期未陈述", "statement missing"),
    ("OutcomeDecided", "作出处理", "decided"),
    ("OutcomePublished", "通报", "published"),
    ("InspectionOpened", "开始检查", "stop opened"),
    ("FindingAssigned", "指定处理单位", "finding assigned"),
    ("FindingSettled", "处理完毕", "finding settled"),
    ("FindingRevoked", "撤销处理", "finding revoked"),
    ("PenaltyChosen", "择一处罚", "penalty chosen"),
    ("VehicleSeized", "扣押车辆", "vehicle seized"),
    ("SeizureEnded", "解除扣押", "seizure ended"),
];

/// The word of a duty, and what somebody has to do by it.
const DUTIES: &[(&str, &str, &str)] = &[
    ("assign", "指定牵头单位", "name the lead"),
    ("accept", "报到或说明理由", "report for duty or refuse"),
    ("arrive", "到场", "arrive"),
    ("dispose", "处置", "do its part"),
    ("declare", "申报办结", "declare the matter disposed"),
    ("confirm", "确认或退回", "confirm it or send it back"),
    ("answer", "批示直报事项", "answer the direct report"),
    ("opine", "就管辖提出意见", "say whose matter it is"),
    ("rule", "裁定管辖", "rule whose matter it is"),
    ("find", "作出调查结论", "find whether the complaint is right"),
    ("join", "回复是否参加", "say whether it comes"),
    ("gather", "召集足够单位", "find enough units"),
    ("lead", "指挥行动", "lead it to its end"),
    ("read", "阅读任务说明", "read the briefing"),
    ("check_in", "到场签到", "check in"),
    ("answer_order", "回复指令", "answer an order"),
    ("let_go", "解除占用", "let go"),
    ("review", "法制审核", "review the file"),
    ("criminal", "答复移送", "answer the transfer"),
    ("supervision", "答复监督意见", "answer the supervisor"),
    ("act", "处理", "do its part"),
    ("state", "陈述申辩", "state its case"),
    ("decide", "作出处理", "decide what follows"),
    ("settle", "处理问题", "settle the finding"),
    ("choose", "择一处罚", "choose which penalty stands"),
];

fn found<'a>(table: &'a [(&str, &str, &str)], name: &str, lang: Lang) -> Option<&'a str> {
    let row = table.iter().find(|(word, ..)| *word == name)?;
    Some(lang.pick(row.1, row.2))
}

/// What a type of envelope says; one that has no words has its name, taken apart.
pub fn fact(lang: Lang, kind: &str) -> String {
    let name = kind.rsplit('.').next().unwrap_or_default();
    found(FACTS, name, lang).map_or_else(|| apart(name), str::to_owned)
}

/// What somebody has to do.
pub fn duty(lang: Lang, duty: &str) -> String {
    found(DUTIES, duty, lang).map_or_else(|| duty.replace('_', " "), str::to_owned)
}

/// The same, of a case.
pub fn owed(lang: Lang, owed: Duty) -> String {
    match owed.as_str_name().trim_start_matches("DUTY_") {
        "UNSPECIFIED" => duty(lang, "act"),
        name => duty(lang, &name.to_lowercase()),
    }
}

/// `TaskAccepted`: `task accepted`.
fn apart(name: &str) -> String {
    let mut text = String::new();
    for one in name.chars() {
        if one.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(one.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn each_has_words_in_both_languages_and_is_there_once() {
        for table in [FACTS, DUTIES] {
            let mut names: Vec<_> = table.iter().map(|(name, ..)| name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.len());
            for (name, zh, en) in table {
                assert!(!zh.is_ascii() && en.is_ascii() && !en.is_empty(), "{name}");
            }
        }
    }

    /// The messages of a noun's facts, but for those that are parts of others.
    fn said(noun: &str, file: &str) -> Vec<String> {
        const PARTS: [&str; 5] =
            ["TeamMember", "ActionRule", "NotProven", "DecisionRef", "DocumentRef"];
        let file = format!("../../proto/muster/{noun}/v1/{file}.proto");
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        let text = text.unwrap();
        let names = text.lines().filter_map(|line| line.strip_prefix("message "));
        let names = names.filter_map(|name| name.split([' ', '{']).next());
        let is_part = |name: &str| {
            let words = name.chars().filter(char::is_ascii_uppercase).count();
            (words < 2 && !["Reminded", "Urged"].contains(&name))
                || name.ends_with("Ground")
                || PARTS.contains(&name)
        };
        names.filter(|name| !is_part(name)).map(str::to_owned).collect()
    }

    #[test]
    fn every_message_that_is_a_fact_has_words() {
        let of_cases = ["fact", "dispute", "finding", "ladder", "local", "timing"];
        let cases = of_cases.iter().flat_map(|file| said("case", file));
        let others = ["operation", "decision", "inspection"];
        let all: Vec<_> = cases.chain(others.iter().flat_map(|noun| said(noun, "fact"))).collect();
        assert!(all.len() > 80, "{all:?}");
        for name in all {
            assert!(found(FACTS, &name, Lang::En).is_some(), "{name} has no words");
        }
    }

    #[test]
    fn every_duty_of_a_case_has_words() {
        for number in 0.. {
            let Ok(duty) = Duty::try_from(number) else { break };
            assert!(!owed(Lang::Zh, duty).is_ascii(), "{duty:?}");
        }
    }

    #[test]
    fn what_has_no_words_has_its_name() {
        assert_eq!(fact(Lang::Zh, "muster.case.v1.TaskAccepted"), "报到");
        assert_eq!(fact(Lang::En, "muster.case.v9.NewThing"), "new thing");
        assert_eq!(duty(Lang::En, "check_in"), "check in");
    }
}
