//! The words of closed lists in Chinese, for sentences.

use domain::{
    case::{Body, Channel, Duty, Level, Severity},
    operation::{Ending, Sort},
};

/// What somebody has to do.
pub(crate) fn duty(duty: Duty) -> &'static str {
    match duty {
        Duty::Assign => "指定牵头单位",
        Duty::Accept => "报到或说明理由",
        Duty::Arrive => "到场",
        Duty::Dispose => "处置",
        Duty::Declare => "申报办结",
        Duty::Confirm => "确认或退回",
        Duty::Answer => "批示直报事项",
        Duty::Opine => "就管辖提出意见",
        Duty::Rule => "裁定管辖",
        Duty::Find => "作出调查结论",
    }
}

/// Through which channel something came in.
pub(crate) fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Grid => "网格",
        Channel::Community => "社区",
        Channel::Hotline => "热线（12319）",
        Channel::Citizen => "群众举报",
        Channel::Leader => "领导交办",
        Channel::Proposal => "建议提案",
        Channel::Petition => "信访",
        Channel::Patrol => "巡查",
        Channel::Sensor => "感知设备",
        Channel::Inspection => "督查反馈",
        Channel::Campaign => "专项行动摸排",
        Channel::Approval => "联审联批",
        Channel::Operation => "联合执法",
    }
}

/// How bad it is.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Normal => "一般",
        Severity::Serious => "严重",
        Severity::Emergency => "紧急",
    }
}

/// A level of the patrol (三级联动).
pub(crate) fn level(level: Level) -> &'static str {
    match level {
        Level::Community => "社区级",
        Level::Subdistrict => "办事处级",
        Level::City => "市级",
    }
}

/// Who has ruled.
pub(crate) fn body(body: Body) -> &'static str {
    match body {
        Body::Office => "领导小组办公室",
        Body::Government => "市政府",
        Body::Conference => "联席会议",
    }
}

/// What sort of order.
pub(crate) fn sort(sort: Sort) -> &'static str {
    match sort {
        Sort::Order => "指令",
        Sort::Reassign => "调整地点指令",
        Sort::Assist => "支援请求",
        Sort::HandOver => "移交",
    }
}

/// How an operation has ended.
pub(crate) fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Over => "行动到时结束",
        Ending::Stopped => "行动提前结束",
        Ending::Aborted => "行动取消",
        Ending::NoQuorum => "参加单位始终不足，行动结束",
    }
}
