//! Plain words for where something stands: English, and Chinese where the matter is one of the city's.

use console::{Lang, facts};
use proto::{bus::EnvelopeState, case::Duty, whistle::CaseStage};

/// The same in two languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Words {
    fn of(en: impl Into<String>, zh: impl Into<String>) -> Words {
        Words { en: en.into(), zh: zh.into() }
    }

    /// What is said in each of the two.
    pub fn said(say: impl Fn(Lang) -> String) -> Words {
        Words { en: say(Lang::En), zh: say(Lang::Zh) }
    }

    /// Both, in one line; what is the same in both, once.
    pub fn both(&self) -> String {
        match self.en == self.zh {
            true => self.en.clone(),
            false => format!("{} {}", self.en, self.zh),
        }
    }
}

/// Where a case stands.
pub fn stage(stage: CaseStage) -> Words {
    match stage {
        CaseStage::Raised => Words::of("the whistle is taken", "已吹哨"),
        CaseStage::Assigning => Words::of("a lead has to be named", "待指定牵头单位"),
        CaseStage::Disputed => Words::of("it is in dispute whose matter it is", "管辖争议，待裁定"),
        CaseStage::Called => Words::of("units are called", "已呼叫单位，待报到"),
        CaseStage::Working => Words::of("units are at work", "处置中"),
        CaseStage::Finding => Words::of("a complaint is looked into", "投诉调查中"),
        CaseStage::Confirming => Words::of("the community has the word", "待社区确认"),
        CaseStage::Closed => Words::of("it is closed", "已办结"),
        CaseStage::Unspecified => Words::of("it is not said", "未知"),
    }
}

/// What somebody owes.
pub fn duty(duty: Duty) -> Words {
    Words::said(|lang| facts::owed(lang, duty))
}

/// What happens next in a case of this stage.
pub fn next(stage: CaseStage, owner: &str) -> Words {
    match stage {
        CaseStage::Raised => {
            Words::of("the worker decides the route and calls", "系统确定处置路线")
        }
        CaseStage::Assigning => {
            Words::of(format!("{owner} names the lead"), format!("由 {owner} 指定牵头单位"))
        }
        CaseStage::Disputed => Words::of(
            format!("the units say whose matter it is, and {owner} rules"),
            format!("各单位提出意见，由 {owner} 裁定"),
        ),
        CaseStage::Called => Words::of("the called units report for duty", "被呼叫单位报到"),
        CaseStage::Working => {
            Words::of("the units finish, and the lead declares", "各单位处置，牵头单位申报办结")
        }
        CaseStage::Finding => {
            Words::of(format!("{owner} records a finding"), format!("由 {owner} 作出调查结论"))
        }
        CaseStage::Confirming => {
            Words::of(format!("{owner} confirms or sends back"), format!("由 {owner} 确认或退回"))
        }
        CaseStage::Closed => Words::of("nothing", "无"),
        CaseStage::Unspecified => Words::of("it is not known", "未知"),
    }
}

/// Where an envelope stands: for whom it is, who owes, until when, behind which place.
pub fn state(state: EnvelopeState, recipient: &str, behind: u64, until: &str) -> Words {
    match state {
        EnvelopeState::Early => {
            Words::of(format!("it is not delivered before {until}"), format!("{until} 之前不投递"))
        }
        EnvelopeState::Waiting => Words::of(
            format!("it waits in the mailbox of {recipient}"),
            format!("在 {recipient} 的信箱中等候"),
        ),
        EnvelopeState::Behind => Words::of(
            format!("it waits in the mailbox of {recipient} behind place {behind} of its subject"),
            format!("在 {recipient} 的信箱中，排在同一事项的第 {behind} 号之后"),
        ),
        EnvelopeState::InHand => Words::of(
            format!("{recipient} has it in hand until {until}"),
            format!("{recipient} 已取走，{until} 前签收"),
        ),
        EnvelopeState::Parked => {
            Words::of("it is parked and waits for a person", "滞留，等待人工处理")
        }
        EnvelopeState::Acknowledged => Words::of(
            "its recipient has it, or there is none; not all followers of the record do",
            "收件方已签收，记录跟随者尚未全部收到",
        ),
        EnvelopeState::Settled => {
            Words::of("everybody who must have it has it", "所有应收方均已收到")
        }
        EnvelopeState::Unspecified => Words::of("it is not said", "未知"),
    }
}

/// What happens next with an envelope.
pub fn onward(state: EnvelopeState, recipient: &str, owed: &str, behind: u64) -> Words {
    match state {
        EnvelopeState::Early | EnvelopeState::Waiting => Words::of(
            format!("{recipient} takes it and acknowledges it"),
            format!("由 {recipient} 取走并签收"),
        ),
        EnvelopeState::Behind => Words::of(
            format!("place {behind} is acknowledged or decided about, then this one is delivered"),
            format!("第 {behind} 号办妥后投递"),
        ),
        EnvelopeState::InHand => Words::of(
            format!("{recipient} acknowledges it, or it is delivered again"),
            format!("{recipient} 签收，否则重新投递"),
        ),
        EnvelopeState::Parked => Words::of(
            format!("{owed} puts it back or skips it"),
            format!("由 {owed} 退回信箱或跳过"),
        ),
        EnvelopeState::Acknowledged => {
            Words::of(format!("{owed} takes it into its journal"), format!("由 {owed} 记入日志"))
        }
        EnvelopeState::Settled => Words::of("nothing", "无"),
        EnvelopeState::Unspecified => Words::of("it is not known", "未知"),
    }
}
