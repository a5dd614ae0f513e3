//! One file per journey: load, decide, record, act
