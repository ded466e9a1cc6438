//! The one door for communities, the office and the city government: whistles and the ledger.
//!
//! What is taken here is in the gateway's own journal before it is answered, and goes to the bus
//! from there: a whistle is taken while the bus, the worker and Temporal are down. The ledger is
//! the bus's record as the gateway has followed it, folded case by case by the rules of `domain`;
//! it decides nothing and calls nobody, that is the worker's.
//!
//! # Layout
//! - [`asking`], `command`, `raise`, `road`, `again`, `merge`, `answer`, `clock`, `ladder`, `local`, `ruling`, `number`: what can be asked, and
//!   the pure decisions about it
//! - `door`: these decisions and the ledger's fold as the machine of one store
//! - `told`, `matter`, `index`, `ledger`: what was said, a case from it, its keys, their folding
//! - [`registry`]: who answers for what, its amendments, and cases that are handed over
//! - `access`: who may do and see what, all of it
//! - `complaint`, `sheets`: complaints, and the units that have to answer
//! - `credit`: scores, the list, what goes outside
//! - `approvals`: joint approvals
//! - `decisions`: enforcement decisions, their supervision and publication
//! - `inspections`: stops, whose each finding is, and seized vehicles
//! - `operations`: joint operations
//! - `read`, `history`, [`picture`], `watch`, `precedent`, `sentence`: what is seen
//! - [`filter`], `catalog`, `words`, `known`, `walk`, `search`, `yardstick`, `rates`: what is looked for,
//!   where it is listed, and what is counted and measured
//! - `dues`, `late`: what is due when, and what is late
//! - `measured`: what operators are told in figures
//! - `service`, `inquiry`, `wire`, `evidence`: the interfaces on the wire
//!
//! # Keys of the view
//! | key | value |
//! |---|---|
//! | `b<issue type> 0 <grid> 0 <moment> <case>` | nothing: the case is open, and was reported last then; the latest first |
//! | `c<case>` | the case as it stands, without its words (`matter::Matter`, JSON) |
//! | `d<case> 0 <slot> <round>` | a decision that was taken and is on its way to the bus; of a merging, the case that goes on |
//! | `e<digest> 0 <case>` | nothing: the case refers to that evidence |
//! | `F<object>` | nothing: a decision about its credit is on its way to the bus |
//! | `V<subject> 0` | the trace context of that matter |
//! | `L<object>` | nothing: the object is on the list |
//! | `f<party> 0 <approval>` | nothing: the approval concerns that party |
//! | `g<approval>` | nothing: it is taken back |
//! | `h<case> 0 <ledger place>` | where in the journal it was said: place (8), index (4) |
//! | `i<letter><value> 0 <moment> <case>` | nothing: the case is in that list, the last raised first (`catalog`) |
//! | `j<letter><value> 0` | how many cases are in that list |
//! | `k<channel> 0 <number> 0 <case>` | nothing: the case is open, and has a report of that number |
//! | `l<ledger place>` | the same, and the case |
//! | `m<case>` | nothing: another report can still be linked to the case |
//! | `O<object> 0 <delivery>` | what is not with an outside system yet (`domain::credit::Delivery`, JSON) |
//! | `n<name>` | a count |
//! | `o<object> 0 <case>` | nothing: the case names that object as responsible, and is not merged |
//! | `C<object>` | the credit of an object as it stands (`domain::credit::Ledger`, JSON) |
//! | `Dd<decision>` | an enforcement decision as it stands (`domain::decision::Decision`, JSON) |
//! | `Dn<decision>` | the highest number of a supervisor's opinion that was said here |
//! | `Dp<moment><decision> 0 <phase>` | what was published of it (`decisions::keys::Published`, JSON) |
//! | `Dq<decision>` | nothing: it has an opinion that is not answered |
//! | `Du<party> 0 <decision>` | nothing: the decision concerns that party |
//! | `p<approval>` | a joint approval as it stands (`approvals::Kept`, JSON) |
//! | `Nd<object>` | what was found of an object (`domain::inspection::Docket`, JSON) |
//! | `Ni<inspection>`, `No<inspection>`, `Ns<seizure>` | its object: all stops, those in which something is open, all seizures |
//! | `Nu<i, o or s><party> 0 <the same>` | its object: it concerns that unit |
//! | `Nf<object>` | nothing: something about it waits for the office |
//! | `Nw<object>` | nothing: a decision of the office is on its way to the bus |
//! | `Xo<operation>` | a joint operation as it stands (`operations::Kept`, JSON) |
//! | `Xp<party> 0 <operation>` | nothing: the operation concerns that party |
//! | `Xw<operation>` | nothing: it has ended, and a unit has not let go |
//! | `Xl<operation> 0 <number>` | what was said in it (`operations::Entry`, JSON) |
//! | `Xn<operation>` | how many orders were given here |
//! | `T<subject> 0 <place><index>` | nothing: what the bus's record has about that matter stands there in the journal (`trail`) |
//! | `U<subject> 0 <envelope>` | where in the journal what was said here stands: it is on its way to the bus |
//! | `reg/…` | the registry, see [`kit::registry`] |
//! | `a<case>` | nothing: the case waits for the joint conference |
//! | `q<case> 0 <complaint>` | nothing: the complaint is about what happened in that case |
//! | `s<case> 0 <unit>` | a sheet as it stands (`domain::accountability::Sheet`, JSON) |
//! | `u<unit> 0 <case>` | nothing: the unit has a sheet in that case |
//! | `t<case> 0 <unit>` | a decision about that sheet is on its way to the bus |
//! | `w<number>` | an entry of the bulletin (`sheets::Entry`, JSON) |
//! | `v<issue type> 0 <case> 0 <round>` | a ruling (`precedent::Kept`, JSON) |
//! | `y<unit> 0 <issue type> 0 <case> 0 <round>` | nothing: the unit has refused against a ruling |
//! | `z<moment>` | an outage of ours that began then (JSON) |
//! | `x<scope> 0 <list> 0 <case>` | nothing: the case is in that list of who may see it |

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod again;
mod answer;
mod approvals;
pub mod asking;
mod catalog;
mod clock;
mod command;
mod complaint;
mod config;
mod credit;
mod decisions;
mod door;
mod dues;
mod evidence;
pub mod filter;
mod gateway;
mod history;
mod index;
mod inquiry;
mod inspections;
mod known;
mod ladder;
mod late;
mod lately;
mod ledger;
mod local;
mod matter;
mod measured;
mod merge;
mod number;
mod operations;
pub mod picture;
mod precedent;
mod raise;
mod rates;
mod read;
pub mod registry;
mod road;
mod ruling;
mod search;
mod sentence;
mod service;
mod sheets;
mod told;
mod trail;
mod walk;
mod watch;
mod wire;
mod words;
mod yardstick;

#[cfg(test)]
mod tests;

pub use self::{
    config::Config,
    gateway::{Error, Gateway},
    read::Counts,
};
