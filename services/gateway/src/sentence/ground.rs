//! The sentences for what is said on the ground: lifts and special teams.

use domain::{case::Local, pack::City};

use super::{after, party, unit};

pub(super) fn said(city: &City, local: &Local) -> String {
    match local {
        Local::Lifted { to, upper, reason, lifted_by } => {
            let (who, upper) = (party(city, lifted_by), party(city, upper));
            let to = to.word();
            format!("{who} lifted it to the {to} level, where {upper} has it{}", after(reason))
        }
        Local::Teamed { members, note, formed_by } => {
            let member = |(at, one): (usize, &domain::case::TeamMember)| {
                let head = if at == 0 { ", who heads it" } else { "" };
                format!("{} of {}{head}", one.person, unit(city, &one.unit))
            };
            let members: Vec<String> = members.iter().enumerate().map(member).collect();
            let (who, members) = (party(city, formed_by), members.join("; "));
            format!("{who} formed a special team: {members}{}", after(note))
        }
    }
}
