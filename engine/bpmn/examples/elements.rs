//! Prints the table of elements for the README: `cargo run -p bpmn --example elements`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| element | BPMN 2.0.2 | executed |")?;
    writeln!(out, "|---|---|---|")?;
    for row in bpmn::elements::table() {
        let executed = if row.executed { "yes" } else { "not yet" };
        writeln!(out, "| {} | {} | {executed} |", row.name, row.clause)?;
    }
    Ok(())
}
