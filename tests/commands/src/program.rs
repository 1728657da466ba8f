//! The `caseway` program: built by cargo, wherever cargo puts it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Which build of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build: for tests.
    Debug,
    /// Quick to run: for people.
    Release,
}

/// The environment variable that names a build of the program.
const NAMED: &str = "CASEWAY_PROGRAM";

/// The executable: the one that `CASEWAY_PROGRAM` names, else one built now.
pub fn named_or_built(root: &Path, profile: Profile) -> Result<PathBuf, String> {
    match std::env::var_os(NAMED) {
        Some(program) => Ok(program.into()),
        None => build(root, profile),
    }
}

/// Builds the program and gives the path of the executable; `Err` when it does not build.
pub fn build(root: &Path, profile: Profile) -> Result<PathBuf, String> {
    let mut command = cargo(root);
    command.args([
        "build",
        "--package",
        "api",
        "--bin",
        "caseway",
        "--message-format",
        "json-render-diagnostics",
    ]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output = output.map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err("the program does not build; the messages above say why".to_owned());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    messages
        .lines()
        .filter_map(executable)
        .next_back()
        .ok_or_else(|| "cargo did not say where the program is".to_owned())
}

/// The cargo that started this command, in the root of the workspace.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root);
    command
}

/// The path in one of cargo's JSON messages, when it reports the executable of `caseway`.
fn executable(message: &str) -> Option<PathBuf> {
    let (_, rest) = message.split_once("\"executable\":\"")?;
    let (path, _) = rest.split_once('"')?;
    let path = PathBuf::from(path.replace("\\\\", "\\"));
    (path.file_stem()? == "caseway").then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_read_from_the_messages_of_cargo() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"caseway"},"executable":"/t/debug/caseway","fresh":true}"#;
        assert_eq!(executable(line), Some(PathBuf::from("/t/debug/caseway")));
        assert_eq!(
            executable(r#"{"reason":"compiler-artifact","executable":null}"#),
            None
        );
    }
}
