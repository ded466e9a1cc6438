//! Joint operations (联合执法行动): S4 as far as the operation goes, on real parts, in Dengfeng and Wuhan.

mod away;
mod killed;
mod night;
pub(crate) mod people;
mod reserved;
mod series;
