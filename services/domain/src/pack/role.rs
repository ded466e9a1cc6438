//! What the three roles of a route mean in a city (`[roles]` of `city.toml`), and who is called.
//!
//! Every plan prints 牵头 and 责任, but not the same thing under it: in one city 责任单位 are the
//! subdistricts that carry out, in another departments and territories stand there mixed, because
//! the plan has no 配合单位. The lead is the same everywhere: one is called, of none or several one
//! is assigned.

use super::word::words;

words! {
    /// What 配合单位 are.
    Cooperating, "a meaning of cooperating" {
        /// They are called beside the lead.
        Called = "called",
        /// The city's plan has no such list, and no route may have one.
        Absent = "absent",
    }
}

words! {
    /// What 责任单位 are.
    Responsible, "a meaning of responsible" {
        /// They carry out in their territory; a whistle does not call them.
        Territory = "territory",
        /// They are called beside the lead, departments and territories alike.
        Called = "called",
    }
}

/// What the roles mean beside the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// 配合单位.
    pub cooperating: Cooperating,
    /// 责任单位.
    pub responsible: Responsible,
}
