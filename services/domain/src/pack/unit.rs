//! The units of a city (`units.csv`): who they are, what code serves them, whether they can be
//! called.
//!
//! The list is the city's, never ours: no rule anywhere may count on four departments.

use super::{
    fault::Faults,
    index::Index,
    table::{Files, Row, check_slash, rows_and},
    word::words,
};
use crate::id::UnitId;

/// The file.
pub(super) const FILE: &str = "units.csv";

const COLUMNS: [&str; 9] =
    ["id", "zh", "en", "kind", "module", "instance_of", "system", "note", "source"];

/// A column that a city may leave out.
const CONTACT: &str = "contact";

/// The longest name of a position, in characters.
const CONTACT_MAX: usize = 40;

words! {
    /// What sort of unit it is.
    UnitKind, "a kind of unit" {
        /// A department (部门).
        Department = "dept",
        /// A department of the Party (党委部门).
        Party = "party",
        /// A body of command and coordination, or the government itself.
        Body = "body",
        /// Responsible for a territory: subdistricts, townships, communities.
        Territory = "territory",
        /// A company.
        Company = "company",
        /// An organisation outside government.
        Organisation = "org",
        /// A role of people.
        Role = "role",
        /// A system outside.
        External = "external",
    }
}

words! {
    /// The code that serves a unit.
    Module, "a module" {
        /// The generic service: tasks, desk, evidence, receipts.
        Generic = "generic",
        /// Urban management and comprehensive enforcement.
        Enforcement = "enforcement",
        /// Housing and urban-rural construction.
        Housing = "housing",
        /// Traffic police.
        TrafficPolice = "traffic-police",
        /// Ecology and environment.
        Environment = "environment",
        /// None: the unit cannot be called.
        None = "none",
    }
}

words! {
    /// How a unit is on the bus.
    System, "a way to be on the bus" {
        /// It has its own service.
        Own = "yes",
        /// It is not on the bus; it cannot be called.
        Absent = "no",
        /// It has no client: the lead acts in its place, and that is marked.
        Proxy = "proxy",
    }
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// What sort.
    pub kind: UnitKind,
    /// The code that serves it.
    pub module: Module,
    /// The unit of which it is one instance, `subdistricts`.
    pub instance_of: Option<UnitId>,
    /// How it is on the bus.
    pub system: System,
    /// Its first responsible person (第一责任人, M036): the position, never a name; empty where the
    /// city has none.
    pub contact: String,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

impl Unit {
    /// Whether a call can be sent to it.
    pub fn callable(&self) -> bool {
        self.module != Module::None
    }

    /// Whether it can lead a case: somebody of its own must be there, no other acts for it.
    pub fn can_lead(&self) -> bool {
        self.callable() && self.system == System::Own
    }
}

pub(super) fn read(files: &Files, faults: &mut Faults) -> Index<UnitId, Unit> {
    let rows = rows_and(files, FILE, &COLUMNS, &[CONTACT], faults);
    let units = Index::new(FILE, rows, faults, unit);
    check_instances(&units, faults);
    units
}

fn unit(row: &Row, faults: &mut Faults) -> Option<(UnitId, Unit)> {
    let id: Option<UnitId> = row.parse("id", "an id like market_regulation", faults);
    check_slash(row, "id", faults);
    let instance_of = match row.field("instance_of") {
        "" => None,
        _ => row.parse("instance_of", "the id of the unit that stands for many, or empty", faults),
    };
    let (kind, module) = (row.word("kind", faults), row.word("module", faults));
    let system = row.word("system", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let (note, source) = (row.field("note").to_owned(), row.text("source", faults));
    let contact = row.field(CONTACT).to_owned();
    if contact.chars().count() > CONTACT_MAX {
        let right = format!("a position like 主要领导, at most {CONTACT_MAX} characters");
        row.fault(faults, "the contact is too long", right);
    }
    check_system(row, module, system, faults);
    let id = id?;
    // A wrong word is noted already; the id still counts, or every reference would be a fault too.
    let unit = Unit {
        id: id.clone(),
        zh,
        en,
        kind: kind.unwrap_or(UnitKind::Department),
        module: module.unwrap_or(Module::Generic),
        instance_of,
        system: system.unwrap_or(System::Own),
        contact,
        note,
        source,
    };
    Some((id, unit))
}

fn check_system(row: &Row, module: Option<Module>, system: Option<System>, faults: &mut Faults) {
    let (Some(module), Some(system)) = (module, system) else { return };
    if (module == Module::None) != (system == System::Absent) {
        let what = format!("module {} with system {}", module.word(), system.word());
        row.fault(faults, what, "module none with system no, or a module with system yes or proxy");
    }
}

fn check_instances(units: &Index<UnitId, Unit>, faults: &mut Faults) {
    for (row, id, unit) in units.iter() {
        let Some(many) = &unit.instance_of else { continue };
        units.check(row, "instance_of", many, faults);
        let Some(many) = units.get(many) else { continue };
        if many.instance_of.is_some() {
            let what = format!("{id} is an instance of {}, which is an instance itself", many.id);
            row.fault(faults, what, "the unit that stands for many");
        } else if many.callable() {
            let what = format!("{} stands for many and can be called", many.id);
            row.fault(
                faults,
                what,
                format!("module none for {}; its instances are called", many.id),
            );
        }
    }
}
