//! `cargo demo [OPTION...]`: builds what is missing and starts the program with the demonstration organisation.
//!
//! Options go to `caseway demo`; `cargo demo --help` shows them.

use std::path::Path;
use std::process::{Command, ExitCode};

use commands::program::{self, Profile};
use commands::{assets, workspace};

fn main() -> ExitCode {
    let root = workspace::root();
    let built = assets::build(&root, false).and_then(|_| {
        eprintln!("building the program (a few minutes the first time)");
        program::build(&root, Profile::Release)
    });
    match built {
        Ok(program) => start(&program),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Becomes the program, so that a signal to this process reaches it.
fn start(program: &Path) -> ExitCode {
    let mut command = Command::new(program);
    command.arg("demo").args(std::env::args_os().skip(1));
    #[cfg(unix)]
    let problem = std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    let problem = match command.status() {
        Ok(status) => {
            return status
                .code()
                .map_or(ExitCode::FAILURE, |code| ExitCode::from(code as u8));
        }
        Err(problem) => problem,
    };
    eprintln!("{} does not start: {problem}", program.display());
    ExitCode::FAILURE
}
