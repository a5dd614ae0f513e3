//! Exceptions, retries, lanes, effects, approvals and roles as pure state machines.
//!
//! A reader starts at [`effect::after`] (what follows an answer of another system), then
//! [`lane::heads`] (what may be sent next), then [`ExceptionClass`] (who owns what went wrong).
//!
//! **Invariant**: no clock and no chance; instants and seeds are passed in.
//! **Invariant**: an effect never goes from ambiguous to sent; it is read back first.

pub mod approval;
pub mod approval_policy;
pub mod backoff;
pub mod change;
pub mod delegation;
pub mod delivery_mode;
pub mod deviation;
pub mod discount_policy;
pub mod dwell;
pub mod effect;
mod exception;
pub mod exception_case;
mod exception_class;
pub mod exception_fingerprint;
pub mod exception_service;
pub mod fault_policy;
pub mod flow;
pub mod gate;
pub mod lane;
pub mod lifecycle;
pub mod mapping;
pub mod ownership;
pub mod process;
mod role;
pub mod topology;

pub use exception::{
    ExceptionRefusal, ExceptionStatus, Resolution, acknowledge, assign, resolve, stopped_again,
    verify,
};
pub use exception_class::{ExceptionClass, Severity};
pub use role::{Permission, Role, matrix};
