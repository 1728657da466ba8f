//! `caseway check FILE...`: the deployment report on the terminal, for people or as JSON.

use crate::report::{File, FileReport, Report, soundness, verdict};
use crate::terminal::{complain, say};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How the report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Lines for people
    Text,
    /// One JSON document, the same that the JSON API gives
    Json,
}

/// Prints the report; fails where a file cannot be read or deployed.
pub(crate) fn run(paths: &[PathBuf], format: Format) -> ExitCode {
    let files = match read(paths) {
        Ok(files) => files,
        Err(problem) => {
            complain(problem);
            return ExitCode::FAILURE;
        }
    };
    let report = Report::of(files);
    match format {
        Format::Text => print(&report),
        Format::Json => say(format!("{:#}", report.json())),
    }
    if report.is_deployable() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Reads the files.
///
/// # Errors
/// A line that names the file.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<File>, String> {
    paths.iter().map(|path| read_one(path)).collect()
}

fn read_one(path: &Path) -> Result<File, String> {
    let bytes = std::fs::read(path).map_err(|problem| format!("{}: {problem}", path.display()))?;
    Ok(File::new(&path.display().to_string(), bytes))
}

/// Prints the problems of each file, its elements, and the sum.
pub(crate) fn print(report: &Report) {
    for file in &report.files {
        print_file(file);
    }
    let result = if report.is_deployable() {
        "can be deployed"
    } else {
        "cannot be deployed"
    };
    say(format!("{result}: {}", report.summary()));
}

fn print_file(file: &FileReport) {
    for problem in &file.problems {
        let about = problem
            .element_id
            .as_deref()
            .map_or(String::new(), |id| format!(" [{id}]"));
        say(format!(
            "{}:{}:{}: {}:{about} {}",
            file.name, problem.line, problem.column, problem.severity, problem.message
        ));
        if !problem.way_out.is_empty() {
            say(format!("    {}", problem.way_out));
        }
        if !problem.path.is_empty() {
            say(format!("    the way to it: {}", problem.path.join(" > ")));
        }
    }
    for process in &file.soundness {
        say(format!("{}: {}", file.name, soundness(process)));
    }
    if file.elements.is_empty() {
        return;
    }
    let rows: Vec<[String; 4]> = file.elements.iter().map(row).collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second, third) = (width(0), width(1), width(2));
    say(format!("{}: {} elements", file.name, file.elements.len()));
    for [verdict, kind, name, reason] in &rows {
        say(format!("  {verdict:first$}  {kind:second$}  {name:third$}  {reason}").trim_end());
    }
}

fn row(element: &bpmn::ElementReport) -> [String; 4] {
    let (word, reason) = verdict(&element.verdict);
    let name = element
        .name
        .as_deref()
        .filter(|name| !name.is_empty())
        .unwrap_or(&element.id);
    [
        word.into(),
        element.kind.to_string(),
        name.replace('\n', " "),
        reason.into(),
    ]
}
