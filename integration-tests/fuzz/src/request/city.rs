//! The city of whose requests these are: the pack of Wenshan as it is compiled in.

use std::{collections::BTreeMap, sync::OnceLock};

use domain::pack::{self, City};

/// The city.
pub(super) fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    macro_rules! files {
        ($($name:literal),* $(,)?) => {[$((
            $name.to_owned(),
            include_bytes!(concat!("../../../../deploy/cities/wenshan/", $name)).to_vec(),
        )),*]};
    }
    CITY.get_or_init(|| {
        let files: BTreeMap<String, Vec<u8>> = files![
            "city.toml",
            "units.csv",
            "grid.csv",
            "issue_types.csv",
            "routing.csv",
            "limits.csv",
            "evidence.csv",
            "accountability.csv",
            "duplicates.csv",
            "hours.csv",
            "calendar.csv",
        ]
        .into();
        pack::load(&files).expect("the pack of Wenshan has no fault")
    })
}
