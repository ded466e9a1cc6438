//! Story S1, street vending at a market gate: the plain whistle, its unhappy paths, its assertions.
//!
//! Everything through the public interfaces, on the program as it ships, in a city whose limits are
//! seconds where a story waits for one. The README's table says which test is for which clause.

mod again;
mod clock;
mod flow;
mod ground;
mod killed;
mod late;
mod others;
pub mod people;
mod silent;
pub mod stage;
