//! An independent token game: the rules of BPMN played a second time, naively, beside the core.
//!
//! `net` makes random models, `game` knows what each node may do with the tokens before it, from the graph that was
//! drawn and from nothing of the core. The core runs random commands on a model; each of its records must be a move
//! that the game allows, and after each command the game must find no move that is still open.
//!
//! `TOKEN_GAME_RECORDS=5000000 cargo test -p bpmn --test token_game -- --nocapture` plays until so many
//! records were checked; `TOKEN_GAME_SEED` says where to begin.

mod game;
mod net;
mod random;

use std::sync::Arc;

use bpmn::{
    Catalog, Command, Key, ProcessInstance, Reading, Record, Start, Status, invariants, read,
    start, step,
};
use feel::Context;
use jiff::Timestamp;

use game::{Asked, Game};
use net::Net;
use random::Random;

/// Records to check where nothing else is asked for.
const RECORDS: u64 = 20_000;
/// Instances of each model.
const RUNS: usize = 4;
/// Commands to each instance.
const COMMANDS_MAX: usize = 40;
/// Open tasks beyond which an instance is given up: its model makes ever more tokens.
const TASKS_MAX: usize = 12;

#[expect(clippy::print_stdout, reason = "a long run says how far it came")]
#[test]
fn every_step_of_the_core_is_one_that_the_token_game_allows() {
    let wanted = number("TOKEN_GAME_RECORDS").unwrap_or(RECORDS);
    let mut seed = number("TOKEN_GAME_SEED").unwrap_or(1);
    let (mut checked, mut models, mut ended, mut stuck) = (0, 0_u64, 0_u64, 0_u64);
    while checked < wanted {
        let mut random = Random::new(seed);
        let net = if random.chance(50) {
            Net::blocks(&mut random)
        } else {
            Net::tangle(&mut random)
        };
        let Reading { processes, report } = read(net.xml());
        assert!(
            report.is_deployable(),
            "seed {seed}: {:#?}",
            report.problems
        );
        let catalog = Catalog::default().with_process(Key(1), 1, Arc::clone(&processes[0]));
        for _ in 0..RUNS {
            match play(&net, &catalog, &mut random) {
                Ok(played) => {
                    checked += played.records;
                    ended += u64::from(played.ended);
                    stuck += u64::from(played.stuck);
                }
                Err(broken) => panic!("seed {seed}: {broken}\n{}", net.xml()),
            }
        }
        seed += 1;
        models += 1;
    }
    println!("{checked} records, {models} models, {ended} instances ended, {stuck} stuck");
    assert!(
        ended > 0 && stuck > 0,
        "some instances end, and some deadlock"
    );
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

struct Played {
    records: u64,
    ended: bool,
    stuck: bool,
}

/// Runs one instance against the game.
fn play(net: &Net, catalog: &Catalog, random: &mut Random) -> Result<Played, String> {
    let mut now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a moment");
    let key = Key::of_instance(1);
    let choice = random.below(64);
    let first = Start {
        key,
        definition: Key(1),
        at: None,
        definition_of_at: 0,
        business_id: None,
        variables: chosen(choice),
        parent: None,
        calendar: None,
    };
    let (mut instance, done) =
        start(catalog, first, now).map_err(|rejection| rejection.to_string())?;
    let mut game = Game::new(net, key);
    let mut records = done.records;
    game.play(&Asked::Start, choice, &records)?;
    game.settled(&open_tasks(&instance))?;
    for _ in 0..COMMANDS_MAX {
        if instance.status() != Status::Active || instance.tasks().len() > TASKS_MAX {
            break;
        }
        let choice = random.below(64);
        let Some((command, asked)) = command(&instance, random, choice) else {
            break; // deadlocked
        };
        now = now
            .checked_add(jiff::SignedDuration::from_secs(1))
            .expect("not the end of time");
        let done = step(catalog, &mut instance, command, now)
            .map_err(|rejection| rejection.to_string())?;
        game.play(&asked, choice, &done.records)?;
        game.settled(&open_tasks(&instance))?;
        records.extend(done.records);
    }
    invariants::check(&instance, &records)?;
    let stuck = records
        .iter()
        .any(|record| matches!(record, Record::IncidentRaised { .. }));
    Ok(Played {
        records: records.len() as u64,
        ended: instance.status() == Status::Completed,
        stuck,
    })
}

/// The visits that have an open task.
fn open_tasks(instance: &ProcessInstance) -> Vec<Key> {
    instance
        .tasks()
        .values()
        .map(|task| task.element_instance)
        .collect()
}

fn chosen(choice: usize) -> Context {
    let mut variables = Context::default();
    variables.insert("choice", choice);
    variables
}

/// Something that waits is done: a task mostly, sometimes a timer.
fn command(
    instance: &ProcessInstance,
    random: &mut Random,
    choice: usize,
) -> Option<(Command, Asked)> {
    let timers: Vec<_> = instance.timers().values().collect();
    if let Some(timer) = random.pick(&timers).filter(|_| random.clone().chance(25)) {
        let asked = Asked::Timer {
            event: timer.element.to_string(),
            host: timer.element_instance,
        };
        return Some((Command::FireTimer { timer: timer.key }, asked));
    }
    let tasks: Vec<_> = instance.tasks().values().collect();
    let task = random.pick(&tasks)?;
    let command = Command::CompleteTask {
        task: task.key,
        by: None,
        variables: chosen(choice),
    };
    Some((command, Asked::Task(task.element_instance)))
}
