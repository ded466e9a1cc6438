//! Story S11, charging wires out of the windows of an old compound: the community is not satisfied.
//!
//! Everything through the public interfaces, on the program as it ships, in a city whose limits are
//! seconds where a story waits for one. The README's table says which test is for which clause.

mod arrival;
mod complaint;
mod consultation;
mod flow;
pub mod people;
mod proxy;
mod sheet;
