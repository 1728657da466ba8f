//! Random processes under random commands: whatever happens, the invariants hold, and everything can be brought to an end.
//!
//! A failure prints its seed. `CASEWAY_SIMULATIONS=2000 cargo test -p tests simulation` runs more of them than
//! `cargo verify` does; `CASEWAY_SEED=17` runs one.

mod blocks;
pub mod messages;
mod moves;
pub(crate) mod random;
pub mod stops;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::harness::{Harness, World, check};
use blocks::document;
use moves::{Move, Moves};
use random::Random;

/// How many commands each process gets before it is brought to its end.
const MOVES: usize = 60;

/// After so many rounds of doing everything that waits, a process must have ended.
const ROUNDS_MAX: usize = 200;

/// The world of a seed: one random model, on a Monday morning.
pub fn world(seed: u64) -> World {
    let mut random = Random::new(seed);
    World {
        resources: vec![("random.bpmn".to_owned(), document(&mut random))],
        later: std::collections::BTreeMap::new(),
        clock: "2026-03-02T06:00:00Z"
            .parse()
            .unwrap_or(Timestamp::UNIX_EPOCH),
        zone: TimeZone::UTC,
        calendar: std::sync::Arc::new(feel::MondayToFriday),
    }
}

/// Runs the moves of a seed on a harness; `Err` says what broke and after which move.
pub fn simulate(seed: u64, harness: &mut dyn Harness) -> Result<(), String> {
    let mut moves = Moves::new(Random::new(seed ^ 0x5eed));
    let mut log: Vec<String> = Vec::new();
    let mut go = |harness: &mut dyn Harness, next: &Move| {
        log.push(format!("{next:?}"));
        play(harness, next).map_err(|problem| {
            let last = log.len().saturating_sub(8);
            format!(
                "{problem}\n  after {} moves, the last of them:\n    {}",
                log.len(),
                log[last..].join("\n    ")
            )
        })
    };
    go(harness, &Move::Start)?;
    for _ in 0..MOVES {
        let next = moves.next(&harness.instances()?);
        if go(harness, &next)? {
            moves.carried_out(&next);
        }
    }
    for round in 0..ROUNDS_MAX {
        let instances = harness.instances()?;
        let ending = moves.ending(&instances, round);
        if ending.is_empty() {
            return Ok(());
        }
        for next in ending {
            go(harness, &next)?;
        }
    }
    Err(format!(
        "it has not ended after {ROUNDS_MAX} rounds in which everything that waited was done"
    ))
}

/// Makes a move and checks what must hold after it; gives whether it was carried out, not refused.
fn play(harness: &mut dyn Harness, next: &Move) -> Result<bool, String> {
    let before = harness.instances()?;
    let (answer, must_fail) = match next {
        Move::Start => (
            harness
                .start("main", None, feel::Context::default())
                .map(|_| ()),
            false,
        ),
        Move::Command(key, command) => (harness.command(*key, command.clone()), false),
        Move::Again(key, command) => (harness.command(*key, command.clone()), true),
        Move::Wait(hours) => {
            let to = harness.now() + SignedDuration::from_hours(*hours);
            harness.advance(to)?;
            (Ok(()), false)
        }
        Move::Restart => (harness.restart(), false),
    };
    let after = harness.instances()?;
    if must_fail && answer.is_ok() {
        return Err("a command that was carried out before was carried out again".to_owned());
    }
    if let (Err(_), true) = (&answer, before != after) {
        return Err(format!(
            "the command was refused ({answer:?}), but something changed"
        ));
    }
    check(&after)?;
    harness.check(&after)?;
    Ok(answer.is_ok())
}
