//! `cargo load [--OPTION VALUE]...`: measures the release program from outside; see `tests/README.md`.
#![allow(
    clippy::print_stdout,
    reason = "a command talks to the person who typed it"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::tests::load::{self, Part, Plan};
use commands::program::{self, Profile};
use commands::workspace;
use serde_json::json;

const USAGE: &str = "\
usage: cargo load [--OPTION VALUE]...
  --folder FOLDER       where the databases are [default: the folder for temporary files]
  --rounds NUMBER       how often everything is measured; figures are medians [default: 3]
  --measure LIST        completions, pages, operations, searches, webhooks [default: completions,pages]
  --database ADDRESS    of completions, operations, searches and webhooks, empty and yours to lose: postgres://... [default: a new SQLite file]
  --completions NUMBER  completions, operations of each kind, or events, for each number of connections [default: 5000]
  --connections LIST    numbers of connections [default: 1,32]
  --views NUMBER        how often each page is opened, and each search asked [default: 200]
  --open LIST           numbers of open tasks to search among, the smaller first [default: 10000]
  --json FILE           writes the figures of all rounds
  --program FILE        a build of caseway [default: CASEWAY_PROGRAM, else the release build, made now]";

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let (mut plan, file) = read(arguments)?;
    if plan.program.as_os_str().is_empty() {
        plan.program = program::named_or_built(&workspace::root(), Profile::Release)?;
    }
    let before = machine_load();
    let account = load::measure(&plan)?;
    println!("{}", account.table());
    println!(
        "\nmedians of {}; databases in {}; load of the machine {before} before, {} after",
        plan.rounds,
        plan.folder.display(),
        machine_load()
    );
    let Some(file) = file else {
        return Ok(());
    };
    let mut json = account.json();
    json["folder"] = json!(plan.folder);
    json["completions"] = json!(plan.completions);
    json["load_before"] = json!(before);
    std::fs::write(&file, format!("{json:#}\n"))
        .map_err(|problem| format!("{}: {problem}", file.display()))
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<(Plan, Option<PathBuf>), String> {
    let mut plan = Plan {
        program: PathBuf::new(),
        folder: std::env::temp_dir(),
        rounds: 3,
        parts: vec![Part::Completions, Part::Pages],
        database: None,
        completions: 5_000,
        connections: vec![1, 32],
        views: 200,
        open: vec![10_000],
    };
    let mut file = None;
    while let Some(option) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{option} needs a value\n{USAGE}"))?;
        match option.as_str() {
            "--folder" => plan.folder = value.into(),
            "--rounds" => plan.rounds = number(&option, &value)?,
            "--completions" => plan.completions = number(&option, &value)?,
            "--measure" => plan.parts = value.split(',').map(part).collect::<Result<_, _>>()?,
            "--database" => plan.database = Some(value),
            "--connections" => plan.connections = numbers(&option, &value)?,
            "--open" => plan.open = numbers(&option, &value)?,
            "--views" => plan.views = number(&option, &value)?,
            "--json" => file = Some(value.into()),
            "--program" => plan.program = value.into(),
            other => return Err(format!("\"{other}\" is not an option\n{USAGE}")),
        }
    }
    Ok((plan, file))
}

fn numbers(option: &str, text: &str) -> Result<Vec<usize>, String> {
    text.split(',').map(|each| number(option, each)).collect()
}

fn part(word: &str) -> Result<Part, String> {
    let known = Part::ALL.iter().find(|(known, _)| *known == word.trim());
    known
        .map(|(_, part)| *part)
        .ok_or_else(|| format!("\"{word}\" cannot be measured\n{USAGE}"))
}

fn number(option: &str, text: &str) -> Result<usize, String> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{option} is a number from 1, not \"{text}\"\n{USAGE}"))
}

/// How busy the machine was in the last minute; figures of a busy one mean little.
fn machine_load() -> String {
    let text = std::fs::read_to_string(Path::new("/proc/loadavg")).unwrap_or_default();
    text.split_whitespace()
        .next()
        .unwrap_or("unknown")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan, String> {
        read(line.split_whitespace().map(String::from)).map(|(plan, _)| plan)
    }

    #[test]
    fn options_are_read_and_wrong_ones_are_named() {
        assert_eq!(plan("--connections 1,8").unwrap().connections, [1, 8]);
        assert_eq!(plan("").unwrap().rounds, 3);
        assert_eq!(
            plan("--measure operations").unwrap().parts,
            [Part::Operations]
        );
        assert!(
            plan("--measure speed")
                .unwrap_err()
                .starts_with("\"speed\"")
        );
        assert!(
            plan("--rounds 0")
                .unwrap_err()
                .starts_with("--rounds is a number")
        );
        assert!(
            plan("--speed 9")
                .unwrap_err()
                .contains("\"--speed\" is not an option")
        );
        assert!(plan("--json").unwrap_err().contains("--json needs a value"));
    }
}
