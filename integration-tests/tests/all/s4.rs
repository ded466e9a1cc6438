//! S4, the findings of one truck at the checkpoint (M063): split by the table of powers of Dengfeng,
//! settled by two units, each within its own, with the police away and parts killed in the middle; and
//! the register of seizures (M070). The score that follows is in `credit::s4`.

mod checkpoint;
mod killed;
mod office;
mod people;
mod traced;
