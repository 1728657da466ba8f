//! What the release program does in a second, and how long a person waits: measured from outside, over HTTP.
//!
//! A round has databases of its own. Rounds are repeated, and each figure of the account is the median of its rounds.

mod account;
mod completions;
mod pages;

use std::path::PathBuf;

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
    /// Completions that are measured for each number of connections; as many more tasks stay open.
    pub completions: usize,
    /// The numbers of connections.
    pub connections: Vec<usize>,
    /// How often each page is opened.
    pub views: usize,
}

/// Measures all that the plan names; `Err` says what went wrong first.
pub fn measure(plan: &Plan) -> Result<Account, String> {
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        eprintln!("round {number} of {}", plan.rounds);
        let folder = Scratch::within(&plan.folder)?;
        let mut rows = completions::measure(plan, folder.path())?;
        rows.extend(pages::measure(plan, folder.path())?);
        rounds.push(rows);
    }
    Ok(Account::of(rounds))
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
            completions: 20,
            connections: vec![1, 4],
            views: 2,
        };
        let account = measure(&plan).unwrap();
        let whats: Vec<&str> = account.rows().iter().map(|row| row.what.as_str()).collect();
        assert_eq!(
            whats,
            [
                "completion, 1 at once",
                "completion, 4 at once",
                "inbox",
                "task page"
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
