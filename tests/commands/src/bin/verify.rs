//! `cargo verify [--skip STEP]... [--only STEP]...`: all checks and tests of the project, in the order of their cost.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use commands::program::{self, Profile};
use commands::run::{self, Counts};
use commands::steps::{self, Choice, Outcome, Step};
use commands::{assets, packages, tidy, tools, workspace};

fn main() -> ExitCode {
    let root = workspace::root();
    let steps = all(&root);
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    match choice(std::env::args().skip(1), &names) {
        Ok(choice) if steps::run(&steps, &choice) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!(
                "{problem}\nusage: cargo verify [--skip STEP]... [--only STEP]...\nsteps: {}",
                names.join(", ")
            );
            ExitCode::from(2)
        }
    }
}

fn choice(mut arguments: impl Iterator<Item = String>, names: &[&str]) -> Result<Choice, String> {
    let mut choice = Choice::default();
    while let Some(argument) = arguments.next() {
        let list = match argument.as_str() {
            "--skip" => &mut choice.skip,
            "--only" => &mut choice.only,
            other => return Err(format!("\"{other}\" is not an option")),
        };
        let name = arguments
            .next()
            .ok_or_else(|| format!("{argument} needs the name of a step"))?;
        if !names.contains(&name.as_str()) {
            return Err(format!("there is no step \"{name}\""));
        }
        list.push(name);
    }
    Ok(choice)
}

fn all(root: &Path) -> Vec<Step<'_>> {
    vec![
        Step {
            name: "tidy",
            needs: &[],
            way_out: "the house rules are in tests/commands/src/tidy.rs",
            run: Box::new(|| match tidy::problems(root) {
                problems if problems.is_empty() => Ok(Counts::default()),
                problems => failure(format!(
                    "{} breaches of the house rules\n{}",
                    problems.len(),
                    problems.join("\n")
                )),
            }),
        },
        Step {
            name: "tools",
            needs: &[],
            way_out: "install it as shown above, then run cargo verify again",
            run: Box::new(|| checked(tools::node().and_then(|()| tools::postgres()))),
        },
        Step {
            name: "fmt",
            needs: &[],
            way_out: "run `cargo fmt --all`",
            run: Box::new(|| run::run(program::cargo(root).args(["fmt", "--all", "--check"]))),
        },
        Step {
            name: "assets",
            needs: &["tools"],
            way_out: "run `cargo assets` alone to see the messages again",
            run: Box::new(|| checked(assets::build(root, false))),
        },
        Step {
            name: "clippy",
            needs: &["assets"],
            way_out: "each message above names a line and what to write instead",
            run: Box::new(|| {
                run::run(program::cargo(root).args([
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--all-features",
                    "--",
                    "--deny",
                    "warnings",
                ]))
            }),
        },
        Step {
            name: "tests",
            needs: &["assets", "tools"],
            way_out: "run one crate alone: `cargo test -p NAME`",
            run: Box::new(|| {
                let mut command = test_runner(root)?;
                let counts = run::run(command.args(["--workspace", "--exclude", "tests"]))?;
                // What only a program with all features does.
                let mut command = test_runner(root)?;
                let features = ["--package", "api", "--features", "otlp", "telemetry"];
                with(counts, run::run(command.args(features)))
            }),
        },
        Step {
            name: "doc-tests",
            needs: &["assets"],
            way_out: "run `cargo test --doc --workspace`",
            run: Box::new(|| {
                run::run(program::cargo(root).args(["test", "--quiet", "--doc", "--workspace"]))
            }),
        },
        Step {
            name: "scenarios",
            needs: &["assets", "tools"],
            way_out: "run `cargo test -p tests`; the message names the file and line of each scenario",
            run: Box::new(|| {
                // Built before the tests run, so that each of them finds it and none waits for the others.
                let program = program::build(root, Profile::Debug);
                let program = program.map_err(|problem| (Counts::default(), problem))?;
                let mut command = test_runner(root)?;
                run::run(
                    command
                        .env("CASEWAY_PROGRAM", program)
                        .args(["--package", "tests"]),
                )
            }),
        },
        Step {
            name: "browser",
            needs: &["assets", "tools"],
            way_out: "screenshots of what failed are in target/browser; `cargo verify --skip browser` leaves these tests out",
            run: Box::new(|| browser(root)),
        },
        Step {
            name: "clients",
            needs: &["assets", "tools"],
            way_out: "tests/README.md says how to run one of them; `cargo verify --skip clients` leaves these tests out",
            run: Box::new(|| clients(root)),
        },
    ]
}

fn failure(problem: String) -> Outcome {
    Err((Counts::default(), problem))
}

fn checked<T>(result: Result<T, String>) -> Outcome {
    result.map(|_| Counts::default()).or_else(failure)
}

/// What runs tests: nextest where it is installed (one process a test, quicker), else cargo's own runner. All of them share
/// one PostgreSQL, which ends with this program.
fn test_runner(root: &Path) -> Result<Command, (Counts, String)> {
    let server = servers::Postgres::shared().map_err(|problem| (Counts::default(), problem))?;
    let mut command = program::cargo(root);
    command.env(servers::RUNNING, server.folder());
    if tools::on_path("cargo-nextest").is_some() {
        command.args([
            "nextest",
            "run",
            "--no-fail-fast",
            "--status-level",
            "fail",
            "--no-tests",
            "pass",
        ]);
    } else {
        command.args([
            "test",
            "--quiet",
            "--no-fail-fast",
            "--lib",
            "--bins",
            "--tests",
        ]);
    }
    Ok(command)
}

/// Drives a real Chromium against the program, built for debugging.
fn browser(root: &Path) -> Outcome {
    let folder = root.join("tests/browser");
    let prepared = || {
        if tools::chromium().is_none() {
            tools::install("chromium", "the browser tests drive it")?;
        }
        let chromium = tools::chromium().ok_or("chromium was installed but is not on PATH")?;
        packages::fetch(&folder)?;
        let program = program::build(root, Profile::Debug)?;
        Ok::<_, String>((chromium, program))
    };
    let (chromium, program) = prepared().map_err(|problem| (Counts::default(), problem))?;
    run::run(node_tests(&program, &folder, &node_files(&folder)).env("CASEWAY_CHROMIUM", chromium))
}

/// Drives the program with the clients that programs use: those for Node and for Python, as their registries give them. Those for
/// Node do it twice: over SQLite, and over PostgreSQL.
fn clients(root: &Path) -> Outcome {
    let folder = root.join("tests/clients");
    let prepared = || {
        packages::fetch(&folder)?;
        let python = packages::fetch_python(&folder)?;
        let program = program::build(root, Profile::Debug)?;
        Ok::<_, String>((python, program))
    };
    let (python, program) = prepared().map_err(|problem| (Counts::default(), problem))?;
    let mut counts = run::run(&mut node_tests(&program, &folder, &node_files(&folder)))?;
    for file in node_files(&folder) {
        let server = servers::Postgres::shared();
        let database = server.and_then(servers::Postgres::schema);
        let database = database.map_err(|problem| (counts, problem))?;
        let mut command = node_tests(&program, &folder, &[file]);
        command.env("CASEWAY_TEST_DATABASE", database);
        counts = with(counts, run::run(&mut command))?;
    }
    let mut command = Command::new(python);
    command
        .current_dir(&folder)
        .env("CASEWAY_PROGRAM", &program)
        .env("LOGURU_LEVEL", "WARNING")
        .arg("python_client_test.py");
    with(counts, run::run(&mut command))
}

/// What came of two commands, of which the first one succeeded.
fn with(mut counts: Counts, second: Outcome) -> Outcome {
    match second {
        Ok(more) => {
            counts.add(more);
            Ok(counts)
        }
        Err((more, problem)) => {
            counts.add(more);
            Err((counts, problem))
        }
    }
}

/// The tests for Node in a folder.
fn node_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = workspace::files(folder);
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    files
}

/// Node's test runner over some of the tests of a folder.
fn node_tests(program: &Path, folder: &Path, files: &[PathBuf]) -> Command {
    let mut command = Command::new("node");
    command
        .current_dir(folder)
        .env("CASEWAY_PROGRAM", program)
        .args(["--test", "--test-reporter=spec", "--test-concurrency=2"])
        .args(files);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(arguments: &[&str]) -> Result<Choice, String> {
        choice(
            arguments.iter().map(|each| (*each).to_owned()),
            &["fmt", "browser"],
        )
    }

    #[test]
    fn steps_are_chosen_by_name_and_unknown_names_are_refused() {
        assert_eq!(chosen(&["--skip", "browser"]).unwrap().skip, ["browser"]);
        assert_eq!(chosen(&["--only", "fmt"]).unwrap().only, ["fmt"]);
        assert!(
            chosen(&["--skip", "browsr"])
                .unwrap_err()
                .contains("browsr")
        );
        assert!(chosen(&["--fast"]).unwrap_err().contains("--fast"));
        assert!(chosen(&["--skip"]).unwrap_err().contains("needs"));
    }
}
