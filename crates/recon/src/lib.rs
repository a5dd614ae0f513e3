//! Tie-outs: expected, actual, difference, and what explains it
