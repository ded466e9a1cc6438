//! What an amendment says, and on whose word.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AmendmentId, CaseId, IssueTypeId, PersonId, UnitId},
    pack::{Cell, Day},
    party::{Kind, Party},
};

/// A person who proposes or decides: the party of the connection, and who acts for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    /// The party.
    pub party: Party,
    /// The person.
    pub person: PersonId,
}

impl Signatory {
    /// Whether both may be one and the same person: the same name, under whichever party, or the
    /// same administrator, under whichever name. An administrator's certificate is one person's.
    pub fn is_same_person(&self, other: &Signatory) -> bool {
        let is_admin = self.party.kind == Kind::Admin;
        self.person == other.person || (is_admin && self.party == other.party)
    }
}

impl std::fmt::Display for Signatory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.person, self.party)
    }
}

/// A change of who answers for what, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amendment {
    /// For which kinds of matter.
    pub issue_types: Vec<IssueTypeId>,
    /// In which subdistrict or district; none: in all of the city.
    pub territory: Option<UnitId>,
    /// Who may lead.
    pub leads: Vec<UnitId>,
    /// That nobody leads by itself, on purpose: whoever assigns names a lead each time.
    pub is_assigned: bool,
    /// Who cooperates.
    pub cooperating: Vec<UnitId>,
    /// Who is responsible.
    pub responsible: Vec<UnitId>,
    /// The legal basis, and why.
    pub basis: String,
    /// The first day in force.
    pub from: Day,
    /// The last day in force; none when there is no end. Another one must begin the day after.
    pub until: Option<Day>,
    /// The approved amendments in whose place it stands from its first day on.
    pub supersedes: Vec<AmendmentId>,
    /// The case whose ruling it makes a rule.
    pub precedent: Option<CaseId>,
}

impl Amendment {
    /// What a ruling about one case says for all that come after it (M022): the same kind of
    /// matter, the lead that was ruled, from a day on. The rest can be set before it is proposed.
    pub fn from_precedent(
        case_id: CaseId,
        issue_type: IssueTypeId,
        lead: UnitId,
        cooperating: Vec<UnitId>,
        basis: String,
        from: Day,
    ) -> Amendment {
        Amendment {
            issue_types: vec![issue_type],
            territory: None,
            leads: vec![lead],
            is_assigned: false,
            cooperating,
            responsible: Vec::new(),
            basis,
            from,
            until: None,
            supersedes: Vec::new(),
            precedent: Some(case_id),
        }
    }

    /// Whether it speaks of that cell.
    pub fn is_about(&self, cell: &Cell) -> bool {
        let named = self.territory.as_ref();
        named.is_none_or(|named| cell.territories().any(|territory| territory == named))
    }

    /// Where it holds, for people.
    pub fn place(&self) -> &str {
        self.territory.as_ref().map_or("the whole city", UnitId::as_str)
    }
}
