//! `cargo assets`.

fn main() {}
