//! Where things are: the root of the workspace and the files below it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold built or downloaded things, never sources.
const NOT_SOURCES: [&str; 4] = ["target", "node_modules", "dist", ".git"];

/// The root of the workspace, wherever below it the command was typed.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").exists())
        .map_or_else(|| package.clone(), Path::to_path_buf)
}

/// All source files below a folder, in the order of their paths; none when the folder does not exist.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if !path.is_dir() {
                found.push(path);
            } else if !NOT_SOURCES.iter().any(|name| entry.file_name() == *name) {
                waiting.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as it is shown to people: relative to the root.
pub fn shown<'a>(root: &Path, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(root).unwrap_or(path).display()
}
