//! Every door of the server, tried from outside: the API, the console's entrance, the webhooks, the
//! paths that watch the process. Books are in memory, time is moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod access;
mod approvals;
mod commands;
mod description;
mod entrance;
mod papers;
mod questions;
mod support;
mod synchronous;
mod tcp;
mod webhook;
