//! The programs that the project needs beside Rust: which, from which version on, and how one gets them.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::run;

/// The oldest Node that the asset build and the browser tests run on.
pub const NODE_MINIMUM: u32 = 20;

const NODE_WAY_OUT: &str = "  Debian 13:   apt-get install nodejs npm
  Debian 12:   its own nodejs is version 18; take Node 20 or newer from https://nodejs.org/en/download
               (unpack it and put its bin folder on PATH) or from the packages of nodesource.com
  anywhere:    https://nodejs.org/en/download, or a version manager such as fnm or nvm";

/// Checks that Node and npm are there and new enough; `Err` names what is missing and how to install it.
pub fn node() -> Result<(), String> {
    judge_node(run::output(Command::new("node").arg("--version")).as_deref())?;
    match run::output(Command::new(npm()).arg("--version")) {
        Some(_) => Ok(()),
        None => Err(format!(
            "npm is missing. It fetches the pinned packages of the browser assets.\n  Debian:      apt-get install npm\n{NODE_WAY_OUT}"
        )),
    }
}

/// npm's name as a program of this system.
pub fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn judge_node(version: Option<&str>) -> Result<(), String> {
    let needed =
        format!("Node {NODE_MINIMUM} or newer builds the style sheets and scripts of the pages.");
    let Some(version) = version else {
        return Err(format!("Node is missing. {needed}\n{NODE_WAY_OUT}"));
    };
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MINIMUM => Ok(()),
        _ => Err(format!(
            "Node {version} is too old. {needed}\n{NODE_WAY_OUT}"
        )),
    }
}

/// Checks that PostgreSQL is there and new enough, and installs it where this may be done; `Err` says how to get it.
pub fn postgres() -> Result<(), String> {
    if servers::postgres_programs().is_err() {
        install(servers::PACKAGE, "the tests run on a real server of it")?;
    }
    servers::postgres_programs().map(|_| ())
}

/// The Chromium that drives the browser tests: `CASEWAY_CHROMIUM`, else the first found on PATH.
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CASEWAY_CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|path| path.exists());
    }
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find_map(on_path)
}

/// Where a program is on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Installs a Debian package by name when this may be done here; `Err` says what to type instead.
pub fn install(package: &str, purpose: &str) -> Result<(), String> {
    let by_hand = format!(
        "{package} is missing; {purpose}.\n  Debian:      apt-get install {package}   (as root)"
    );
    let is_root = run::output(Command::new("id").arg("-u")).as_deref() == Some("0");
    if !is_root || on_path("apt-get").is_none() {
        return Err(by_hand);
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments);
        run::run(&mut command).map_err(|(_, problem)| format!("{problem}\n{by_hand}"))
    };
    apt(&["update", "--quiet"])?;
    apt(&[
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        package,
    ])
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_old_node_is_named_with_its_minimum_and_the_way_to_install_it() {
        for version in [None, Some("v18.20.4"), Some("nonsense")] {
            let message = judge_node(version).unwrap_err();
            assert!(message.contains("Node 20 or newer"), "{message}");
            assert!(message.contains("apt-get install nodejs npm"), "{message}");
        }
    }

    #[test]
    fn node_20_and_newer_are_accepted() {
        assert_eq!(judge_node(Some("v20.20.2")), Ok(()));
        assert_eq!(judge_node(Some("v24.1.0")), Ok(()));
    }
}
