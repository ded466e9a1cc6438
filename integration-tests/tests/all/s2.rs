//! Story S2, a department is late: urging, then the community's direct report to the city government.
//!
//! Everything through the public interfaces, on the program as it ships, in a city whose limits are
//! seconds where a story waits for one. The README's table says which test is for which clause.

mod before;
mod down;
mod early;
mod flow;
mod office;
mod other;
mod people;
mod silent;
mod withdrawn;
