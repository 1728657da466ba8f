//! Whatever a file says, the reader gives a report: no panic, no endless work, no report without bounds.
//!
//! Models of the repository are damaged at random, by their structure and by their bytes, and read. What can still be
//! deployed is started. A small share runs with the other tests; a long run is
//!
//! ```sh
//! READER_ROUNDS=100000 cargo test --release -p bpmn --test reader -- --nocapture
//! ```
//!
//! `READER_SEED` repeats a run; a failure names the seed and the round, and leaves the document in the temporary folder.
//! `READER_MODELS` is a folder with further models.

mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use bpmn::{Catalog, Key, Start};
use feel::Context;
use mutate::{Dice, mutate};

/// Models that are not larger than this are damaged.
const MODEL_BYTES_MAX: usize = 200_000;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_damaged_model_gets_a_report() {
    let models = models();
    assert!(models.len() > 10, "the repository's models are found");
    let seed = setting("READER_SEED").unwrap_or(20_260_302);
    let rounds = setting("READER_ROUNDS").unwrap_or(150);
    eprintln!("seed {seed}, {rounds} rounds, {} models", models.len());
    for round in 0..rounds {
        let mut dice = Dice::new(seed.wrapping_add(round));
        let text = mutate(&mut dice, &models);
        if let Err(problem) = catch_unwind(AssertUnwindSafe(|| check(&text))) {
            let file = std::env::temp_dir().join(format!("reader-{}.bpmn", seed + round));
            std::fs::write(&file, &text).expect("the temporary folder can be written");
            let said = problem.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| problem.downcast_ref::<&str>().copied());
            panic!(
                "READER_SEED={} READER_ROUNDS=1: {}; the document is {}",
                seed + round,
                said.unwrap_or("a panic"),
                file.display()
            );
        }
    }
}

/// Every model as it is, and those of the folder that is named.
#[test]
fn every_model_gets_a_report() {
    let more = std::env::var("READER_MODELS").ok();
    for text in models()
        .into_iter()
        .chain(more.iter().flat_map(|folder| read_all(Path::new(folder))))
    {
        check(&text);
    }
}

fn check(text: &str) {
    let reading = bpmn::read(text);
    let report = &reading.report;
    assert!(report.is_deployable() || reading.processes.is_empty());
    assert!(report.problems.len() <= 3 * (bpmn::limits::PROBLEMS_MAX + 1));
    assert!(report.elements.len() <= text.matches('<').count());
    for problem in &report.problems {
        assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
        assert!(!problem.message.is_empty());
    }
    let back = serde_json::to_string(report).expect("a report is plain data");
    let again: bpmn::Report = serde_json::from_str(&back).expect("it reads back");
    assert_eq!(&again, report);
    for (number, process) in reading.processes.iter().enumerate() {
        let key = Key(number as i64 + 1);
        let catalog = Catalog::default().with_process(key, 1, process.clone());
        let begin = Start {
            key: Key::of_instance(1),
            definition: key,
            at: None,
            definition_of_at: 0,
            business_id: None,
            variables: Context::default(),
            parent: None,
            calendar: None,
        };
        // A process may say that it does not begin like this; it may not panic.
        let _ = bpmn::start(
            &catalog,
            begin,
            "2026-03-02T06:00:00Z".parse().expect("a moment"),
        );
    }
}

/// The models of the repository.
fn models() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["processes/pathways", "tests/scenarios"];
    folders
        .iter()
        .flat_map(|folder| read_all(&root.join(folder)))
        .collect()
}

fn read_all(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).expect("the folder can be read");
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "bpmn") {
                files.push(path);
            }
        }
    }
    files.sort();
    let text = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("the file can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let texts = files.iter().map(text);
    texts.filter(|text| text.len() <= MODEL_BYTES_MAX).collect()
}
