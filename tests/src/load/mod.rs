//! What the release program does in a second, and how long a person waits: measured from outside, over HTTP.
//!
//! A round has databases of its own. Rounds are repeated, and each figure of the account is the median of its rounds.

mod account;
mod completions;
mod crowd;
mod operations;
mod pages;
mod receiver;
mod searches;
mod webhooks;

use std::path::{Path, PathBuf};

pub use account::{Account, Row};

use crate::scratch::Scratch;

/// What to measure, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The release build of `caseway`.
    pub program: PathBuf,
    /// Where the databases are; another disk gives other figures.
    pub folder: PathBuf,
    /// How often everything is measured.
    pub rounds: usize,
    /// What is measured.
    pub parts: Vec<Part>,
    /// The database of completions, operations, searches and webhooks, by its address; a new SQLite file where absent.
    pub database: Option<String>,
    /// Completions, operations of each kind, or events, that are measured for each number of connections.
    pub completions: usize,
    /// The numbers of connections.
    pub connections: Vec<usize>,
    /// How often each page is opened, and each search asked.
    pub views: usize,
    /// Among how many open tasks is searched, the smaller number first.
    pub open: Vec<usize>,
}

/// A part of what can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Tasks completed in cases that nobody remembers.
    Completions,
    /// Inbox and task page of the demonstration.
    Pages,
    /// What programs ask most.
    Operations,
    /// Searches among many open tasks.
    Searches,
    /// What webhooks are told.
    Webhooks,
}

impl Part {
    /// All parts, each with its word.
    pub const ALL: [(&'static str, Part); 5] = [
        ("completions", Part::Completions),
        ("pages", Part::Pages),
        ("operations", Part::Operations),
        ("searches", Part::Searches),
        ("webhooks", Part::Webhooks),
    ];
}

/// Measures all that the plan names; `Err` says what went wrong first.
pub fn measure(plan: &Plan) -> Result<Account, String> {
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        eprintln!("round {number} of {}", plan.rounds);
        let folder = Scratch::within(&plan.folder)?;
        let database = |name: &str| {
            let own = || address_of(&folder.path().join(name));
            plan.database.clone().unwrap_or_else(own)
        };
        let mut rows = Vec::new();
        for part in &plan.parts {
            rows.extend(match part {
                Part::Completions => completions::measure(plan, &database("completions.db"))?,
                Part::Pages => pages::measure(plan, folder.path())?,
                Part::Operations => operations::measure(plan, &database("operations.db"))?,
                Part::Searches => searches::measure(plan, &database("searches.db"))?,
                Part::Webhooks => webhooks::measure(plan, &database("webhooks.db"))?,
            });
        }
        rounds.push(rows);
    }
    Ok(Account::of(rounds))
}

/// The address of a SQLite file.
fn address_of(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::executable;

    #[test]
    fn everything_is_measured_and_nothing_fails() {
        let plan = Plan {
            program: executable().unwrap().to_owned(),
            folder: std::env::temp_dir(),
            rounds: 1,
            parts: Part::ALL.map(|(_, part)| part).to_vec(),
            database: None,
            completions: 20,
            connections: vec![1, 4],
            views: 2,
            open: vec![60],
        };
        let account = measure(&plan).unwrap();
        let whats: Vec<&str> = account.rows().iter().map(|row| row.what.as_str()).collect();
        assert_eq!(
            whats,
            [
                "completion, 1 at once",
                "completion, 4 at once",
                "inbox",
                "task page",
                "create instance, 1 at once",
                "find tasks, 1 at once",
                "assign task, 1 at once",
                "complete task, 1 at once",
                "take and do job, 1 at once",
                "publish message, 1 at once",
                "create instance, 4 at once",
                "find tasks, 4 at once",
                "assign task, 4 at once",
                "complete task, 4 at once",
                "take and do job, 4 at once",
                "publish message, 4 at once",
                "tasks of a worker of 60, 1 at once",
                "tasks of a team of 60, 1 at once",
                "first open tasks of 60, 1 at once",
                "instance of a case of 60, 1 at once",
                "last instances of 60, 1 at once",
                "elements of a case of 60, 1 at once",
                "variables of a case of 60, 1 at once",
                "event told, 1 at once",
                "event told, 4 at once",
                "event that has waited",
            ]
        );
        for row in account.rows() {
            for (name, value) in &row.values {
                assert!(
                    value.is_finite() && *value > 0.0,
                    "{}: {name} {value}",
                    row.what
                );
            }
        }
    }
}
