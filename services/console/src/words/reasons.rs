//! Why something is refused, in Chinese: what is wrong, and what would be right.
//!
//! The roles say it in English, with the particulars: which unit, which number, which limit. A page in
//! Chinese says the sentence of the reason first and the words of the role below it, smaller; a
//! reason that has no sentence here is shown in the words of the role alone. The reasons that the
//! roles' protos document for what the console asks are all here: a test reads them there.

/// The sentence for a reason; none where it has none.
pub(crate) fn sentence(reason: &str) -> Option<&'static str> {
    REASONS.iter().find(|(code, _)| *code == reason).map(|(_, text)| *text)
}

/// The reasons by their codes, in the order of the alphabet.
const REASONS: &[(&str, &str)] = &[
    ("ALREADY_ANSWERED", "该事项已经答复或裁定，不能再次作出；请刷新页面查看结果。"),
    ("ALREADY_CHECKED_IN", "队伍已经签到，无需重复签到。"),
    ("ALREADY_CONFIRMED", "贵单位已对该对象作出同一决定，不能重复登记。"),
    ("ALREADY_DECLINED", "贵单位已答复不参加。"),
    ("ALREADY_ENDED", "行动已经结束，不能再作更改。"),
    ("ALREADY_EXTENDED", "以同一理由作出的同样延长已经有了；如需再延长，请写明新的理由。"),
    ("ALREADY_FOUND", "该项发现已经上报。"),
    ("ALREADY_HELD", "该单位的计时已经暂停；如需变更，请先恢复计时。"),
    ("ALREADY_INVITED", "该单位已在邀请之列。"),
    ("ALREADY_MERGED", "该案件已经并案，请在承接的案件中办理。"),
    ("ALREADY_REPORTED", "已经直接向市政府报告，请等待批示。"),
    ("ALREADY_RESERVED", "所列人员或车辆在该时段已安排给其他行动，请另行安排。"),
    ("AREA", "行动地点填写有误：请至少填写一个网格或街道，且不超过上限。"),
    ("ASKS_ITSELF", "不能向本单位询问，请选择其他单位。"),
    ("BOUND_BY_RULING", "已裁定由贵单位牵头，不能拒绝；如有异议，可提请联席会议。拒绝已记录在案。"),
    ("CASE_CLOSED", "案件已经办结，不能再作更改；如问题仍在，请重新吹哨。"),
    ("CASE_DECIDED", "案件的结果已定，不能再作更改。"),
    ("CASE_MERGED", "该案件已经并案，请在承接的案件中办理。"),
    ("CASE_WITHDRAWN", "案件已经撤回，不能再办理。"),
    ("CLAIMED_MEANWHILE", "该任务已由他人认领，请刷新页面查看由谁办理。"),
    ("CLOCK_DECIDED_MEANWHILE", "同时有另一项计时决定正在处理，请稍后再试。"),
    ("CLOCK_ENDED", "该单位已处置完毕，计时已经结束。"),
    ("COMPLAINT_MISSING", "此类事项须写明投诉哪个单位。"),
    ("DEADLINE_PASSED", "答复期限已经过去，请填写以后的时间。"),
    ("DEADLINE_TOO_FAR", "答复期限过远，请填写较近的时间。"),
    ("DESCRIPTION_MISSING", "没有写明内容，请填写，不超过规定字数。"),
    ("DIGEST_MISMATCH", "上传的文件不完整或已改变，请重新上传。"),
    ("DISPUTE_OVER", "管辖争议已经结束，不再征求意见。"),
    ("DUTY_OF_NO_UNIT", "该项不是单位的职责，只能延长单位自身职责的时限。"),
    ("EMPTY_UPLOAD", "上传的文件是空的，请重新选择文件。"),
    ("EVERY_DAYS", "重复间隔填写有误：应为 1 至 366 天，且前一次结束后才开始下一次。"),
    ("EVIDENCE_MALFORMED", "所附照片无法读取，请重新选择照片。"),
    ("EVIDENCE_MISSING", "缺少证据：请按要求上传照片或文件后再提交。"),
    ("FINDINGS_MISSING", "没有填写发现的问题，请至少填写一项。"),
    ("FINDING_MISSING", "投诉须先作出调查结论，不能撤回或直接办结。"),
    ("GOAL_MISSING", "没有填写行动目标，请填写 1 至 300 字。"),
    ("GRID_MISSING", "没有填写网格：对方队伍不在同一任务交底中，请填写地点所在的网格。"),
    ("GRID_NOT_OF_ROAD", "该网格不在所选路段上，请核对网格或路段。"),
    ("GRID_OF_ANOTHER_COMMUNITY", "该网格属于其他社区，只能就本社区的网格吹哨。"),
    ("HAPPENS_LATER", "所填时间晚于现在，请核对时间。"),
    ("HOLD_WITHOUT_LIMIT", "本市没有规定暂停的期限，不能暂停计时。"),
    ("INSTRUCTION_BINDS", "市政府已批示由贵单位办理，不能拒绝。"),
    ("ITEM_TWICE", "同一后续事项填写了两次，请保留一项。"),
    ("KEY_MISSING", "缺少查询依据，请按登记册要求填写编号。"),
    ("LIMIT_MISSING", "没有填写时限，请填写完成时限。"),
    ("LIMIT_TOO_LONG", "时限过长，请填写较短的时限。"),
    ("LOG_CHANGED", "总线记录已更换，请刷新页面后再处理。"),
    ("MAILBOX_FULL", "收件方的信箱已满；请收件方尽快取走信件，取走后自动继续。"),
    ("MALFORMED_ID", "编号填写有误，请核对后再填。"),
    ("MALFORMED_LENGTH", "时长填写有误，请填写大于零的时长。"),
    ("MALFORMED_MESSAGE", "请求无法识别，请刷新页面后再提交。"),
    (
        "MALFORMED_PLATE",
        "号牌填写有误：应为省份简称、发牌机关字母，再加五至六位字母或数字，末位可为挂、学、警、港、澳。",
    ),
    ("MALFORMED_TOKEN", "分页位置无效，请从第一页重新查看。"),
    ("MERGE_INTO_ITSELF", "不能并入本案自身，请填写另一个案件编号。"),
    ("MISSING_FIELD", "有必填项没有填写，请补充后再提交。"),
    ("MOVES_NOTHING", "步骤已经送出，但记录没有变化。"),
    ("NOTHING_MORE", "没有填写延长多少，请填写大于零的时长。"),
    ("NOTHING_OWED", "该方目前没有待办事项，无需督办。"),
    ("NOTHING_TO_DO", "贵单位在该任务中的部分已经结束，无需认领。"),
    ("NOTHING_TO_READ", "还没有任务交底可阅。"),
    ("NOTHING_UNRESOLVED", "被通知的单位都已处置，没有可直接报告的事项；如不满意，请退回重办。"),
    ("NOTHING_WAITS", "该单位没有等待解除的占用。"),
    ("NOT_ANOTHER_TEAM", "请求支援或移交须发给另一个参加单位的队伍。"),
    ("NOT_A_COMMUNITY", "只有社区可以这样做。"),
    ("NOT_A_COMPLAINT", "该案件不是投诉，不能按投诉办理。"),
    ("NOT_A_MEMBER", "该单位不参加本次行动。"),
    ("NOT_A_READER", "贵单位无权查看这些通知；可按案件编号查看本单位有权查看的案件的通知。"),
    ("NOT_A_UNIT", "只有单位可以这样做。"),
    ("NOT_CLAIMED", "该任务无人认领，不能退还。"),
    ("NOT_CONFIRMED", "贵单位尚未确认参加，请先确认参加。"),
    ("NOT_HELD", "该单位的计时没有暂停，无需恢复。"),
    ("NOT_HOSTED_HERE", "该单位的服务不在这里，请到该单位的系统办理。"),
    ("NOT_IN_MAILBOX", "该信封已不在信箱中，请刷新页面查看。"),
    ("NOT_IN_THE_RECORD", "所送的信件尚未进入总线记录。"),
    ("NOT_LATE", "该方尚未超时，超时后才能督办。"),
    ("NOT_OPEN", "该项已处理，不再等待决定。"),
    ("NOT_PARKED", "该信封没有滞留，无需处理；请刷新页面查看。"),
    ("NOT_PROPOSED", "所填案件没有被列为疑似重复，或已认定为不同事项。"),
    ("NOT_REPORTED", "该案件没有直接报告，不能批示。"),
    (
        "NOT_REPORTED_TO_A_DEPARTMENT",
        "尚未有部门被通知办理；须先向部门吹哨，逾期未办结才能直接报告。",
    ),
    ("NOT_SHARED", "该单位没有向您直接开放这份证据；请在您可以查看的案件中打开。"),
    ("NOT_STARTED", "行动尚未开始，请在开始后再做。"),
    ("NOT_THE_ASSIGNER", "贵单位无权指定本案的牵头单位，应由有权指定的办公室办理。"),
    ("NOT_THE_GOVERNMENT", "只有市政府可以批示。"),
    ("NOT_THE_JUDGE", "本投诉不由贵单位作出结论，应由负责调查的办公室办理。"),
    ("NOT_THE_LEAD", "只有牵头单位可以这样做。"),
    ("NOT_THE_OFFICE", "只有领导小组办公室、市政府或所在街道可以督办。"),
    ("NOT_THE_RULER", "本争议不由贵单位裁定，应由负责裁定的办公室或市政府办理。"),
    ("NOT_THE_TIMER", "贵单位无权决定本案的计时。"),
    ("NOT_TOLD", "流程无法启动或收不到通知。"),
    ("NOT_WAITING", "该来件已经处理，不再等待人工；请刷新页面查看结果。"),
    ("NOT_YOURS", "不属于贵单位，不能查看或办理。"),
    ("NOT_YOUR_CASE", "不是贵单位的案件，不能查看或办理。"),
    ("NOT_YOUR_OPERATION", "不是贵单位的行动，不能查看或办理。"),
    ("NO_PARTY", "没有本市颁发的证书，系统不能确认身份；请联系管理员。"),
    ("NO_POLICY", "按照本市的权限规则，贵单位不能这样做。"),
    ("NO_RULING", "没有裁定，无从提出异议。"),
    ("NO_SUCH_RIGHT", "本市没有直接报告的规定。"),
    ("OFFSET_MISMATCH", "上传没有接上，请重新上传。"),
    ("ON_ITS_WAY", "上一项决定正在送达，请稍后再试。"),
    ("OPINIONS_OUTSTANDING", "有单位尚未提出意见且期限未到，请在意见齐备或期限届满后裁定。"),
    ("OPINION_GIVEN", "贵单位已提出意见，不能重复提出。"),
    ("OPINION_MISSING", "没有填写意见，请写明应由谁负责及理由，不超过规定字数。"),
    ("OTHER_ISSUE_TYPE", "两案的事项类型不同，不能并案。"),
    ("OTHER_REMEDY", "该项不能这样处理，请选择页面所列的处理方式。"),
    ("OTHER_SUBJECT", "这类事项没有流程图。"),
    ("OTHER_TIME", "该项时限的计时方式不同：按工作时间的填工作时间，其他的填自然时间。"),
    ("OVER_QUOTA", "发件方超出限额，请稍后再试。"),
    ("PANICKED", "步骤因系统内部错误中断，请联系管理员。"),
    ("PEOPLE_MISSING", "没有填写人员，请至少填写一人。"),
    ("PERIOD_MISSING", "没有选择统计时段，请选择起止时间。"),
    ("PLACE_MISSING", "没有填写地点，请填写检查地点。"),
    ("POWER_MISSING", "当场决定的事项有空行或过长，请每行写明一项。"),
    ("PURPOSE_MISSING", "没有写明询问目的，请填写。"),
    ("PURPOSE_NOT_ALLOWED", "按照规定，该目的不能查询此登记册。"),
    ("QUESTION_MISSING", "没有填写询问内容，请填写。"),
    ("QUORUM", "最少单位数填写有误：应在 1 与参加单位数之间。"),
    ("RATED_TWICE", "同一单位评了两次，请只评一次。"),
    ("RATING_MISSING", "有单位没有评星，请为每个被通知的单位评星。"),
    ("RATING_OF_UNCALLED_UNIT", "所评单位没有被通知，请只评被通知的单位。"),
    ("REASON_MISSING", "没有填写理由，请写明理由，不超过规定字数。"),
    ("RELEASED", "贵单位已解除占用，不能再作更改。"),
    ("REPORTED_MEANWHILE", "此刻正有新的举报，请再试一次。"),
    ("REPORT_ON_ITS_WAY", "直接报告正在送达，请稍后再试。"),
    ("REQUEST_ID_REUSED", "该请求编号已用于另一次提交，请重新打开页面再提交。"),
    ("RULING_IS_FINAL", "联席会议的裁定是最终裁定，不能再提出异议。"),
    ("SAME_AND_DIFFERENT", "同一案件不能既认定为同一事项又认定为不同事项。"),
    ("SAME_ISSUE_TYPE", "所填类型与原类型相同，请选择应有的类型。"),
    ("SEEN_IN_THE_FUTURE", "发现时间晚于现在，请核对时间。"),
    ("SEVERITY_NOT_RAISED", "严重程度没有提高，请选择比现在更高的程度。"),
    ("SILENT", "流程没有响应：已经通知，但一直没有查看。"),
    ("STARS_OUT_OF_RANGE", "评星填写有误，请填写 1 至 5 星。"),
    ("STARTING", "系统正在启动，请稍后再试。"),
    ("STOPPING", "系统正在停机，请稍后再试。"),
    ("STORE_FAILED", "数据无法写入磁盘，请检查磁盘。"),
    ("STORE_FULL", "证据库已满，请稍后再传或联系管理员。"),
    (
        "STORE_NOT_CONFIGURED",
        "网关没有配置该单位服务的地址，无法取得这份证据；请告知系统管理员补上配置。",
    ),
    ("STORE_REFUSES", "保存这份证据的单位没有允许网关读取；请告知系统管理员核对该单位的权限配置。"),
    ("STORE_UNREACHABLE", "保存这份证据的单位的服务现在连不上，请稍后再试。"),
    ("SUMMARY_MISSING", "没有填写处置情况，请写明做了什么，不超过规定字数。"),
    ("TEXT_MISSING", "没有填写内容，请写明，不超过规定字数。"),
    ("TEXT_TOO_LONG", "文字过长，请缩短后再提交。"),
    ("TOO_BUSY", "系统繁忙，请稍后再试。"),
    ("TOO_EARLY", "时间过早：未到可以办理的时候，或所填时间早于允许的时间。"),
    ("TOO_FEW", "所派人员或车辆少于要求的数量。"),
    ("TOO_LARGE", "提交的内容过大，请减少后再提交。"),
    ("TOO_LONG", "文字过长，请缩短后再提交。"),
    ("TOO_MANY", "所填数量超过上限，请减少。"),
    ("TOO_MANY_CASES", "涉及案件过多，请缩小范围或时段。"),
    ("TOO_MANY_DECISIONS", "本案的计时决定已达上限。"),
    ("TOO_MANY_FINDINGS", "发现的数量已达上限。"),
    ("TOO_MANY_INSPECTIONS", "对同一对象的检查次数已达上限。"),
    ("TOO_MANY_ORDERS", "本次行动的指令已达上限。"),
    ("TOO_MANY_REPORTS", "本案的举报次数已达上限。"),
    ("TOO_MANY_STEPS", "步骤过多，不能绘图；请在办理过程中查看。"),
    ("TOO_MANY_UNITS", "参加单位已达上限。"),
    ("TOO_MANY_URGINGS", "对该方的督办次数已达上限。"),
    ("TOO_MANY_WATCHES", "打开的实时页面过多，请关闭一些。"),
    ("TOO_MANY_WORKS", "后续事项已达上限，请分批提交。"),
    ("TWICE", "同一人员或车辆填写了两次，请核对。"),
    ("UNDER_DIRECT_REPORT", "案件已直接报告市政府，批示之前不能这样做。"),
    ("UNDER_WAY", "上一次处理尚未完成，请稍后再试。"),
    ("UNITS_MISSING", "没有填写参加单位，请至少填写一个。"),
    ("UNIT_CANNOT_LEAD", "该单位没有自己的服务，不能牵头，请选择其他单位。"),
    ("UNIT_NOT_CALLABLE", "该单位不能被通知，请选择其他单位。"),
    ("UNIT_NOT_CALLED", "该单位在本轮没有被通知。"),
    ("UNIT_NOT_IN_ROUTE", "所选单位不在该事项的权责清单中，请只选清单所列单位。"),
    ("UNIT_TWICE", "同一单位填写了两次，请保留一次。"),
    ("UNKNOWN_CASE", "没有这个案件，请核对案件编号。"),
    ("UNKNOWN_COMMUNITY", "没有这个社区，请核对。"),
    ("UNKNOWN_DISPUTE", "没有这项管辖争议。"),
    ("UNKNOWN_ENVELOPE", "没有这个信封，请刷新页面查看。"),
    ("UNKNOWN_EVIDENCE", "没有这份证据，或它不在您可以查看的案件中。"),
    ("UNKNOWN_FIELD", "请求中有无法识别的内容，请刷新页面后再提交。"),
    ("UNKNOWN_FINDING", "没有这项发现。"),
    ("UNKNOWN_GRID", "没有这个网格，请核对网格编号。"),
    ("UNKNOWN_INCIDENT", "没有这个受阻流程，请刷新页面查看。"),
    ("UNKNOWN_INSPECTION", "没有这次检查。"),
    ("UNKNOWN_ISSUE_TYPE", "本市没有这种事项类型，请从列表中选择。"),
    ("UNKNOWN_OPERATION", "没有这次行动，或贵单位没有被邀请。"),
    ("UNKNOWN_OPERATION_KIND", "没有这个行动模板，请从列表中选择。"),
    ("UNKNOWN_ORDER", "没有这条指令。"),
    ("UNKNOWN_PARTY", "没有这一方，请核对。"),
    ("UNKNOWN_QUESTION", "没有这次询问。"),
    ("UNKNOWN_RECIPIENT", "城市包中没有这个收件方，请核对城市包。"),
    ("UNKNOWN_REGISTER", "没有这个登记册。"),
    ("UNKNOWN_REPORT", "没有这个来件，请核对其编号。"),
    ("UNKNOWN_ROAD", "没有这个路段，请核对路段编号。"),
    ("UNKNOWN_SEIZURE", "没有这项查扣。"),
    ("UNKNOWN_SOURCE", "没有这个来件系统，请从列表中选择。"),
    ("UNKNOWN_STATE", "没有这种状态，请从列表中选择。"),
    ("UNKNOWN_STORE", "没有这个证据库：应为本案有自己服务的单位，或网关的吹哨证据库。"),
    ("UNKNOWN_SUBDISTRICT", "没有这个街道，请从列表中选择。"),
    ("UNKNOWN_TASK", "没有这项任务，或它不是贵单位的任务。"),
    ("UNKNOWN_UNIT", "没有这个单位，请从列表中选择。"),
    ("WINDOW", "行动时间填写有误：结束应晚于开始，开始应在以后，且不超过规定时长。"),
    ("WORD_TOO_SHORT", "关键词过短，中文至少两个字。"),
    ("WORKS", "没有填写后续事项，或数量超过一次可提交的上限。"),
    ("WRONG_STAGE", "案件目前的阶段不能这样做，请刷新页面查看。"),
    ("WRONG_STATE", "任务目前的状态不能这样做，请刷新页面查看。"),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;

    /// What a status is called, and where a matter stands: no reasons.
    const OTHERS: &[&str] = &[
        "ACCEPTED",
        "ANSWERED",
        "ARRIVED",
        "CALLED",
        "CONFIRMING",
        "DECLARED",
        "DISPOSED",
        "FAILED_PRECONDITION",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "OPEN",
        "OUT_OF_RANGE",
        "PERMISSION_DENIED",
        "REFUSED",
        "RESOURCE_EXHAUSTED",
        "UNANSWERED",
        "UNAUTHENTICATED",
        "UNAVAILABLE",
    ];

    /// All texts under a folder whose names end so.
    fn texts(folder: &Path, end: &str) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(texts(&path, end));
            } else if path.to_string_lossy().ends_with(end) {
                found.push(fs::read_to_string(path).unwrap());
            }
        }
        found
    }

    /// `RaiseWhistle`: `.raise_whistle(`.
    fn call(method: &str) -> String {
        let mut call = String::from(".");
        for (at, letter) in method.char_indices() {
            if letter.is_uppercase() && at > 0 {
                call.push('_');
            }
            call.extend(letter.to_lowercase());
        }
        call + "("
    }

    /// The words in capitals of a comment, without those that are no reasons.
    fn reasons(comment: &str) -> impl Iterator<Item = &str> {
        let words = comment.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        words.filter(|word| word.len() > 3 && !OTHERS.contains(word))
    }

    /// The reasons of what the console asks, each with the method or the service that documents it.
    fn documented() -> BTreeMap<String, String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let console = texts(&here.join("src"), ".rs").concat();
        let (mut found, mut asked) = (BTreeMap::new(), 0);
        for proto in texts(&here.join("../../proto/muster"), ".proto") {
            let (mut comment, mut service) = (String::new(), String::new());
            for line in proto.lines().map(str::trim) {
                if let Some(text) = line.strip_prefix("//") {
                    comment = comment + text + " ";
                    continue;
                }
                let said = std::mem::take(&mut comment);
                if line.starts_with("service ") {
                    service = said;
                } else if let Some(method) = line.strip_prefix("rpc ") {
                    let method = method.split('(').next().unwrap();
                    if !console.contains(&call(method)) {
                        continue;
                    }
                    asked += 1;
                    for reason in reasons(&said).chain(reasons(&service)) {
                        found.insert(reason.to_owned(), method.to_owned());
                    }
                }
            }
        }
        assert!(asked > 45, "{asked} methods are asked");
        found
    }

    #[test]
    fn every_reason_that_is_documented_for_what_the_console_asks_has_a_sentence() {
        let documented = documented();
        assert!(documented.len() > 100, "{documented:?}");
        let missing: Vec<_> =
            documented.iter().filter(|(reason, _)| sentence(reason).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn each_is_there_once_in_its_place_and_is_a_chinese_sentence() {
        assert!(REASONS.is_sorted_by(|one, other| one.0 < other.0), "not in order");
        for (code, text) in REASONS {
            let is_chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(is_chinese && text.ends_with('。'), "{code}: {text}");
            assert!(!text.chars().any(|c| c.is_ascii_alphabetic()), "{code}: {text}");
        }
        assert_eq!(sentence("SOMETHING_NEW"), None);
    }
}
