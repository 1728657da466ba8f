//! The account of a measurement: medians as a table for people and as JSON for programs.

use std::time::Duration;

use serde_json::{Value, json};

/// One thing that was measured: figures by name, the unit last.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The figures.
    pub values: Vec<(&'static str, f64)>,
}

/// All rounds of a measurement: each has the same rows.
#[derive(Clone, Debug)]
pub struct Account {
    rounds: Vec<Vec<Row>>,
    medians: Vec<Row>,
}

impl Account {
    pub(super) fn of(rounds: Vec<Vec<Row>>) -> Account {
        let mut medians = rounds.first().cloned().unwrap_or_default();
        for (row, median) in medians.iter_mut().enumerate() {
            for (figure, (_, value)) in median.values.iter_mut().enumerate() {
                let of_rounds = rounds.iter().map(|rows| rows[row].values[figure].1);
                *value = middle(of_rounds.collect());
            }
        }
        Account { rounds, medians }
    }

    /// The medians over the rounds.
    pub fn rows(&self) -> &[Row] {
        &self.medians
    }

    /// The medians as a table; a new head where the figures change.
    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        let mut head = Vec::new();
        for row in &self.medians {
            let names: Vec<&str> = row.values.iter().map(|(name, _)| *name).collect();
            if names != head {
                lines.push(line("", names.iter().map(|name| (*name).to_owned())));
                head = names;
            }
            lines.push(line(
                &row.what,
                row.values.iter().map(|(_, value)| figure(*value)),
            ));
        }
        lines.join("\n")
    }

    /// `{"medians": [{"what", FIGURE: number...}], "rounds": [[...]]}`.
    pub fn json(&self) -> Value {
        let rounds: Vec<Value> = self.rounds.iter().map(|rows| objects(rows)).collect();
        json!({ "medians": objects(&self.medians), "rounds": rounds })
    }
}

fn objects(rows: &[Row]) -> Value {
    let object = |row: &Row| {
        let figures = row.values.iter();
        let mut object: Value = figures
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        object["what"] = json!(row.what);
        object
    };
    rows.iter().map(object).collect()
}

fn line(what: &str, cells: impl Iterator<Item = String>) -> String {
    cells.fold(format!("{what:24}"), |line, cell| {
        format!("{line}{cell:>15}")
    })
}

fn figure(value: f64) -> String {
    if value < 100.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

/// The one in the middle; 0 where there is none.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// How long something took, again and again.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(super) fn join(&mut self, others: Times) {
        self.0.extend(others.0);
    }

    /// The time in milliseconds that this share of all did not exceed; 0 where there is none.
    pub(super) fn share_ms(&mut self, share: f64) -> f64 {
        self.0.sort();
        let last = self.0.len().saturating_sub(1);
        let at = (self.0.len() as f64 * share) as usize;
        let time = self.0.get(at.min(last)).copied().unwrap_or_default();
        time.as_secs_f64() * 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64) -> Vec<Row> {
        vec![Row {
            what: "inbox".to_owned(),
            values: vec![("median_ms", value)],
        }]
    }

    #[test]
    fn an_account_gives_the_median_of_its_rounds() {
        let account = Account::of(vec![row(250.0), row(1.0), row(2.5)]);
        assert_eq!(account.rows(), row(2.5));
        let table = account.table();
        let words: Vec<&str> = table.split_whitespace().collect();
        assert_eq!(words, ["median_ms", "inbox", "2.50"]);
        assert_eq!(account.json()["rounds"][0][0]["median_ms"], json!(250.0));
    }

    fn check_share(share: f64, expected_ms: f64) {
        let mut times = Times::default();
        for ms in (1..=100).rev() {
            times.add(Duration::from_millis(ms));
        }
        assert_eq!(times.share_ms(share), expected_ms);
    }

    #[test]
    fn shares_are_counted_from_the_quickest() {
        check_share(0.5, 51.0);
        check_share(0.99, 100.0);
        check_share(1.0, 100.0);
        assert_eq!(Times::default().share_ms(0.5), 0.0);
    }
}
