//! What is said on the ground about a case: it is lifted to the next level of the patrol, a special
//! team is formed for it. Neither moves the case.
//!
//! A lift stands at once, so that nobody lifts one level twice; a team stands when it is back from
//! the bus, whose order says which one is the last.

use domain::{
    case::{
        Fact, Level, Local, Stage,
        local::{check_team, lift},
    },
    id::CaseId,
    pack::City,
    party::{Kind, Party},
    rejection::Rejection,
    task,
};
use kit::{
    store::{Decision, Refusal},
    tx::Tx,
};

use crate::{
    access, again, answer,
    command::{By, LocalWord},
    door::Door,
    index,
    matter::Matter,
    number,
};

/// Decides; the answer of a lift is its level and who has the case there, see [`lifted`].
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    case_id: &CaseId,
    word: LocalWord,
) -> Result<Decision, Refusal> {
    let matter = index::matter(tx, case_id)?.ok_or_else(|| answer::unknown(case_id))?;
    let (local, name, answer) = match word {
        LocalWord::Lift { reason } => lift_to(door, &matter, &by, reason)?,
        LocalWord::Team { members, note } => {
            access::check_former(&door.access, &matter, &by)?;
            check_team(&members, |unit| door.city.callable(unit))?;
            answer::check_length("note", &note)?;
            let name = format!("team/{}", number::mark(&by.party, &by.request_id));
            let formed_by = by.party.clone();
            (Local::Teamed { members, note, formed_by }, name, Vec::new())
        }
    };
    check_open(tx, &matter)?;
    let outgoing = again::say(&door.city, &by, &matter, &name, &Fact::Local(local))?;
    let data = case_id.as_str().as_bytes().to_vec();
    Ok(Decision::change("local", data, vec![outgoing], answer))
}

/// The lift, its name within the case, and the answer.
fn lift_to(
    door: &Door,
    matter: &Matter,
    by: &By,
    reason: String,
) -> Result<(Local, String, Vec<u8>), Rejection> {
    let holder = holder(&door.city, matter, matter.level);
    access::check_lifter(&door.access, matter, &holder, by)?;
    task::text("REASON_MISSING", "reason", &reason)?;
    let to = lift(matter.level)?;
    let upper = self::holder(&door.city, matter, to);
    let answer = format!("{} {upper}", to.word()).into_bytes();
    let lifted_by = by.party.clone();
    Ok((Local::Lifted { to, upper, reason, lifted_by }, format!("lift/{}", to.word()), answer))
}

/// Who has a case at a level; where its cell is no more, the office has it above the community.
fn holder(city: &City, matter: &Matter, level: Level) -> Party {
    let office = || Party { kind: Kind::Office, id: city.coordinator.to_string() };
    match level {
        Level::Community => matter.course.community_party(),
        Level::Subdistrict => {
            let cell = city.grid.get(&matter.grid);
            cell.map_or_else(office, |cell| Party::unit(&cell.subdistrict))
        }
        Level::City => office(),
    }
}

fn check_open(tx: &Tx<'_>, matter: &Matter) -> Result<(), Refusal> {
    let id = &matter.id;
    if let Some(into) = index::merged_into(tx, matter)? {
        let message = format!("{id} is merged into {into}; right would be: that case");
        return Err(Rejection::conflict("CASE_MERGED", message).at("case_id").into());
    }
    if matter.course.stage == Stage::Closed {
        let message = format!("{id} is closed");
        return Err(Rejection::conflict("CASE_CLOSED", message).at("case_id").into());
    }
    Ok(())
}

/// Reads the answer of a lift: the level, and who has the case there.
pub(crate) fn lifted(answer: &[u8]) -> (Level, String) {
    let text = String::from_utf8_lossy(answer);
    let (word, upper) = text.split_once(' ').unwrap_or_default();
    let levels = [Level::Community, Level::Subdistrict, Level::City];
    let level = levels.into_iter().find(|level| level.word() == word);
    (level.unwrap_or_default(), upper.to_owned())
}
