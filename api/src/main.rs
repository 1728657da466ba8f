//! The `caseway` program.

fn main() {}
