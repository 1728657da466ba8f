//! Random messages, signals, completions, cancellations, waits and restarts against a plain account of what was published.
//!
//! Each message carries a number of its own. Whatever happens: no process gets a message twice; nobody waits for a
//! message that is kept for him; and two harnesses that do the same agree.

use std::collections::{BTreeMap, BTreeSet};

use bpmn::{Awaited, Command, Key, Record, Status};
use feel::{Context, Value};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use runtime::Publication;

use super::random::Random;
use crate::harness::{Harness, Instance, World, check};

/// How many moves a seed makes.
const MOVES: usize = 80;

const MODELS: [(&str, &str); 4] = [
    (
        "reply.bpmn",
        include_str!("../../scenarios/messages/reply.bpmn"),
    ),
    (
        "application.bpmn",
        include_str!("../../scenarios/messages/application.bpmn"),
    ),
    (
        "notes.bpmn",
        include_str!("../../scenarios/messages/notes.bpmn"),
    ),
    (
        "storm.bpmn",
        include_str!("../../scenarios/start-events/storm.bpmn"),
    ),
];

/// The world of all seeds.
pub fn world() -> World {
    let resource = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    World {
        resources: MODELS.map(resource).to_vec(),
        later: std::collections::BTreeMap::new(),
        clock: "2026-03-02T06:00:00Z"
            .parse()
            .unwrap_or(Timestamp::UNIX_EPOCH),
        zone: TimeZone::UTC,
        calendar: std::sync::Arc::new(feel::MondayToFriday),
    }
}

/// One thing that happens. Tasks and instances are told by their place in the order of keys, because harnesses number
/// differently.
#[derive(Clone, Debug)]
enum Move {
    Start(&'static str, &'static str),
    Publish(Publication),
    Broadcast,
    Complete(usize),
    Cancel(usize),
    Wait(i64),
    Restart,
}

/// What was published: number, name, correlation key, end of life.
#[derive(Debug)]
struct Published {
    number: i64,
    name: String,
    correlation: String,
    expires_at: Timestamp,
}

/// Makes the moves of a seed on all harnesses; `Err` says what broke and after which move.
pub fn simulate(seed: u64, harnesses: &mut [&mut dyn Harness]) -> Result<(), String> {
    let mut random = Random::new(seed ^ 0x00c0_ffee);
    let mut published = Vec::new();
    let mut log = Vec::new();
    for number in 0..MOVES {
        let next = choose(&mut random, number as i64, &harnesses[0].instances()?);
        log.push(format!("{next:?}"));
        let after = play(harnesses, &next, &mut published).map_err(|problem| {
            let last = log.len().saturating_sub(8);
            format!(
                "{problem}\n  after {} moves, the last of them:\n    {}",
                log.len(),
                log[last..].join("\n    ")
            )
        });
        after?;
    }
    Ok(())
}

fn choose(random: &mut Random, number: i64, instances: &[Instance]) -> Move {
    let families = ["F-1", "F-2", "F-3"];
    let family = random.pick(&families).copied().unwrap_or("F-1");
    let tasks = instances
        .iter()
        .map(|instance| instance.state.tasks().len())
        .sum();
    match random.below(100) {
        0..=17 => Move::Start(
            random
                .pick(&["letter", "watch", "care", "shelter"])
                .copied()
                .unwrap_or("letter"),
            family,
        ),
        18..=54 => {
            let name = random
                .pick(&["reply", "note", "application"])
                .copied()
                .unwrap_or("reply");
            let ids = [None, None, None, Some("a"), Some("b")];
            let hours = random.pick(&[0, 0, 1, 5, 24]).copied().unwrap_or(0);
            Move::Publish(Publication {
                name: name.to_owned(),
                correlation: if name == "application" && random.chance(30) {
                    String::new()
                } else {
                    family.to_owned()
                },
                message_id: random.pick(&ids).copied().flatten().map(str::to_owned),
                time_to_live_ms: hours * 3_600_000,
                variables: [("n".to_owned(), Value::from(number))]
                    .into_iter()
                    .collect(),
            })
        }
        55..=60 => Move::Broadcast,
        61..=81 if tasks > 0 => Move::Complete(random.below(tasks)),
        82..=85 if !instances.is_empty() => Move::Cancel(random.below(instances.len())),
        86..=89 => Move::Restart,
        _ => Move::Wait(1 + random.below(6) as i64),
    }
}

fn play(
    harnesses: &mut [&mut dyn Harness],
    next: &Move,
    published: &mut Vec<Published>,
) -> Result<(), String> {
    let mut shown: Vec<(&'static str, bool, Vec<String>)> = Vec::new();
    for harness in harnesses.iter_mut() {
        let before = harness.instances()?;
        let answer = carry_out(*harness, next, &before);
        let after = harness.instances()?;
        if answer.is_err() && before != after {
            return Err(format!(
                "{} refused ({answer:?}), but something changed",
                harness.name()
            ));
        }
        check(&after)?;
        harness.check(&after)?;
        shown.push((
            harness.name(),
            answer.is_ok(),
            after.iter().map(show).collect(),
        ));
    }
    if let (Move::Publish(message), true) = (next, shown[0].1) {
        let life = SignedDuration::from_millis(message.time_to_live_ms as i64);
        published.push(Published {
            number: number_of(&message.variables).unwrap_or(-1),
            name: message.name.clone(),
            correlation: message.correlation.clone(),
            expires_at: harnesses[0].now() + life,
        });
    }
    for harness in harnesses.iter_mut() {
        let (name, now, instances) = (harness.name(), harness.now(), harness.instances()?);
        once_and_not_lost(&instances, published, now)
            .map_err(|problem| format!("{name}: {problem}"))?;
    }
    for pair in shown.windows(2) {
        if (pair[0].1, &pair[0].2) != (pair[1].1, &pair[1].2) {
            return Err(format!(
                "they do not agree:\n{:#?}\n{:#?}",
                pair[0], pair[1]
            ));
        }
    }
    Ok(())
}

fn carry_out(harness: &mut dyn Harness, next: &Move, instances: &[Instance]) -> Result<(), String> {
    match next {
        Move::Start(process, family) => {
            let family = [("family".to_owned(), Value::from(*family))]
                .into_iter()
                .collect();
            harness.start(process, None, family).map(|_| ())
        }
        Move::Publish(message) => harness.publish(message.clone()),
        Move::Broadcast => harness.broadcast("storm", Context::default()),
        Move::Complete(place) => {
            let tasks = instances
                .iter()
                .flat_map(|instance| instance.state.tasks().keys());
            let Some(task) = tasks.copied().nth(*place) else {
                return Err("there is no such task".to_owned());
            };
            let variables = Context::default();
            harness.command(
                task.instance(),
                Command::CompleteTask {
                    task,
                    by: None,
                    variables,
                },
            )
        }
        Move::Cancel(place) => {
            let key = instances
                .get(*place)
                .map_or(Key(0), |instance| instance.state.key());
            harness.command(key, Command::CancelInstance)
        }
        Move::Wait(hours) => {
            let to = harness.now() + SignedDuration::from_hours(*hours);
            harness.advance(to)
        }
        Move::Restart => harness.restart(),
    }
}

/// Each message reaches a process at most once, and nobody waits for one that is kept and that his process has not had.
fn once_and_not_lost(
    instances: &[Instance],
    published: &[Published],
    now: Timestamp,
) -> Result<(), String> {
    let mut received: BTreeMap<(String, i64), usize> = BTreeMap::new();
    for instance in instances {
        for record in &instance.records {
            if let Record::VariableSet { name, value, .. } = record
                && &**name == "n"
                && let Some(number) = value.to_json().as_i64()
            {
                let process = instance.state.process_id().to_owned();
                *received.entry((process, number)).or_default() += 1;
            }
        }
    }
    if let Some(((process, number), times)) = received.iter().find(|(_, times)| **times > 1) {
        return Err(format!("{process} got message {number} {times} times"));
    }
    let had: BTreeSet<(String, i64)> = received.into_keys().collect();
    let active = instances
        .iter()
        .filter(|instance| instance.state.status() == Status::Active);
    for instance in active {
        let process = instance.state.process_id();
        for subscription in instance.state.subscriptions().values() {
            let Awaited::Message { name, correlation } = &subscription.awaits else {
                continue;
            };
            let lost = published.iter().find(|message| {
                message.name == *name
                    && message.correlation == *correlation
                    && message.expires_at > now
                    && !had.contains(&(process.to_owned(), message.number))
            });
            if let Some(lost) = lost {
                return Err(format!(
                    "{process} {} waits for {lost:?}, which is kept",
                    instance.state.key()
                ));
            }
        }
    }
    Ok(())
}

fn number_of(variables: &Context) -> Option<i64> {
    variables
        .get("n")
        .and_then(|value| value.to_json().as_i64())
}

/// What harnesses must agree on: everything but the numbers.
fn show(instance: &Instance) -> String {
    let state = &instance.state;
    let tasks: Vec<&str> = state.tasks().values().map(|task| &*task.element).collect();
    let awaits: Vec<&Awaited> = state
        .subscriptions()
        .values()
        .map(|one| &one.awaits)
        .collect();
    format!(
        "{} {} {:?} {tasks:?} {awaits:?}",
        state.process_id(),
        state.status(),
        number_of(&state.variables())
    )
}
