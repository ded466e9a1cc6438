//! S7: bollards on a non-motor lane, joint review and approval (联审联批), in Dengfeng.

mod bays;
mod flow;
mod killed;
pub mod people;
mod restarted;
mod silent;
mod words;
