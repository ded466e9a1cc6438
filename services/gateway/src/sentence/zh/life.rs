//! The sentences for what is said when a case does not go as it should: 督办、直报、批示、争议、裁定、
//! 会商、问责.

use domain::case::{Body, Dispute, Finding, Ladder, Timing, ground::Ground};

use super::{super::Speech, named, phrase, words};

pub(super) fn ladder(say: Speech<'_>, ladder: &Ladder) -> String {
    match ladder {
        Ladder::Pressed { party, note, pressed_by, .. } => {
            format!("{}督办{}{}", say.party(pressed_by), say.party(party), say.after(note))
        }
        Ladder::Noticed { rung, contact } => {
            let (who, duty) = (say.party(&rung.party), words::duty(rung.duty));
            let first = match contact.as_str() {
                "" => String::new(),
                contact => format!("（{contact}）"),
            };
            let due = say.time(rung.due);
            format!("告知{who}第一责任人{first}：逾期未{duty}，时限为 {due}")
        }
        Ladder::RightOpened { unit, due, .. } => {
            let (who, due) = (say.unit(unit), say.time(*due));
            format!("社区可直接向市政府报告：{who}应于 {due} 前办结")
        }
        Ladder::Reported { against, reason, reported_by, is_answered_before, .. } => {
            let (who, against) = (say.party(reported_by), say.units(against));
            let before = if *is_answered_before { "（报告送达前已处置）" } else { "" };
            format!("{who}就{against}直接向市政府报告{before}{}", say.after(reason))
        }
        Ladder::Instructed { lead, text, instructed_by, .. } => {
            let (who, lead) = (say.party(instructed_by), say.unit(lead));
            format!("{who}批示{lead}办理{}", say.after(text))
        }
        Ladder::Withdrawn { reason, withdrawn_by, .. } => {
            format!("{}撤回案件{}", say.party(withdrawn_by), say.after(reason))
        }
    }
}

pub(super) fn dispute(say: Speech<'_>, dispute: &Dispute) -> String {
    match dispute {
        Dispute::Transferred { from, to, reason, .. } => {
            format!("{}移送{}{}", say.unit(from), say.unit(to), say.after(reason))
        }
        Dispute::Opened { units, reason, owner, .. } => {
            let (owner, reason) = (say.party(owner), phrase::after(say, reason));
            let asked = match units.as_slice() {
                [] => String::new(),
                units => format!("，征求{}意见", say.units(units)),
            };
            format!("发生管辖争议，由{owner}裁定{asked}{reason}")
        }
        Dispute::Opinion { unit, text, named_unit, .. } => {
            let (unit, text) = (say.unit(unit), say.after(text));
            format!("{unit}提出意见{text}{}", named(say, named_unit.as_ref()))
        }
        Dispute::Silent { unit, .. } => format!("{}逾期未提出意见", say.unit(unit)),
        Dispute::Ruled { lead, reason, body, ruled_by, .. } => {
            let (who, lead) = (say.party(ruled_by), say.unit(lead));
            let of = match body {
                Body::Office | Body::Government => "",
                Body::Conference => "按联席会议决定",
            };
            format!("{who}{of}裁定由{lead}牵头{}", say.after(reason))
        }
        Dispute::Contested { unit, reason, .. } => {
            format!("{}对裁定提出异议{}", say.unit(unit), say.after(reason))
        }
        Dispute::Convened { agenda, .. } => {
            format!("提请联席会议审议{}", phrase::after(say, agenda))
        }
        Dispute::Retyped { unit, issue_type, grid, reason, .. } => {
            let place = grid.as_ref().map(|grid| format!("，位于网格 {grid}")).unwrap_or_default();
            let (unit, issue) = (say.unit(unit), say.issue(issue_type));
            format!("{unit}认为事项类型应为{issue}{place}{}", say.after(reason))
        }
        Dispute::Raised { severity, reason, raised_by, .. } => {
            let (who, word) = (say.party(raised_by), words::severity(*severity));
            format!("{who}将严重程度提高为{word}{}", say.after(reason))
        }
    }
}

pub(super) fn timing(say: Speech<'_>, timing: &Timing) -> String {
    match timing {
        Timing::Held { unit, reason, decided_by, .. } => {
            format!("{}暂停{}计时{}", say.party(decided_by), say.unit(unit), say.after(reason))
        }
        Timing::Resumed { unit, decided_by, .. } => {
            format!("{}恢复{}计时", say.party(decided_by), say.unit(unit))
        }
        Timing::Extended { unit, duty, by_ms, reason, decided_by, .. } => {
            let (who, minutes, duty) = (say.party(decided_by), by_ms / 60_000, words::duty(*duty));
            let reason = say.after(reason);
            format!("{who}将{}{duty}的时限延长 {minutes} 分钟{reason}", say.unit(unit))
        }
    }
}

pub(super) fn finding(say: Speech<'_>, finding: &Finding) -> String {
    match finding {
        Finding::Consulted { units, reason, .. } => {
            format!("召集{}会商{}", say.units(units), phrase::after(say, reason))
        }
        Finding::Found { is_upheld, text, found_by, .. } => {
            let word = if *is_upheld { "属实" } else { "不属实" };
            format!("{}作出调查结论，投诉{word}{}", say.party(found_by), say.after(text))
        }
        Finding::Accounted { unit, grounds, .. } => {
            let grounds: Vec<String> = grounds.iter().map(|one| ground(say, one)).collect();
            format!("开列{}的事实清单：{}", say.unit(unit), grounds.join("；"))
        }
    }
}

/// What is so, and nothing about whose doing it is.
pub(in super::super) fn ground(say: Speech<'_>, ground: &Ground) -> String {
    match ground {
        Ground::Late { round, duty, due, urged_at } => {
            let (duty, due, urged) = (words::duty(*duty), say.time(*due), say.time(*urged_at));
            format!("第 {round} 轮{duty}的时限为 {due}，于 {urged} 督办")
        }
        Ground::Reworked { times } => format!("申报办结后被社区退回 {times} 次"),
        Ground::Reported { reported_at } => {
            format!("社区于 {} 直接向市政府报告", say.time(*reported_at))
        }
        Ground::Evaded { times } => {
            format!("裁定后仍不接受此类事项，在全部案件中共 {times} 次")
        }
        Ground::Upheld { found_at } => format!("{} 认定投诉属实", say.time(*found_at)),
    }
}
