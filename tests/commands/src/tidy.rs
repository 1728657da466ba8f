//! House rules that no other tool checks, read off the source tree.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace;

/// A file with more lines than this, its tests not counted, is split.
const LINES_MAX: usize = 500;

/// Endings of the files whose text we write by hand.
const SOURCES: [&str; 9] = [
    "rs", "mjs", "js", "css", "hbs", "sql", "toml", "md", "scenario",
];

/// Files whose length is bounded; prose and data may be longer.
const BOUNDED: [&str; 6] = ["rs", "mjs", "js", "css", "hbs", "sql"];

/// Module names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["utils", "util", "helpers", "common", "misc"];

/// All breaches of the rules, one line each, with the file and what to do.
pub fn problems(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let files = workspace::files(root);
    for path in &files {
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        let Ok(text) = fs::read_to_string(path) else {
            continue;
        };
        let name = workspace::shown(root, path).to_string();
        if SOURCES.contains(&extension) {
            found.extend(words(&name, &text));
        }
        if BOUNDED.contains(&extension) {
            found.extend(length(&name, &text).filter(|_| !is_test(&name)));
            found.extend(file_name(&name, path));
        }
        if path.file_name().is_some_and(|name| name == "README.md") {
            let exists = |named: &str| exists(root, path, &files, named);
            found.extend(map(&name, &text, exists));
        }
    }
    found
}

fn length(name: &str, text: &str) -> Option<String> {
    let lines = text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .count();
    (lines > LINES_MAX).then(|| {
        format!("{name}: {lines} lines without tests; split it by idea (at most {LINES_MAX})")
    })
}

/// Files that hold nothing but tests: `api/tests/case_work.rs`, `tests/src/program/tests.rs`.
fn is_test(name: &str) -> bool {
    let path = Path::new(name);
    path.file_stem().is_some_and(|stem| stem == "tests")
        || path
            .components()
            .skip(1)
            .any(|part| part.as_os_str() == "tests")
}

fn file_name(name: &str, path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    EMPTY_NAMES
        .contains(&stem)
        .then(|| format!("{name}: a module is named after its idea, not \"{stem}\""))
}

fn words(name: &str, text: &str) -> Vec<String> {
    // Spelled in two halves, so that this file does not break its own rule.
    let banned = [
        (
            concat!("TO", "DO"),
            "write the failing scenario, or an issue, instead",
        ),
        (concat!("FIX", "ME"), "mend it, or open an issue"),
        (concat!("#[ig", "nore"), "a test runs or does not exist"),
        (
            concat!("/ro", "ot/"),
            "paths of one machine do not belong into the tree",
        ),
        (
            concat!("/ho", "me/"),
            "paths of one machine do not belong into the tree",
        ),
        (
            concat!("/wo", "rk/"),
            "paths of one machine do not belong into the tree",
        ),
    ];
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (word, way_out) in banned {
            if holds(line, word) {
                found.push(format!("{name}:{}: \"{word}\": {way_out}", number + 1));
            }
        }
    }
    found
}

/// Whether a line holds a word, not as a part of a longer word or path.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let is_joined =
            |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let starts_inside =
            is_joined(before) || (word.starts_with('/') && matches!(before, Some('.' | '-')));
        !(starts_inside || (word.ends_with(char::is_alphanumeric) && is_joined(after)))
    })
}

/// Whether a README may name a path: it is there from its folder or the root on, or below the folder under some crate.
/// A name in capitals (`src/pages/NAME.rs`) stands for any.
fn exists(root: &Path, readme: &Path, files: &[PathBuf], named: &str) -> bool {
    let folder = readme.parent().unwrap_or(root);
    let is_any = named
        .split(['/', '.'])
        .any(|part| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase()));
    let is_below = |file: &PathBuf| file.starts_with(folder) && file.ends_with(named);
    is_any || folder.join(named).exists() || root.join(named).exists() || files.iter().any(is_below)
}

/// The paths that a README names must exist: in its map (a fenced block whose lines start with a path) and in backticks.
fn map(name: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut parents: Vec<(usize, String)> = Vec::new();
    let mut is_fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
            parents.clear();
            continue;
        }
        let mut named: Vec<String> = Vec::new();
        if is_fenced {
            named.extend(map_entry(line, &mut parents));
        } else {
            named.extend(
                line.split('`')
                    .skip(1)
                    .step_by(2)
                    .filter(|word| looks_like_path(word))
                    .map(str::to_owned),
            );
        }
        let missing = named
            .into_iter()
            .filter(|path| !exists(path.trim_end_matches('/')));
        found.extend(missing.map(|path| {
            format!(
                "{name}:{}: {path} does not exist; a README is true or mended",
                number + 1
            )
        }));
    }
    found
}

/// The path that a line of a map names, under the folders of the less indented lines above it.
fn map_entry(line: &str, parents: &mut Vec<(usize, String)>) -> Option<String> {
    let indent = line.len() - line.trim_start().len();
    let word = line.split_whitespace().next()?;
    let is_folder = word.ends_with('/');
    // A line that starts with a command or with prose is no entry.
    let is_file = line.trim().contains("  ") && word.contains('.') && looks_like_file(word);
    if !is_folder && !is_file {
        return None;
    }
    parents.retain(|(above, _)| *above < indent);
    let path = parents
        .last()
        .map_or_else(|| word.to_owned(), |(_, parent)| format!("{parent}{word}"));
    if is_folder {
        parents.push((indent, path.clone()));
    }
    Some(path)
}

fn looks_like_file(word: &str) -> bool {
    word.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/'))
        && !word.ends_with('.')
}

/// Whether text in backticks names a path of the tree: `engine/bpmn/src/step.rs`, not `application/json` or `GET /tasks`.
fn looks_like_path(word: &str) -> bool {
    let tops = [
        "engine",
        "processes",
        "forms",
        "api",
        "tests",
        "src",
        ".cargo",
        ".ci",
        "elements",
        "templates",
        "pathways",
    ];
    let Some((first, rest)) = word.split_once('/') else {
        return false;
    };
    tops.contains(&first)
        && looks_like_file(rest)
        && !rest.is_empty()
        && (rest.ends_with('/') || rest.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_named_and_its_tests_do_not_count() {
        let short = "x\n".repeat(400) + "#[cfg(test)]\n" + &"y\n".repeat(400);
        assert_eq!(length("a.rs", &short), None);
        assert!(
            length("a.rs", &"x\n".repeat(501))
                .unwrap()
                .contains("501 lines")
        );
    }

    #[test]
    fn tests_may_be_as_long_as_they_are() {
        assert!(is_test("api/tests/case_work.rs"));
        assert!(is_test("tests/src/program/tests.rs"));
        assert!(!is_test("tests/src/harness/core.rs"));
    }

    #[test]
    fn a_readme_that_names_what_is_not_there_is_found_out() {
        let text = "see `src/gone.rs` and `src/here.rs`\n```\nengine/   all\n  bpmn/   core\n```\n";
        let found = map("README.md", text, |named| {
            named == "src/here.rs" || named == "engine"
        });
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("README.md:1: src/gone.rs"), "{found:?}");
        assert!(found[1].contains("README.md:4: engine/bpmn/"), "{found:?}");
    }

    #[test]
    fn banned_words_are_found_as_whole_words() {
        assert_eq!(words("a.rs", concat!("// TO", "DO later")).len(), 1);
        assert_eq!(
            words("a.rs", concat!("let MASTO", "DON = 1;")),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_map_names_files_and_folders_below_each_other() {
        let mut parents = Vec::new();
        let mut entry = |line: &str| map_entry(line, &mut parents);
        assert_eq!(
            entry("engine/         everything"),
            Some("engine/".to_owned())
        );
        assert_eq!(
            entry("  feel/         text to value"),
            Some("engine/feel/".to_owned())
        );
        assert_eq!(entry("forms/          pure"), Some("forms/".to_owned()));
        assert_eq!(entry("README.md       this"), Some("README.md".to_owned()));
        assert_eq!(entry("cargo demo      # starts"), None);
    }

    #[test]
    fn only_paths_of_the_tree_are_looked_for() {
        assert!(looks_like_path("engine/bpmn/src/step.rs"));
        assert!(looks_like_path("tests/scenarios/"));
        assert!(!looks_like_path("application/json"));
        assert!(!looks_like_path("api/v2"));
        assert!(!looks_like_path("tests/NAME/*.scenario"));
    }
}
