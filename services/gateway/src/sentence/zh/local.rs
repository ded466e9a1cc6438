//! The sentences for what is said on the ground: lifts (上报) and special teams (专班).

use domain::case::{Local, TeamMember};

use super::{super::Speech, words};

pub(super) fn said(say: Speech<'_>, local: &Local) -> String {
    match local {
        Local::Lifted { to, upper, reason, lifted_by } => {
            let (who, upper, to) = (say.party(lifted_by), say.party(upper), words::level(*to));
            format!("{who}将事项上报至{to}，由{upper}负责{}", say.after(reason))
        }
        Local::Teamed { members, note, formed_by } => {
            let member = |(at, one): (usize, &TeamMember)| {
                let head = if at == 0 { "（负责人）" } else { "" };
                format!("{} {}{head}", say.unit(&one.unit), one.person)
            };
            let members: Vec<String> = members.iter().enumerate().map(member).collect();
            let note = match say.after(note) {
                note if note.is_empty() => note,
                note => format!("；说明{note}"),
            };
            format!("{}成立专班：{}{note}", say.party(formed_by), say.list(&members))
        }
    }
}
