//! The browser assets: style sheets, scripts and fonts, built by Node from pinned npm packages into `api/assets/dist`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{packages, run, tools, workspace};

/// What `build` found to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// The assets were those of their sources already.
    UpToDate,
    /// They were built now.
    Now,
}

/// Builds the assets unless they are up to date; with `force`, always.
pub fn build(root: &Path, force: bool) -> Result<Built, String> {
    let folder = root.join("api/assets");
    let mark = folder.join("dist/.sources");
    let wanted = packages::fingerprint(&sources(root));
    if !force && fs::read_to_string(&mark).is_ok_and(|had| had == wanted) {
        return Ok(Built::UpToDate);
    }
    tools::node()?;
    packages::fetch(&folder)?;
    run::run(Command::new("node").arg("build.mjs").current_dir(&folder))
        .map_err(|(_, problem)| format!("{problem}\n  the messages above come from api/assets/build.mjs; `cargo assets --force` tries again"))?;
    fs::write(&mark, wanted)
        .map_err(|error| format!("{} cannot be written: {error}", mark.display()))?;
    Ok(Built::Now)
}

/// The files that the build reads: its own folder, and the templates whose class names decide what the style sheet keeps.
fn sources(root: &Path) -> Vec<PathBuf> {
    ["api/assets", "api/templates", "forms/templates"]
        .iter()
        .flat_map(|folder| workspace::files(&root.join(folder)))
        .collect()
}
