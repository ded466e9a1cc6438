//! The console: what people see of a city in a browser, and where they do their part.
//!
//! It is served by the gateway's process and holds nothing of its own but who may sign in. Everything
//! it shows it asks of the roles by their gRPC services, in the name of the person who is signed in,
//! so that the policies of the pack decide what that person sees and does, here as everywhere.
//! It refuses to act for who is not signed in, and asks no other host for anything.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod waterfall;
pub mod words;
