//! The `tieout` binary.
fn main() {}
