//! Story S3, nobody's problem: a shed over a gas pipe, refused by everybody, until a ruling binds.
//!
//! Everything through the public interfaces, on the program as it ships, with the pack of Wenshan as
//! it ships; limits are seconds only where a story waits for one. The README's table says which test
//! is for which clause.

mod binding;
mod danger;
mod flow;
mod refused;
mod retyped;
mod scene;
