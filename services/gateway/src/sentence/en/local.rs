//! The sentences for what is said on the ground: lifts and special teams.

use domain::case::Local;

use super::Speech;

pub(super) fn said(say: Speech<'_>, local: &Local) -> String {
    match local {
        Local::Lifted { to, upper, reason, lifted_by } => {
            let (who, upper) = (say.party(lifted_by), say.party(upper));
            let to = to.word();
            format!("{who} lifted it to the {to} level, where {upper} has it{}", say.after(reason))
        }
        Local::Teamed { members, note, formed_by } => {
            let member = |(at, one): (usize, &domain::case::TeamMember)| {
                let head = if at == 0 { ", who heads it" } else { "" };
                format!("{} of {}{head}", one.person, say.unit(&one.unit))
            };
            let members: Vec<String> = members.iter().enumerate().map(member).collect();
            let (who, members) = (say.party(formed_by), members.join("; "));
            format!("{who} formed a special team: {members}{}", say.after(note))
        }
    }
}
