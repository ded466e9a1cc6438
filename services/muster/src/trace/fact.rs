//! What can be said about a case and what begins in one, in a word or two of both languages.

use super::other;
use crate::operate::words::Words;

/// Every type of `muster.case.v1` that is said about a case, with its words.
const FACTS: [(&str, &str, &str); 42] = [
    ("WhistleRaised", "whistle", "吹哨"),
    ("CaseRouted", "routed", "确定处置路线"),
    ("CaseAssigned", "lead named", "指定牵头单位"),
    ("CaseHandedOver", "handed over", "移交"),
    ("CaseTransferred", "transferred", "移送"),
    ("UnitCalled", "called", "呼叫单位"),
    ("TaskAccepted", "reported for duty", "报到"),
    ("TaskRefused", "refused", "拒绝并说明理由"),
    ("TaskArrived", "arrived", "到场"),
    ("TaskDisposed", "did its part", "处置完毕"),
    ("ActedByProxy", "acted in its place", "代为处置"),
    ("CaseDeclared", "declared disposed", "申报办结"),
    ("CaseConfirmed", "confirmed", "社区确认"),
    ("CaseSentBack", "sent back", "退回"),
    ("CaseClosed", "closed", "结案"),
    ("CaseWithdrawn", "withdrawn", "撤回"),
    ("Reminded", "reminded", "提醒"),
    ("Urged", "urged", "督办"),
    ("PartyPressed", "urged by hand", "人工督办"),
    ("FirstPersonNoticed", "first person told", "告知主要负责人"),
    ("DirectReportOpened", "direct report opened", "开启直报"),
    ("ReportedToGovernment", "reported to the government", "直报政府"),
    ("GovernmentInstructed", "instructed", "批示"),
    ("ReportedAgain", "reported again", "再次上报"),
    ("CaseMerged", "merged", "并案"),
    ("CaseToldApart", "told apart", "认定为不同事项"),
    ("CaseLifted", "lifted", "逐级上报"),
    ("TeamFormed", "team formed", "组建专班"),
    ("DisputeOpened", "dispute opened", "提出管辖争议"),
    ("OpinionGiven", "opinion given", "提出意见"),
    ("OpinionMissing", "opinion missing", "逾期未提意见"),
    ("DisputeRuled", "ruled", "裁定管辖"),
    ("RulingContested", "ruling contested", "对裁定提出异议"),
    ("ConferenceConvened", "conference convened", "召开联席会议"),
    ("CaseRetyped", "retyped", "更改事项类型"),
    ("SeverityRaised", "severity raised", "提高紧急程度"),
    ("UnitsConsulted", "units consulted", "征求单位意见"),
    ("ComplaintFound", "finding recorded", "作出调查结论"),
    ("AccountOpened", "account opened", "启动问责"),
    ("ClockHeld", "clock held", "计时中止"),
    ("ClockResumed", "clock resumed", "恢复计时"),
    ("LimitExtended", "limit extended", "延长时限"),
];

/// The words for a type; the type itself where there are none.
pub(super) fn words(kind: &str) -> Words {
    let name = kind.rsplit('.').next().unwrap_or_default();
    let mut all = FACTS.iter().chain(&other::FACTS);
    let found = all.find(|(fact, _, _)| *fact == name);
    let (en, zh) = found.map_or((kind, ""), |(_, en, zh)| (*en, *zh));
    Words { en: en.to_owned(), zh: zh.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_words_and_what_is_none_has_its_name() {
        assert_eq!(words("muster.case.v1.TaskAccepted").zh, "报到");
        assert_eq!(words("muster.case.v1.New").en, "muster.case.v1.New");
        let mut names: Vec<_> = FACTS.iter().map(|(fact, _, _)| fact).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FACTS.len());
    }
}
