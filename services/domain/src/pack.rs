//! A city as data: units, grid, kinds of matter, routing, limits, working calendar, evidence,
//! duplicates.
//!
//! [`load`] takes the files of a pack by name and gives a [`City`] in which every reference holds:
//! every matter has a route on every day, every route has units that exist, every unit that leads
//! can be called, and somebody can always assign. Otherwise it gives *all* faults at once, with
//! file, line and what would be right; there is no half-loaded city.
//!
//! It reads no disk and no clock, and it takes no limit for official. The registers of departments
//! (`registers/`) belong to their modules and are not read here; of who may do what (`access/`)
//! only the texts are taken.

pub mod access;
mod approval;
mod calendar;
mod contact;
mod coverage;
mod credit;
mod day;
mod decision;
mod duplicate;
mod evidence;
mod fault;
mod form;
mod grid;
mod index;
mod issue;
mod liaison;
mod limit;
mod member;
pub mod notification;
mod operation;
pub mod outside;
mod people;
mod power;
mod road;
mod role;
mod route;
mod settings;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod unit;
mod word;

use std::collections::BTreeMap;

pub use self::{
    approval::{ApprovalKind, ApprovalOutcome},
    contact::ContactRule,
    coverage::Coverage,
    credit::{Credit, CreditCode},
    day::{Day, DayError},
    decision::{DecisionAction, DecisionKind, Major, Procedure, Reviewer},
    duplicate::DuplicateRule,
    evidence::{EvidenceKind, EvidenceRule, Step},
    fault::{Fault, Faults, suggest},
    form::Form,
    grid::{Cell, Community, DISTRICTS, Datum, SUBDISTRICTS},
    issue::IssueType,
    limit::{Length, LengthError, Limit, Limits, Stage},
    member::{GridRole, Member},
    operation::OperationKind,
    people::People,
    power::{Power, Powers},
    road::Road,
    role::{Cooperating, Responsible, Roles},
    route::Route,
    settings::Unanswered,
    unit::{Module, System, Unit, UnitKind},
};
use self::{duplicate::DuplicateTable, evidence::EvidenceTable, limit::LimitTable};
use crate::{
    calendar::Calendar,
    case::Severity,
    id::{
        ApprovalKindId, CityId, CommunityId, FormId, GridId, IssueTypeId, OperationKindId, UnitId,
    },
    moment::Moment,
    party::Party,
};

/// The files that a pack has at its top level.
const FILES: [&str; 28] = [
    "README.md",
    settings::FILE,
    unit::FILE,
    grid::FILE,
    issue::FILE,
    route::FILE,
    limit::FILE,
    calendar::HOURS,
    calendar::DAYS,
    evidence::FILE,
    duplicate::FILE,
    member::FILE,
    liaison::FILE,
    road::FILE,
    form::FILE,
    credit::FILE,
    credit::RULES,
    approval::KINDS,
    approval::OUTCOMES,
    decision::KINDS,
    decision::ACTIONS,
    decision::RULES,
    power::FILE,
    contact::FILE,
    operation::FILE,
    outside::FILE,
    notification::FILE,
    notification::TEXTS,
];

/// The folder of the departments' registers.
const REGISTERS: &str = "registers/";

/// A city, checked as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct City {
    /// Its id.
    pub id: CityId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// The name of its time zone, for people.
    pub timezone: String,
    /// How far its clocks are ahead of UTC.
    pub utc_offset_minutes: i32,
    /// The datum of its points.
    pub datum: Datum,
    /// Who urges everybody, and assigns where no single unit leads.
    pub coordinator: UnitId,
    /// The department in which the coordinator sits.
    pub coordinator_host: UnitId,
    /// The city government: receives direct reports, and assigns where the host is a candidate.
    pub government: UnitId,
    /// What the roles of its routes mean.
    pub roles: Roles,
    /// What becomes of a case whose community never confirms.
    pub unanswered: Unanswered,
    /// How often a community is not satisfied before all units consult (`N_rework`).
    pub rounds_max: u32,
    /// The kind of matter that is a complaint about a unit (四个一律).
    pub complaint: IssueTypeId,
    /// What may follow when a unit has to answer, the mildest first.
    pub forms: Vec<Form>,
    /// Who may decide about which violation; nobody where the city has no such table.
    pub powers: Powers,
    /// Who hands telephone numbers to whom, by who receives; nobody where the city has no such file.
    pub contacts: BTreeMap<UnitId, ContactRule>,
    /// What counts for credit, and what follows; none where the city has no such rules.
    pub credit: Option<Credit>,
    /// Its joint approvals (联审联批); none where its documents name none.
    pub approvals: BTreeMap<ApprovalKindId, ApprovalKind>,
    /// Its enforcement decisions and their gates; none where the pack has none.
    pub procedure: Option<Procedure>,
    /// Its templates of joint operations (联合执法行动); none where its documents name none.
    pub operations: BTreeMap<OperationKindId, OperationKind>,
    /// What of the record may leave the city; nothing where it has no such file.
    pub leaving: outside::Leaving,
    /// Who is told what by SMS or webhook; nobody where it has no such file.
    pub notifications: notification::Notifications,
    /// The profile of limits where a configuration names none.
    pub default_profile: String,
    /// How often a case is handed from lead to lead before it is in dispute.
    pub transfers_max: u32,
    /// How many refusals of a kind of matter against rulings are evasion (推诿扯皮).
    pub evasions_max: u32,
    /// Who is called at once when people are in danger.
    pub emergency: Vec<UnitId>,
    /// Who comes when a unit asks for help against violence.
    pub police: UnitId,
    /// Its units.
    pub units: BTreeMap<UnitId, Unit>,
    /// The cells of its grid.
    pub grid: BTreeMap<GridId, Cell>,
    /// Its communities, as the grid names them.
    pub communities: BTreeMap<CommunityId, Community>,
    /// The kinds of matter.
    pub issues: BTreeMap<IssueTypeId, IssueType>,
    /// The routes of each kind, by date of force; never empty.
    pub routes: BTreeMap<IssueTypeId, Vec<Route>>,
    /// The people of the grid; nobody where the pack does not say.
    pub people: People,
    /// Who may do what: the texts of `access/`, as they are.
    pub access: access::Texts,
    /// Its working calendar; empty where it has none.
    pub calendar: Calendar,
    limits: LimitTable,
    evidence: EvidenceTable,
    duplicates: DuplicateTable,
}

/// Checks the files of a pack and makes the city of them.
///
/// The names are relative to the pack's folder, with `/`: `units.csv`, `registers/housing.csv`.
pub fn load(files: &BTreeMap<String, Vec<u8>>) -> Result<City, Faults> {
    let mut faults = Faults::default();
    check_names(files, &mut faults);
    let city = read(files, &mut faults);
    match city {
        Some(city) if faults.is_empty() => Ok(city),
        _ => Err(faults.sorted()),
    }
}

fn check_names(files: &BTreeMap<String, Vec<u8>>, faults: &mut Faults) {
    let is_in_folder = |name: &str| [REGISTERS, access::FOLDER].iter().any(|f| name.starts_with(f));
    for name in files.keys().map(String::as_str).filter(|name| !is_in_folder(name)) {
        if !FILES.contains(&name) {
            let right = format!("only {}, {REGISTERS} and {}", FILES.join(", "), access::FOLDER);
            let right = suggest(name, FILES.into_iter(), &right);
            faults.push(name, None, "a pack has no such file", right);
        }
    }
}

/// Reads everything, whatever is wrong on the way; nothing when a setting is missing.
fn read(files: &BTreeMap<String, Vec<u8>>, faults: &mut Faults) -> Option<City> {
    let settings = settings::read(files, faults);
    let units = unit::read(files, faults);
    let issues = issue::read(files, faults);
    let grid = grid::read(files, settings.id.as_ref(), &units, faults);
    let routes = route::read(files, settings.roles, &units, &issues, faults);
    let calendar = calendar::read(files, settings.utc_offset_minutes, faults);
    let limits = limit::read(files, &issues, calendar.as_ref(), faults);
    let evidence = evidence::read(files, &issues, faults);
    let duplicates = duplicate::read(files, &issues, faults);
    let people = people::read(files, &units, &grid, faults);
    let forms = form::read(files, faults);
    let powers = power::read(files, settings.utc_offset_minutes, &units, faults);
    let contacts = contact::read(files, &units, faults);
    let credit = credit::read(files, &units, &powers, faults);
    let approvals = approval::read(files, &units, &issues, &routes, faults);
    let named = decision::Named { units: &units, issues: &issues, limits: limits.as_ref() };
    let procedure = decision::read(files, &named, faults);
    let operations = operation::read(files, &units, &issues, faults);
    let leaving = outside::read(files, faults);
    let notifications = notification::read(files, faults);
    let access = access::read(files, faults);
    settings.check_units(&units, faults);
    settings.check_complaint(&issues, faults);
    if let Some(limits) = &limits {
        settings.check_profile(limits.profiles(), faults);
    }
    Some(City {
        id: settings.id?,
        zh: settings.zh?,
        en: settings.en?,
        timezone: settings.timezone?,
        utc_offset_minutes: settings.utc_offset_minutes?,
        datum: settings.datum?,
        coordinator: settings.coordinator?,
        coordinator_host: settings.coordinator_host?,
        government: settings.government?,
        roles: settings.roles?,
        unanswered: settings.unanswered?,
        rounds_max: settings.rounds_max?,
        complaint: settings.complaint?,
        forms,
        powers,
        contacts,
        credit,
        approvals,
        procedure,
        operations,
        leaving,
        notifications,
        default_profile: settings.profile?,
        transfers_max: settings.transfers_max?,
        evasions_max: settings.evasions_max?,
        emergency: settings.emergency?,
        police: settings.police?,
        units: units.into_values(),
        grid: grid.cells.into_values(),
        communities: grid.communities,
        issues: issues.into_values(),
        routes,
        people,
        access,
        calendar: calendar?,
        limits: limits?,
        evidence,
        duplicates,
    })
}

impl City {
    /// The limits of an issue type in a profile, where nothing is worse than usual.
    ///
    /// A profile that does not exist is the default one: ask [`City::profiles`] at the start.
    pub fn limits(&self, profile: &str, issue: &IssueTypeId) -> Limits {
        self.limits_of(profile, issue, Severity::Normal)
    }

    /// The limits of an issue type and a severity in a profile, with the whole calendar.
    pub fn limits_of(&self, profile: &str, issue: &IssueTypeId, severity: Severity) -> Limits {
        let of = |profile: &str| self.limits.limits(profile, issue, severity);
        let limits = of(profile).or_else(|| of(&self.default_profile)).unwrap_or_default();
        Limits {
            calendar: self.calendar.clone(),
            rounds_max: self.rounds_max,
            evasions_max: self.evasions_max,
            ..limits
        }
    }

    /// What is no fault of the pack and must be known now: a year that has no list of holidays.
    pub fn warnings(&self, now: Moment) -> Vec<Fault> {
        calendar::unlisted(&self.calendar, now).into_iter().collect()
    }

    /// The profiles of limits that there are.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.limits.profiles()
    }

    /// The evidence that a step of such a matter needs.
    pub fn evidence(&self, issue: &IssueTypeId, step: Step) -> Vec<EvidenceRule> {
        self.evidence.rules(issue, step)
    }

    /// When another report is about the same matter.
    pub fn duplicates(&self, issue: &IssueTypeId) -> DuplicateRule {
        self.duplicates.rule(issue)
    }

    /// The units that have a service of their own.
    pub fn hosted_units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values().filter(|unit| unit.can_lead())
    }

    /// Whether the lead acts in the place of this unit.
    pub fn by_proxy(&self, id: &UnitId) -> bool {
        self.unit(id).is_some_and(|unit| unit.system == System::Proxy)
    }

    /// The mailbox in which something reaches a unit; none where it has no service of its own.
    pub fn reached(&self, id: &UnitId) -> Option<Party> {
        self.unit(id).filter(|unit| unit.can_lead()).map(|unit| Party::unit(&unit.id))
    }

    /// A form of accountability.
    pub fn form(&self, id: &FormId) -> Option<&Form> {
        self.forms.iter().find(|form| form.id == *id)
    }

    /// A unit of this city.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.units.get(id)
    }

    /// Whether there is such a unit and a call can be sent to it.
    pub fn callable(&self, id: &UnitId) -> bool {
        self.unit(id).is_some_and(Unit::callable)
    }

    /// A community of this city.
    pub fn community(&self, id: &CommunityId) -> Option<&Community> {
        self.communities.get(id)
    }

    /// The route of an issue type on a day; none before the first came into force.
    pub fn route_on(&self, issue: &IssueTypeId, day: Day) -> Option<&Route> {
        self.routes.get(issue)?.iter().find(|route| route.covers(day))
    }
}
