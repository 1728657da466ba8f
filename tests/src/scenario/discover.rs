//! Finding the scenarios of the workspace and the files that they are about.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use commands::workspace;

/// A folder with scenarios, and the models, decisions and forms beside them.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Its scenario files.
    pub scenarios: Vec<PathBuf>,
    /// Names and texts of what is deployed before each scenario.
    pub resources: Vec<(String, String)>,
}

/// All folders with scenarios below `processes/pathways` and `tests/scenarios`.
pub fn folders() -> Vec<Folder> {
    let root = workspace::root();
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for place in ["processes/pathways", "tests/scenarios"] {
        for file in workspace::files(&root.join(place)) {
            if let (true, Some(folder)) = (has_ending(&file, &["scenario"]), file.parent()) {
                folders.entry(folder.to_owned()).or_default().push(file);
            }
        }
    }
    folders
        .into_iter()
        .map(|(path, scenarios)| Folder {
            resources: resources(&path),
            scenarios,
            path,
        })
        .collect()
}

/// The models beside the scenarios, or in the folder above when the scenarios have a folder of their own.
fn resources(folder: &Path) -> Vec<(String, String)> {
    let beside = deployable(folder);
    match folder.parent() {
        Some(above) if beside.is_empty() => deployable(above),
        _ => beside,
    }
}

fn deployable(folder: &Path) -> Vec<(String, String)> {
    let files = workspace::files(folder)
        .into_iter()
        .filter(|file| has_ending(file, &["bpmn", "dmn", "form"]));
    let read = |file: PathBuf| {
        let name = file.file_name()?.to_string_lossy().into_owned();
        Some((name, fs::read_to_string(&file).ok()?))
    };
    files.filter_map(read).collect()
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension()
        .is_some_and(|extension| endings.iter().any(|ending| extension == *ending))
}
