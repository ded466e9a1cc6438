//! The department of urban management and comprehensive enforcement (城乡综合执法局).
//!
//! Keeps the register of haulage permits, and tells other departments whether a truck may carry
//! construction waste today (M065: the approval is looked up before a truck is fined). It judges
//! nobody: a permit is in force or it is not. It has no check of its own on desk commands.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::path::Path;

use domain::pack::Day;
use unit::{Form, Module, Register, RegisterError, Row, Schema, load};

/// The folder of its registers.
pub const FOLDER: &str = "enforcement";

const HAULAGE_PERMITS: Schema = Schema {
    name: "haulage_permits",
    title_zh: "建筑垃圾运输核准",
    columns: &[
        ("plate", Form::Text),
        ("permit", Form::Text),
        ("company", Form::Text),
        ("material", Form::Choice(&["construction_waste", "soil"])),
        ("valid_from", Form::Day),
        ("valid_until", Form::Day),
        ("route", Form::Text),
        ("source", Form::Text),
    ],
};

/// Reads the department's registers from `<registers_dir>/enforcement/`.
pub fn module(registers_dir: &Path) -> Result<Box<dyn Module>, RegisterError> {
    let registers = load(&registers_dir.join(FOLDER), &[HAULAGE_PERMITS])?;
    Ok(Box::new(Enforcement { registers }))
}

struct Enforcement {
    registers: Vec<Register>,
}

impl Module for Enforcement {
    fn registers(&self) -> &[Register] {
        &self.registers
    }

    fn opinion(&self, _register: &str, key: &str, rows: &[Row], today: Day) -> String {
        // Days are written so that their order is the order of their texts.
        let today = today.to_string();
        let in_force =
            |row: &&Row| (row.get("valid_from")..=row.get("valid_until")).contains(&today.as_str());
        if let Some(row) = rows.iter().find(in_force) {
            let (permit, until) = (row.get("permit"), row.get("valid_until"));
            return format!("{key} has the haulage permit {permit}, in force until {until}");
        }
        let last = rows.iter().map(|row| row.get("valid_until")).max().unwrap_or_default();
        match rows
            .iter()
            .map(|row| row.get("valid_from"))
            .filter(|from| *from > today.as_str())
            .min()
        {
            Some(from) => {
                format!("{key} has no haulage permit in force: the next begins on {from}")
            }
            None => format!("{key} has no haulage permit in force: the last ended on {last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_in_force_or_expired_or_to_come() {
        let dir = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/cities/wenshan/registers"
        ));
        let module = module(dir).unwrap();
        let register = &module.registers()[0];
        let opinion = |plate: &str, today: &str| {
            let rows = register.rows(plate);
            assert!(!rows.is_empty(), "{plate}");
            module.opinion(register.name(), plate, rows, today.parse().unwrap())
        };
        for (plate, today, part) in [
            ("云HA1037", "2021-06-01", "WS-ZT-2021-001, in force until 2021-12-31"),
            ("云HA1037", "2021-12-31", "in force"),
            ("云HA1037", "2022-01-01", "the next begins on 2026-01-01"),
            ("云HA1037", "2026-01-01", "WS-ZT-2026-101, in force until 2028-12-31"),
            ("云HA1074", "2026-11-22", "the last ended on 2021-12-31"),
            ("云HA1407", "2026-11-22", "the next begins on 2030-01-01"),
        ] {
            let opinion = opinion(plate, today);
            assert!(opinion.contains(part), "{plate} {today}: {opinion}");
        }
    }

    #[test]
    fn without_registers_there_is_no_module() {
        assert!(module(Path::new("/no/such")).is_err());
    }
}
