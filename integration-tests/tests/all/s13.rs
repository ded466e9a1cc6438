//! Story S13, powers are moved on 1 July: the amendment, the day of the event, the reviewed hand-over,
//! and the same event in three cities.
//!
//! Everything through the public interfaces, on real parts. Where days pass, all roles of a system
//! have one clock that the story moves; "1 July" is the first day on which an amendment of today may
//! take force.

mod cities;
mod flow;
mod handed;
mod refused;
pub mod stage;
