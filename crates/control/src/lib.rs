//! Exceptions, retries, lanes, effects and roles as pure state machines
