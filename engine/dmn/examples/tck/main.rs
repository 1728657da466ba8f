//! Runs the Technology Compatibility Kit of DMN: `cargo run -p dmn --example tck -- FOLDER`.
//!
//! The folder holds `compliance-level-2` and `compliance-level-3` as the kit's repository does. Every result that differs is
//! printed with its reason; the program fails if one of them is not among the known misses in `misses.txt`.
#![allow(clippy::print_stdout, reason = "it is a program that prints")]
#![allow(clippy::wildcard_enum_match_arm, reason = "all other types differ")]

mod cases;
mod compare;

use cases::{Case, Expected};
use dmn::Reading;
use feel::{Environment, Value};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Known misses: `folder/case/result: why`.
const KNOWN: &str = include_str!("misses.txt");

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = std::env::args_os().nth(1);
    let folder = PathBuf::from(folder.ok_or("say in which folder the kit is")?);
    let mut known: BTreeMap<&str, &str> = KNOWN
        .lines()
        .filter_map(|line| line.split_once(": "))
        .collect();
    let mut unexpected = 0;
    for level in sorted(&folder)? {
        if !level.is_dir() {
            continue;
        }
        let (mut passed, mut all) = (0, 0);
        for test in sorted(&level)? {
            for (name, difference) in run(&test)? {
                all += 1;
                let Some(difference) = difference else {
                    passed += 1;
                    continue;
                };
                match known.remove(name.as_str()) {
                    Some(why) => println!("known  {name}: {why}"),
                    None => {
                        unexpected += 1;
                        println!("missed {name}: {difference}");
                    }
                }
            }
        }
        println!("{}: {passed} of {all} results", file_name(&level));
    }
    for (name, why) in &known {
        println!("no miss any more: {name}: {why}");
    }
    Ok(match unexpected + known.len() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The name of an expected result, and how what came out differs.
type Compared = (String, Option<String>);

fn run(folder: &Path) -> Result<Vec<Compared>, Box<dyn Error>> {
    let files = sorted(folder)?;
    let of_kind = |kind: &str| {
        let files = files.iter();
        let files = files.filter(|file| file.extension().is_some_and(|found| found == kind));
        files.cloned().collect::<Vec<PathBuf>>()
    };
    let models = of_kind("dmn");
    let texts: Vec<String> = models
        .iter()
        .map(fs::read_to_string)
        .collect::<Result<_, _>>()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let readings = dmn::read_all(&texts);
    let mut results = Vec::new();
    for file in of_kind("xml") {
        let tests = cases::read(&fs::read_to_string(&file)?)?;
        let model = models
            .iter()
            .position(|model| file_name(model) == tests.model);
        let model = &readings[model.ok_or("the model of a test is not there")?];
        for case in &tests.cases {
            for expected in &case.expected {
                let name = format!("{}/{}/{}", file_name(folder), case.id, expected.name);
                results.push((name, difference(model, case, expected)));
            }
        }
    }
    Ok(results)
}

/// How a result differs from what is expected, if it does.
fn difference(model: &Reading, case: &Case, expected: &Expected) -> Option<String> {
    let wanted = case.service.as_deref().unwrap_or(&expected.name);
    let decision = model
        .decisions
        .iter()
        .find(|decision| decision.name() == wanted);
    let Some(decision) = decision else {
        return Some(format!("there is no decision \"{wanted}\""));
    };
    let now = "2026-03-02T06:00:00Z".parse();
    let environment = Environment::at(now.expect("a timestamp"));
    let (found, said) = match decision.evaluate(&case.inputs, &environment) {
        Ok(outcome) => {
            let said: Vec<String> = outcome.warnings.iter().map(ToString::to_string).collect();
            (outcome.value, said.join("; "))
        }
        Err(error) => (Value::Null, error.to_string()),
    };
    let output = found
        .as_context()
        .and_then(|found| found.get(&expected.name));
    let found = match (&case.service, output) {
        (Some(_), Some(output)) => output.clone(),
        _ => found,
    };
    if compare::same(&found, &expected.value) {
        return None;
    }
    let problems: Vec<String> = model
        .problems
        .iter()
        .filter(|problem| problem.element_id.as_deref() == Some(decision.id()))
        .map(ToString::to_string)
        .collect();
    let wanted = &expected.value;
    Some(format!(
        "{found} instead of {wanted} [{said}] {}",
        problems.join("; ")
    ))
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
