//! A look-up: journalled with who asked and why, answered from the register as it is.
//!
//! That a key is not there is an answer as well, and is recorded like one.

use domain::{moment::Moment, pack::Day, rejection::Rejection};
use kit::store::Decision;
use prost::Message as _;
use proto::register::{LookUpRequest, LookUpResponse};

use super::Desk;
use crate::wire;

/// What the change of a look-up is called: its content is the request.
pub(crate) const LOOK_UP: &str = "muster.register.v1.LookUpRequest";
/// What is not there.
pub(crate) fn unknown_key(asked: &LookUpRequest) -> Rejection {
    let message = format!("{:?} is not in {} of {}", asked.key, asked.register, asked.unit);
    Rejection::unknown("UNKNOWN_KEY", "key", message)
}

impl Desk {
    pub(super) fn look_up(
        &self,
        asked: &LookUpRequest,
        now: Moment,
    ) -> Result<Decision, Rejection> {
        let mut registers = self.module.registers().iter();
        let register = registers.find(|one| one.name() == asked.register).ok_or_else(|| {
            let message = format!("{} keeps no register {:?}", self.unit, asked.register);
            Rejection::unknown("UNKNOWN_REGISTER", "register", message)
        })?;
        let rows = register.rows(&asked.key);
        let today = Day::of(now, self.city.utc_offset_minutes);
        let opinion = match rows {
            [] => String::new(),
            rows => self.module.opinion(register.name(), &asked.key, rows, today),
        };
        let answer = LookUpResponse { rows: rows.iter().map(wire::row_out).collect(), opinion };
        Ok(Decision::change(LOOK_UP, asked.encode_to_vec(), Vec::new(), answer.encode_to_vec()))
    }
}
