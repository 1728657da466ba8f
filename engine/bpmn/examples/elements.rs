//! Prints the table of elements for the README: `cargo run -p bpmn --example elements`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    write!(std::io::stdout(), "{}", bpmn::elements::markdown())
}
