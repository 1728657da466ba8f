//! How much each worker has, as bars and in words, and what waits for nobody yet.

use super::Open;
use crate::pages::team_name;
use crate::users::User;
use serde::Serialize;
use std::collections::BTreeMap;

/// The bars leave room up to at least so many tasks, so that three tasks do not look like too many.
const LEAST_SCALE: usize = 12;

/// One worker's line.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Worker {
    initials: String,
    display_name: String,
    href: String,
    /// `9 tasks`.
    pub(super) note: String,
    /// The bars in words.
    label: String,
    bars: Vec<Bar>,
    /// `2 overdue`, `on time`, `nothing to do`.
    summary: String,
}

/// A part of a bar, in hundredths of its length.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Bar {
    kind: &'static str,
    number: usize,
    x: f64,
    width: f64,
    /// Where the number stands.
    middle: f64,
}

/// A team and what nobody of it has claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Queue {
    team: String,
    href: String,
    number: usize,
    overdue: usize,
}

/// A line for each worker, in their order.
pub(super) fn of(workers: &[User], open: &[Open]) -> Vec<Worker> {
    let counts: Vec<[usize; 3]> = workers.iter().map(|worker| counts(worker, open)).collect();
    let most = counts
        .iter()
        .map(|counts| counts.iter().sum())
        .max()
        .unwrap_or(0)
        .max(LEAST_SCALE);
    workers
        .iter()
        .zip(counts)
        .map(|(worker, counts)| line(worker, counts, most))
        .collect()
}

/// Overdue, due within five working days, later.
fn counts(worker: &User, open: &[Open]) -> [usize; 3] {
    let mut counts = [0; 3];
    for open in open
        .iter()
        .filter(|open| open.listed.task.assignee.as_deref() == Some(worker.name.as_str()))
    {
        let place = match (open.is_overdue(), open.is_soon()) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        };
        counts[place] += 1;
    }
    counts
}

fn line(worker: &User, counts: [usize; 3], most: usize) -> Worker {
    let [overdue, soon, later] = counts;
    let total = overdue + soon + later;
    Worker {
        initials: worker.initials(),
        display_name: worker.display_name.clone(),
        href: format!("/team?worker={}", worker.name),
        note: if total == 1 {
            "1 task".into()
        } else {
            format!("{total} tasks")
        },
        label: format!(
            "{}: {overdue} overdue, {soon} due within 5 working days, {later} later",
            worker.display_name
        ),
        bars: bars(counts, most),
        summary: match (overdue, total) {
            (0, 0) => "nothing to do".into(),
            (0, _) => "on time".into(),
            _ => format!("{overdue} overdue"),
        },
    }
}

fn bars(counts: [usize; 3], most: usize) -> Vec<Bar> {
    let mut before = 0;
    let mut bars = Vec::new();
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 tasks")]
    let share = |n: usize| (n as f64 / most as f64 * 1000.0).round() / 10.0;
    for (kind, number) in ["over", "week", "later"].into_iter().zip(counts) {
        if number > 0 {
            let (x, width) = (share(before), share(number));
            bars.push(Bar {
                kind,
                number,
                x,
                width,
                middle: x + width / 2.0,
            });
        }
        before += number;
    }
    bars
}

/// What waits for each team, by name.
pub(super) fn queues(open: &[Open]) -> Vec<Queue> {
    let mut teams: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for open in open.iter().filter(|open| open.is_unclaimed()) {
        for team in &open.listed.task.candidate_groups {
            let (number, overdue) = teams.entry(team).or_default();
            *number += 1;
            *overdue += usize::from(open.is_overdue());
        }
    }
    let queue = |(team, (number, overdue)): (&str, (usize, usize))| Queue {
        team: team_name(team),
        href: format!(
            "/team?{}",
            form_urlencoded::Serializer::new(String::new())
                .append_pair("team", team)
                .finish()
        ),
        number,
        overdue,
    };
    teams.into_iter().map(queue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_side_by_side_and_leave_out_what_is_nothing() {
        let drawn = bars([2, 0, 3], 20);
        let expected = [("over", 2, 0.0, 10.0), ("later", 3, 10.0, 15.0)];
        let drawn: Vec<_> = drawn
            .iter()
            .map(|bar| (bar.kind, bar.number, bar.x, bar.width))
            .collect();
        assert_eq!(drawn, expected);
    }
}
