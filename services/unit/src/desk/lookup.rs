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
/// The most rows that an answer has.
const ROWS_MAX: usize = 100;

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
        let answer = self.find(&asked.register, &asked.key, &asked.purpose, now)?;
        Ok(Decision::change(LOOK_UP, asked.encode_to_vec(), Vec::new(), answer.encode_to_vec()))
    }

    /// What a register has under a key, for a purpose that the department lets it be asked for.
    pub(super) fn find(
        &self,
        register: &str,
        key: &str,
        purpose: &str,
        now: Moment,
    ) -> Result<LookUpResponse, Rejection> {
        let mut registers = self.module.registers().iter();
        let register = registers.find(|one| one.name() == register).ok_or_else(|| {
            let message = format!("{} keeps no register {register:?}", self.unit);
            Rejection::unknown("UNKNOWN_REGISTER", "register", message)
        })?;
        self.module.permit(register.name(), purpose)?;
        let rows = register.rows(key);
        let today = Day::of(now, self.city.utc_offset_minutes);
        let opinion = match rows {
            [] => String::new(),
            rows => self.module.opinion(register.name(), &register.key(key), rows, today),
        };
        let rows = rows.iter().take(ROWS_MAX).map(wire::row_out).collect();
        Ok(LookUpResponse { rows, opinion })
    }
}
