//! Prints the deployment report of files: `cargo run -p bpmn --example report -- FILE...`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for file in std::env::args().skip(1) {
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        let reading = bpmn::read(&text);
        let report = reading.report;
        writeln!(
            out,
            "{file}: {} elements, deployable: {}",
            report.elements.len(),
            report.is_deployable()
        )?;
        for problem in report.problems {
            writeln!(out, "  {problem}")?;
        }
    }
    Ok(())
}
