//! `cargo faults [--OPTION VALUE]...`: kills, cuts and pauses the release program and its database; see `tests/README.md`.
#![allow(
    clippy::print_stdout,
    reason = "a command talks to the person who typed it"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use ::tests::faults::{self, Database, Plan};
use commands::clock::Stopwatch;
use commands::program::{self, Profile};
use commands::workspace;

const USAGE: &str = "\
usage: cargo faults [--OPTION VALUE]...
  --database KIND   sqlite or postgres [default: sqlite]
  --rounds NUMBER   how often something is killed, cut or paused [default: 200]
  --nodes NUMBER    programs over one PostgreSQL [default: 3]
  --apart YES       yes: each program in a network namespace, by a clock of its own; Linux, as root [default: no]
  --seed NUMBER     what the choices follow from [default: chosen and printed]
  --folder FOLDER   where SQLite files are [default: the folder for temporary files]
  --program FILE    a build of caseway [default: CASEWAY_PROGRAM, else the release build, made now]";

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
    let mut plan = read(arguments)?;
    if plan.program.as_os_str().is_empty() {
        plan.program = program::named_or_built(&workspace::root(), Profile::Release)?;
    }
    println!(
        "seed {}, {} rounds, {:?}",
        plan.seed, plan.rounds, plan.database
    );
    let watch = Stopwatch::start();
    let account = faults::run(&plan, |account| {
        let rounds: u64 = account.events.values().sum();
        println!("{rounds:>6} rounds, nothing lost, nothing twice");
    })?;
    println!(
        "{account}\nseed {}, {:.0} s: everything holds",
        plan.seed,
        watch.elapsed().as_secs_f64()
    );
    Ok(())
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan = Plan {
        program: PathBuf::new(),
        folder: std::env::temp_dir(),
        database: Database::Sqlite,
        seed: chosen(),
        rounds: 200,
        nodes: 3,
        apart: false,
    };
    while let Some(option) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{option} needs a value\n{USAGE}"))?;
        match (option.as_str(), value.as_str()) {
            ("--database", "sqlite") => plan.database = Database::Sqlite,
            ("--database", "postgres") => plan.database = Database::Postgres,
            ("--rounds", _) => plan.rounds = number(&option, &value)?,
            ("--nodes", _) => plan.nodes = number(&option, &value)? as usize,
            ("--seed", _) => plan.seed = number(&option, &value)?,
            ("--folder", _) => plan.folder = value.into(),
            ("--program", _) => plan.program = value.into(),
            ("--apart", "yes") => plan.apart = true,
            ("--apart", "no") => plan.apart = false,
            ("--database", other) => {
                return Err(format!("\"{other}\" is no kind of database\n{USAGE}"));
            }
            (other, _) => return Err(format!("\"{other}\" is not an option\n{USAGE}")),
        }
    }
    Ok(plan)
}

/// A seed of the moment.
#[allow(
    clippy::disallowed_methods,
    reason = "any number will do, and it is printed"
)]
fn chosen() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.map_or(1, |time| time.as_millis() as u64)
}

fn number(option: &str, text: &str) -> Result<u64, String> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{option} is a number from 1, not \"{text}\"\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan, String> {
        read(line.split_whitespace().map(String::from))
    }

    #[test]
    fn options_are_read_and_wrong_ones_are_named() {
        let read = plan("--database postgres --rounds 7 --seed 3").unwrap();
        assert_eq!(
            (read.database, read.rounds, read.seed),
            (Database::Postgres, 7, 3)
        );
        assert!(
            plan("--rounds 0")
                .unwrap_err()
                .contains("--rounds is a number")
        );
        assert!(plan("--database oracle").unwrap_err().contains("oracle"));
        assert!(plan("--speed 9").unwrap_err().contains("--speed"));
    }
}
