//! The department of ecology and environment (生态环境分局).
//!
//! Keeps the registers of measuring stations and of their readings, and tells other departments
//! which readings are over the limit that the station has in the register. The limits are data of
//! the pack, never ours. It has no check of its own on desk commands.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::path::Path;

use domain::pack::{Day, Fault};
use unit::{Form, Module, Register, RegisterError, Row, Schema, load};

/// The folder of its registers.
pub const FOLDER: &str = "environment";

const STATIONS: Schema = Schema {
    name: "stations",
    title_zh: "监测站点",
    columns: &[
        ("station", Form::Text),
        ("name_zh", Form::Text),
        ("kind", Form::Choice(&["dust", "noise", "fume", "water"])),
        ("limit", Form::Number),
        ("measure", Form::Text),
        ("grid", Form::Text),
        ("source", Form::Text),
    ],
};

const READINGS: Schema = Schema {
    name: "readings",
    title_zh: "监测读数",
    columns: &[
        ("station", Form::Text),
        ("day", Form::Day),
        ("value", Form::Number),
        ("note", Form::Optional),
        ("source", Form::Text),
    ],
};

/// Reads the department's registers from `<registers_dir>/environment/`.
pub fn module(registers_dir: &Path) -> Result<Box<dyn Module>, RegisterError> {
    let dir = registers_dir.join(FOLDER);
    let module = Environment { registers: load(&dir, &[STATIONS, READINGS])? };
    let file = dir.join("readings.csv").display().to_string();
    let readings = module.register(READINGS.name).into_iter().flat_map(Register::all);
    let lost = readings.filter(|row| module.station(row.get("station")).is_none());
    let faults: Vec<Fault> = lost
        .map(|row| Fault {
            file: file.clone(),
            line: Some(row.line()),
            what: format!("station: {} is not in stations.csv", row.get("station")),
            right: "a station of stations.csv".to_owned(),
        })
        .collect();
    if faults.is_empty() { Ok(Box::new(module)) } else { Err(RegisterError(faults)) }
}

struct Environment {
    registers: Vec<Register>,
}

impl Environment {
    fn register(&self, name: &str) -> Option<&Register> {
        self.registers.iter().find(|one| one.name() == name)
    }

    fn station(&self, key: &str) -> Option<&Row> {
        self.register(STATIONS.name)?.rows(key).first()
    }
}

impl Module for Environment {
    fn registers(&self) -> &[Register] {
        &self.registers
    }

    /// Of a station, whichever register was asked: its readings against its limit.
    fn opinion(&self, _register: &str, key: &str, _rows: &[Row], _today: Day) -> String {
        let Some(station) = self.station(key) else { return String::new() };
        let readings = self.register(READINGS.name).map_or(&[][..], |one| one.rows(key));
        let number = |row: &Row, column: &str| row.get(column).parse::<f64>().unwrap_or_default();
        let limit = number(station, "limit");
        let over: Vec<String> = readings
            .iter()
            .filter(|row| number(row, "value") > limit)
            .map(|row| format!("{} on {}", row.get("value"), row.get("day")))
            .collect();
        let (limit, measure) = (station.get("limit"), station.get("measure"));
        if over.is_empty() {
            let count = readings.len();
            return format!(
                "{key}: none of {count} readings is over the limit of {limit} {measure}"
            );
        }
        format!("{key}: over the limit of {limit} {measure}: {}", over.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_over_the_limit_of_its_station_or_not() {
        let dir = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../deploy/cities/wenshan/registers"
        ));
        let module = module(dir).unwrap();
        for (station, expected) in [
            ("WS-HB-01", "over the limit of 80 ug/m3: 92.5 on 2026-11-02, 131 on 2026-11-03"),
            ("WS-HB-09", "none of 1 readings is over the limit of 80 ug/m3"),
            ("WS-HB-05", "over the limit of 2.0 mg/m3: 3.4 on 2026-11-01"),
        ] {
            let opinion = module.opinion("readings", station, &[], "2026-11-22".parse().unwrap());
            assert_eq!(opinion, format!("{station}: {expected}"));
        }
    }

    #[test]
    fn a_reading_has_a_station() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        std::fs::create_dir_all(dir.join(FOLDER)).unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.join(FOLDER).join(name), text);
        let stations = "station,name_zh,kind,limit,measure,grid,source\nS1,x,dust,1,y,z,x\n";
        write("stations.csv", stations).unwrap();
        let readings = "station,day,value,note,source\nS1,2026-01-01,1,,x\nS2,2026-01-01,1,,x\n";
        write("readings.csv", readings).unwrap();
        let faults = module(dir).err().unwrap();
        assert_eq!(faults.0[0].line, Some(3), "{faults}");
    }
}
