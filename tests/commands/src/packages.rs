//! Packages of npm and of Python, pinned with their hashes: fetched once, and again when what is pinned changes.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{run, tools};

/// Fetches the packages of a folder with `npm ci` unless they are those of its lock file already.
pub fn fetch(folder: &Path) -> Result<(), String> {
    let lock = folder.join("package-lock.json");
    if !lock.exists() {
        return Err(format!(
            "{} is missing: the packages of this folder are not pinned",
            lock.display()
        ));
    }
    let mark = folder.join("node_modules").join(".caseway-lock");
    let wanted = fingerprint(&[lock]);
    if fs::read_to_string(&mark).is_ok_and(|had| had == wanted) {
        return Ok(());
    }
    let mut command = Command::new(tools::npm());
    // Install scripts would run code of others and download browsers; nothing here needs them.
    command
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(folder);
    run::run(&mut command).map_err(|(_, problem)| {
        format!("{problem} in {}\n  it needs the npm registry once; behind a proxy set HTTPS_PROXY or `npm config set registry ...`", folder.display())
    })?;
    fs::write(&mark, wanted)
        .map_err(|error| format!("{} cannot be written: {error}", mark.display()))
}

/// Fetches the packages of `requirements.txt` into an environment of Python beside it; the Python that has them.
pub fn fetch_python(folder: &Path) -> Result<PathBuf, String> {
    let environment = folder.join("node_modules").join(".python");
    let python = environment.join("bin").join("python");
    let pinned = folder.join("requirements.txt");
    let mark = environment.join(".caseway-lock");
    let wanted = fingerprint(std::slice::from_ref(&pinned));
    if fs::read_to_string(&mark).is_ok_and(|had| had == wanted) {
        return Ok(python);
    }
    let make = || {
        let mut command = Command::new("python3");
        command.args(["-m", "venv", "--clear"]).arg(&environment);
        run::run(&mut command).map_err(|(_, problem)| problem)
    };
    if make().is_err() {
        tools::install(
            "python3-venv",
            "the tests of the Python client live in an environment of their own",
        )?;
        make()?;
    }
    let mut command = Command::new(&python);
    command
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--disable-pip-version-check",
            "--requirement",
        ])
        .arg(&pinned);
    run::run(&mut command).map_err(|(_, problem)| {
        format!("{problem}\n  it needs the Python package index once; behind a proxy set HTTPS_PROXY or PIP_INDEX_URL")
    })?;
    fs::write(&mark, wanted)
        .map_err(|error| format!("{} cannot be written: {error}", mark.display()))?;
    Ok(python)
}

/// A short text that changes when the names or contents of the files change.
pub(crate) fn fingerprint(files: &[PathBuf]) -> String {
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.to_string_lossy().as_bytes());
        hasher.write(&fs::read(file).unwrap_or_default());
        hasher.write_u8(0xff);
    }
    format!("{:016x}", hasher.finish())
}
