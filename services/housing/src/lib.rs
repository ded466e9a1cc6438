//! The department of housing and urban-rural construction (住房城乡建设局).
//!
//! Keeps the registers of building sites and of their permits (construction, hoarding; M079), and
//! tells other departments whether a site may build and be fenced today. It has no check of its
//! own on desk commands.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::path::Path;

use domain::pack::Day;
use unit::{Form, Module, Register, RegisterError, Row, Schema, load};

/// The folder of its registers.
pub const FOLDER: &str = "housing";

const KINDS: &[&str] = &["construction", "hoarding"];

const SITES: Schema = Schema {
    name: "sites",
    title_zh: "建筑工地",
    columns: &[
        ("site", Form::Text),
        ("name_zh", Form::Text),
        ("builder", Form::Text),
        ("grid", Form::Text),
        ("source", Form::Text),
    ],
};

const PERMITS: Schema = Schema {
    name: "permits",
    title_zh: "施工许可与围挡审批",
    columns: &[
        ("site", Form::Text),
        ("permit", Form::Text),
        ("kind", Form::Choice(KINDS)),
        ("valid_from", Form::Day),
        ("valid_until", Form::Day),
        ("source", Form::Text),
    ],
};

/// Reads the department's registers from `<registers_dir>/housing/`.
pub fn module(registers_dir: &Path) -> Result<Box<dyn Module>, RegisterError> {
    let registers = load(&registers_dir.join(FOLDER), &[SITES, PERMITS])?;
    Ok(Box::new(Housing { registers }))
}

struct Housing {
    registers: Vec<Register>,
}

impl Module for Housing {
    fn registers(&self) -> &[Register] {
        &self.registers
    }

    /// Of a site, whichever register was asked: each kind of permit.
    fn opinion(&self, _register: &str, key: &str, _rows: &[Row], today: Day) -> String {
        let mut registers = self.registers.iter();
        let permits = registers.find(|one| one.name() == PERMITS.name);
        let permits = permits.map_or(&[][..], |permits| permits.rows(key));
        let said: Vec<String> = KINDS.iter().map(|kind| of_kind(kind, permits, today)).collect();
        format!("{key}: {}", said.join("; "))
    }
}

fn of_kind(kind: &str, permits: &[Row], today: Day) -> String {
    // Days are written so that their order is the order of their texts.
    let today = today.to_string();
    let of_kind = || permits.iter().filter(|row| row.get("kind") == kind);
    let in_force =
        |row: &&Row| (row.get("valid_from")..=row.get("valid_until")).contains(&today.as_str());
    if let Some(row) = of_kind().find(in_force) {
        return format!("{kind} permit {} until {}", row.get("permit"), row.get("valid_until"));
    }
    let ended = of_kind().map(|row| row.get("valid_until")).filter(|until| *until < today.as_str());
    match ended.max() {
        Some(until) => format!("{kind} permit expired on {until}"),
        None => format!("no {kind} permit in force"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_its_permits_or_not() {
        let dir = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/cities/wenshan/registers"
        ));
        let module = module(dir).unwrap();
        let sites = module.registers().iter().find(|one| one.name() == "sites").unwrap();
        let opinion = |site: &str| {
            let rows = sites.rows(site);
            assert!(!rows.is_empty(), "{site}");
            module.opinion("sites", site, rows, "2026-11-22".parse().unwrap())
        };
        for (site, expected) in [
            (
                "WS-GD-001",
                "construction permit WS-SG-001 until 2028-06-30; \
                 hoarding permit WS-SG-002 until 2028-06-30",
            ),
            (
                "WS-GD-005",
                "construction permit WS-SG-007 until 2028-12-31; \
                 hoarding permit expired on 2026-03-31",
            ),
            ("WS-GD-009", "no construction permit in force; no hoarding permit in force"),
        ] {
            assert_eq!(opinion(site), format!("{site}: {expected}"));
        }
    }

    #[test]
    fn all_faults_of_all_registers_come_at_once() {
        let faults = module(Path::new("/no/such")).err().unwrap();
        assert_eq!(faults.0.len(), 2, "{faults}");
    }
}
