//! Finds the programs of an installed PostgreSQL.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Debian package that has them.
pub const PACKAGE: &str = "postgresql";

/// The oldest version that Caseway works with.
pub const VERSION_MINIMUM: u32 = 15;

/// The environment variable that names the folder of `initdb` and `pg_ctl`.
pub const NAMED_FOLDER: &str = "CASEWAY_POSTGRES_BIN";

/// Where Debian has the versions, a folder each.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder of `initdb` and `pg_ctl`: as named by `CASEWAY_POSTGRES_BIN`, else on PATH, else as `pg_config` says, else the
/// newest that Debian has installed. `Err` says how to get them.
pub fn postgres_programs() -> Result<PathBuf, String> {
    let missing = || {
        format!(
            "PostgreSQL {VERSION_MINIMUM} or newer is missing; tests run on a real server of it.
  Debian:      apt-get install {PACKAGE}
  elsewhere:   set {NAMED_FOLDER} to the folder of initdb and pg_ctl"
        )
    };
    if let Some(named) = env::var_os(NAMED_FOLDER) {
        return Some(PathBuf::from(named))
            .filter(|folder| has_programs(folder))
            .ok_or_else(missing);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(told_by_pg_config())
        .chain(debian())
        .map(real)
        .find(|folder| has_programs(folder) && version(folder) >= Some(VERSION_MINIMUM))
        .ok_or_else(missing)
}

fn has_programs(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres", "psql"]
        .iter()
        .all(|name| folder.join(name).is_file())
}

/// Where the programs really are: a link to one of them leaves its neighbours behind.
fn real(folder: PathBuf) -> PathBuf {
    let server = folder.join("postgres").canonicalize().ok();
    let real = server.and_then(|server| server.parent().map(Path::to_owned));
    real.unwrap_or(folder)
}

fn told_by_pg_config() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(said.stdout).ok()?.trim()))
}

/// The newest version first.
fn debian() -> Vec<PathBuf> {
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders
}

/// The number that `postgres --version` begins with: 15 of "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
fn version(folder: &Path) -> Option<u32> {
    let said = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    major(&String::from_utf8(said.stdout).ok()?)
}

fn major(said: &str) -> Option<u32> {
    let number = said.split_whitespace().nth(2)?;
    let digits = number
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_off_what_the_server_says() {
        let check = |said: &str, expected| assert_eq!(major(said), expected, "{said}");
        check(
            "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
            Some(15),
        );
        check("postgres (PostgreSQL) 18beta1\n", Some(18));
        check("nonsense\n", None);
    }
}
