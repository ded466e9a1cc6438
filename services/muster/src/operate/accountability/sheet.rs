//! A sheet as people and scripts read it.

use proto::accountability::{Sheet, SheetFact, SheetStage};
use serde_json::{Value, json};

use crate::{
    operate::{Table, moment::shown},
    output::Output,
};

/// Where it stands, for scripts and in tables.
fn word(sheet: &Sheet) -> String {
    sheet.stage().as_str_name().replace("SHEET_STAGE_", "").to_lowercase()
}

/// The same for people.
fn stands(stage: SheetStage) -> &'static str {
    match stage {
        SheetStage::Stating => "the unit has its time to state its case 待单位陈述",
        SheetStage::Deciding => "what follows is to be decided 待决定",
        SheetStage::Publishing => "what follows is to be published 待通报",
        SheetStage::Closed => "it is done 已办结",
        SheetStage::Unspecified => "it is not said 未知",
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// What follows; nothing is something that is decided too.
fn outcome(sheet: &Sheet) -> &str {
    match (sheet.is_decided, sheet.form.as_str()) {
        (false, _) => "-",
        (true, "") => "nothing",
        (true, form) => form,
    }
}

fn heard(sheet: &Sheet) -> &'static str {
    match (sheet.statement.is_empty(), sheet.is_silent) {
        (false, false) => "stated",
        (false, true) => "stated late",
        (true, true) => "silent",
        (true, false) => "-",
    }
}

fn due(sheet: &Sheet) -> String {
    if sheet.owed_by.is_empty() { "-".to_owned() } else { shown(sheet.due_at_ms) }
}

/// Sheets as a table.
pub fn list(sheets: &[Sheet], output: Output) {
    let heads =
        ["SHEET", "STAGE", "OPENED", ">GROUNDS", "HEARD", "OUTCOME", "DECIDES", "OWED BY", "DUE"];
    let mut table = Table::of(&heads);
    for sheet in sheets {
        output.object("sheet", row(sheet));
        table.row(vec![
            format!("{}/{}", sheet.case_id, sheet.unit),
            word(sheet),
            shown(sheet.opened_at_ms),
            sheet.grounds.len().to_string(),
            heard(sheet).to_owned(),
            outcome(sheet).to_owned(),
            sheet.judge.clone(),
            or_none(&sheet.owed_by).to_owned(),
            due(sheet),
        ]);
    }
    match sheets.is_empty() {
        true => output.tell("nobody has to answer for anything here 无追责事项"),
        false => table.lines().iter().for_each(|line| output.tell(line)),
    }
}

fn row(sheet: &Sheet) -> Value {
    let evidence = sheet.statement_evidence.iter().map(|piece| &piece.digest);
    json!({
        "sheet": format!("{}/{}", sheet.case_id, sheet.unit), "case_id": sheet.case_id,
        "unit": sheet.unit, "stage": word(sheet), "opened_at_ms": sheet.opened_at_ms,
        "grounds": sheet.grounds, "judge": sheet.judge, "owed_by": sheet.owed_by,
        "due_at_ms": sheet.due_at_ms, "statement": sheet.statement,
        "evidence": evidence.collect::<Vec<_>>(), "is_silent": sheet.is_silent,
        "is_decided": sheet.is_decided, "form": sheet.form, "reason": sheet.reason,
        "decided_by": sheet.decided_by, "bulletin": sheet.bulletin,
    })
}

/// One sheet with all that it has; its facts are a row each.
pub fn say(sheet: &Sheet, output: Output) {
    let mut text = format!(
        "{}/{}: {}\n  opened     立单 {}",
        sheet.case_id,
        sheet.unit,
        stands(sheet.stage()),
        shown(sheet.opened_at_ms)
    );
    for ground in &sheet.grounds {
        text += &format!("\n  ground     事由 {ground}");
    }
    let statement = match heard(sheet) {
        "silent" => "it has said nothing in its time 逾期未陈述",
        _ => or_none(&sheet.statement),
    };
    text += &format!("\n  statement  陈述 {statement}");
    text += &format!("\n  decides    决定单位 {}", sheet.judge);
    if !sheet.owed_by.is_empty() {
        text += &format!("\n  waits for  等待 {} until {}", sheet.owed_by, due(sheet));
    }
    if sheet.is_decided {
        let (outcome, by) = (outcome(sheet), &sheet.decided_by);
        text += &format!("\n  outcome    结果 {outcome}, by {by}: {}", sheet.reason);
    }
    if !sheet.bulletin.is_empty() {
        text += &format!("\n  published  通报 {}", sheet.bulletin);
    }
    output.say(text, "sheet", row(sheet));
    sheet.facts.iter().for_each(|fact| say_fact(fact, output));
}

fn say_fact(fact: &SheetFact, output: Output) {
    let text = format!("  {:>8}  {}  {}", fact.place, shown(fact.at_ms), fact.text);
    let object = json!({
        "place": fact.place, "at_ms": fact.at_ms, "type": fact.r#type, "text": fact.text,
    });
    output.say(text, "fact", object);
}
