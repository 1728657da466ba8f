//! Finding the scenarios of the workspace and the files that they are about.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use commands::workspace;

/// Names and texts of files.
type Texts = Vec<(String, String)>;

/// A folder with scenarios, and the models, decisions and forms beside them.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Its scenario files.
    pub scenarios: Vec<PathBuf>,
    /// Names and texts of what is deployed before each scenario.
    pub resources: Vec<(String, String)>,
    /// The same of what a scenario deploys later, by the name of its folder, which begins with `later`.
    pub later: BTreeMap<String, Vec<(String, String)>>,
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
    let folder = |(path, scenarios): (PathBuf, Vec<PathBuf>)| {
        let place = models(&path);
        let (resources, later) = resources(&place);
        Folder {
            path,
            scenarios,
            resources,
            later,
        }
    };
    folders.into_iter().map(folder).collect()
}

/// Where the models are: beside the scenarios, or in the folder above when the scenarios have a folder of their own.
fn models(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(above) if texts(folder, &["bpmn"]).is_empty() => above.to_owned(),
        _ => folder.to_owned(),
    }
}

/// Names and texts of what is deployed at first, and of what is deployed later by the name of its folder.
fn resources(place: &Path) -> (Texts, BTreeMap<String, Texts>) {
    const ENDINGS: [&str; 5] = ["bpmn", "dmn", "form", "calendar", "ics"];
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let later = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("later")
            .then(|| (name, texts(&entry.path(), &ENDINGS)))
    });
    let later: BTreeMap<String, Texts> = later.collect();
    let mut first = texts(place, &ENDINGS);
    first.retain(|file| later.values().all(|files| !files.contains(file)));
    (first, later)
}

/// Names and texts of the files with these endings.
fn texts(folder: &Path, endings: &[&str]) -> Vec<(String, String)> {
    let files = workspace::files(folder)
        .into_iter()
        .filter(|file| has_ending(file, endings));
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
