//! Shadow runs, approvals by another person, previews and replays, through the real journeys.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approval;
mod company;
mod dispute;
mod preview;
mod replay;
mod shadow;
