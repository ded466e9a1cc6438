//! The traffic police (公安交警).
//!
//! Keeps the register of plates with what was found about each vehicle (M063: obscured plates, red
//! lights, restricted areas, speeding, reckless driving; M070: seized vehicles), and tells other
//! departments whether a plate is flagged. What it keeps about plates is of people: each purpose for
//! which a register may be asked is a row of `purposes.csv`, and the words of whoever asks begin with
//! one. It has no check of its own on desk commands.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::path::Path;

use domain::{
    pack::{Day, Fault},
    rejection::Rejection,
};
use unit::{Form, Module, Register, RegisterError, Row, Schema, load};

/// The folder of its registers.
pub const FOLDER: &str = "traffic-police";

/// A plate about which nothing was found.
const NONE: &str = "none";

const PLATES: Schema = Schema {
    name: "plates",
    title_zh: "车辆号牌",
    columns: &[
        ("plate", Form::Plate),
        ("vehicle", Form::Text),
        ("company", Form::Optional),
        (
            "flag",
            Form::Choice(&[
                NONE,
                "obscured_plate",
                "red_light",
                "restricted_area",
                "speeding",
                "reckless_driving",
                "seized",
            ]),
        ),
        ("flagged_on", Form::Optional),
        ("note", Form::Optional),
        ("source", Form::Text),
    ],
};

const PURPOSES: Schema = Schema {
    name: "purposes",
    title_zh: "查询用途",
    columns: &[("register", Form::Text), ("purpose", Form::Text), ("source", Form::Text)],
};

/// Reads the department's registers from `<registers_dir>/traffic-police/`.
pub fn module(registers_dir: &Path) -> Result<Box<dyn Module>, RegisterError> {
    let dir = registers_dir.join(FOLDER);
    let registers = load(&dir, &[PLATES, PURPOSES])?;
    let file = dir.join("plates.csv").display().to_string();
    let plates = registers.iter().filter(|one| one.name() == PLATES.name);
    let faults: Vec<Fault> =
        plates.flat_map(Register::all).filter_map(|row| fault(&file, row)).collect();
    if faults.is_empty() {
        Ok(Box::new(TrafficPolice { registers }))
    } else {
        Err(RegisterError(faults))
    }
}

/// A flag has its day, and only a flag.
fn fault(file: &str, row: &Row) -> Option<Fault> {
    let is_day = row.get("flagged_on").parse::<Day>().is_ok();
    let is_flagged = row.get("flag") != NONE;
    let good = is_day == is_flagged && (is_day || row.get("flagged_on").is_empty());
    (!good).then(|| Fault {
        file: file.to_owned(),
        line: Some(row.line()),
        what: format!("flagged_on: {:?}", row.get("flagged_on")),
        right: "the day of a flag, 2021-03-02; empty where the flag is none".to_owned(),
    })
}

struct TrafficPolice {
    registers: Vec<Register>,
}

impl Module for TrafficPolice {
    fn registers(&self) -> &[Register] {
        &self.registers
    }

    /// What is for everybody to read, the purposes themselves, has no row.
    fn permit(&self, register: &str, purpose: &str) -> Result<(), Rejection> {
        let mut registers = self.registers.iter();
        let purposes = registers.find(|one| one.name() == PURPOSES.name);
        let allowed: Vec<&str> = purposes
            .map_or(&[][..], |purposes| purposes.rows(register))
            .iter()
            .map(|row| row.get("purpose"))
            .collect();
        if register == PURPOSES.name || allowed.iter().any(|one| is_for(purpose, one)) {
            return Ok(());
        }
        let message = format!("{register} may be asked for: {}", allowed.join("; "));
        Err(Rejection::forbidden("PURPOSE_NOT_ALLOWED", message).at("purpose"))
    }

    fn opinion(&self, register: &str, key: &str, rows: &[Row], _today: Day) -> String {
        if register != PLATES.name {
            return String::new();
        }
        let flags: Vec<String> = rows
            .iter()
            .filter(|row| row.get("flag") != NONE)
            .map(|row| format!("{} on {}", row.get("flag"), row.get("flagged_on")))
            .collect();
        if flags.is_empty() {
            return format!("{key} is not flagged");
        }
        format!("{key} is flagged: {}", flags.join(", "))
    }
}

/// Whether a purpose is the allowed one, alone or followed by more words: `joint inspection: …`.
fn is_for(purpose: &str, allowed: &str) -> bool {
    let rest = purpose.trim_start().strip_prefix(allowed);
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_is_flagged_or_not() {
        let dir = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/cities/wenshan/registers"
        ));
        let module = module(dir).unwrap();
        let register = &module.registers()[0];
        for (plate, expected) in [
            ("云HA1037", "云HA1037 is not flagged"),
            (
                "云HA1074",
                "云HA1074 is flagged: obscured_plate on 2026-02-15, speeding on 2026-08-03",
            ),
        ] {
            let rows = register.rows(plate);
            let opinion = module.opinion("plates", plate, rows, "2026-11-22".parse().unwrap());
            assert_eq!(opinion, expected);
        }
    }

    #[test]
    fn plates_are_asked_for_what_is_written_down_only() {
        let dir = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/cities/wenshan/registers"
        ));
        let module = module(dir).unwrap();
        for (purpose, expected) in [
            ("joint inspection", true),
            ("joint inspection: muck trucks at the east gate", true),
            ("案件办理：占道经营", true),
            ("joint inspections", false),
            ("curiosity, no joint inspection", false),
            ("", false),
        ] {
            assert_eq!(module.permit("plates", purpose).is_ok(), expected, "{purpose}");
        }
        assert!(module.permit("purposes", "to see for what one may ask").is_ok());
    }

    #[test]
    fn a_flag_has_its_day_and_only_a_flag() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        std::fs::create_dir_all(dir.join(FOLDER)).unwrap();
        let rows = "plate,vehicle,company,flag,flagged_on,note,source\nA,car,,none,,,x\n\
                    B,car,,seized,,,x\nC,car,,none,2026-01-01,,x\nD,car,,none,soon,,x\n";
        std::fs::write(dir.join(FOLDER).join("plates.csv"), rows).unwrap();
        let purposes = "register,purpose,source\nplates,case,x\n";
        std::fs::write(dir.join(FOLDER).join("purposes.csv"), purposes).unwrap();
        let faults = module(dir).err().unwrap();
        let lines: Vec<Option<u64>> = faults.0.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [Some(3), Some(4), Some(5)], "{faults}");
    }
}
