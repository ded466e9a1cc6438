//! The department of urban management and comprehensive enforcement (城乡综合执法局).
//!
//! Keeps the register of haulage permits, and tells other departments whether a truck may carry
//! construction waste today (M065: the approval is looked up before a truck is fined); and the filing
//! register of paid car parks (经营性停车场备案, M069). It judges nobody: a permit is in force or it
//! is not. It has no check of its own on desk commands.

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
        ("plate", Form::Plate),
        ("permit", Form::Text),
        ("company", Form::Text),
        ("material", Form::Choice(&["construction_waste", "soil"])),
        ("valid_from", Form::Day),
        ("valid_until", Form::Day),
        ("route", Form::Text),
        ("source", Form::Text),
    ],
};

const CAR_PARKS: Schema = Schema {
    name: "car_parks",
    title_zh: "经营性停车场备案",
    columns: &[
        ("car_park", Form::Text),
        ("name_zh", Form::Text),
        ("operator", Form::Text),
        ("grid", Form::Text),
        ("spaces", Form::Number),
        ("filed_on", Form::Day),
        ("source", Form::Text),
    ],
};

/// Reads the department's registers from `<registers_dir>/enforcement/`.
pub fn module(registers_dir: &Path) -> Result<Box<dyn Module>, RegisterError> {
    let registers = load(&registers_dir.join(FOLDER), &[HAULAGE_PERMITS, CAR_PARKS])?;
    Ok(Box::new(Enforcement { registers }))
}

struct Enforcement {
    registers: Vec<Register>,
}

impl Module for Enforcement {
    fn registers(&self) -> &[Register] {
        &self.registers
    }

    fn opinion(&self, register: &str, key: &str, rows: &[Row], today: Day) -> String {
        // Days are written so that their order is the order of their texts.
        let today = today.to_string();
        match register == CAR_PARKS.name {
            true => filed(key, rows, &today),
            false => permitted(key, rows, &today),
        }
    }
}

/// Whether a car park is filed on a day.
fn filed(key: &str, rows: &[Row], today: &str) -> String {
    match rows.iter().map(|row| row.get("filed_on")).min() {
        Some(on) if on <= today => format!("{key} is filed since {on}"),
        Some(on) => format!("{key} is not filed yet: it will be on {on}"),
        None => format!("{key} is not filed"),
    }
}

/// Whether a truck has a haulage permit on a day.
fn permitted(key: &str, rows: &[Row], today: &str) -> String {
    let in_force = |row: &&Row| (row.get("valid_from")..=row.get("valid_until")).contains(&today);
    if let Some(row) = rows.iter().find(in_force) {
        let (permit, until) = (row.get("permit"), row.get("valid_until"));
        return format!("{key} has the haulage permit {permit}, in force until {until}");
    }
    let last = rows.iter().map(|row| row.get("valid_until")).max().unwrap_or_default();
    match rows.iter().map(|row| row.get("valid_from")).filter(|from| *from > today).min() {
        Some(from) => {
            format!("{key} has no haulage permit in force: the next begins on {from}")
        }
        None => format!("{key} has no haulage permit in force: the last ended on {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<'m>(module: &'m dyn Module, name: &str) -> &'m Register {
        module.registers().iter().find(|register| register.name() == name).unwrap()
    }

    #[test]
    fn a_permit_is_in_force_or_expired_or_to_come() {
        let dir = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/cities/wenshan/registers"
        ));
        let module = module(dir).unwrap();
        let register = named(&*module, "haulage_permits");
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
    fn a_paid_car_park_is_filed_or_not() {
        let dir = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/cities/dengfeng/registers"
        ));
        let module = module(dir).unwrap();
        let register = named(&*module, "car_parks");
        let rows = register.rows("DF-TC-001");
        let opinion =
            |today: &str| module.opinion("car_parks", "DF-TC-001", rows, today.parse().unwrap());
        assert_eq!(opinion("2026-11-22"), "DF-TC-001 is filed since 2026-03-01");
        assert!(opinion("2026-02-28").contains("not filed yet"));
        let unknown = module.opinion("car_parks", "DF-TC-9", &[], "2026-11-22".parse().unwrap());
        assert_eq!(unknown, "DF-TC-9 is not filed");
    }

    #[test]
    fn without_registers_there_is_no_module() {
        assert!(module(Path::new("/no/such")).is_err());
    }
}
