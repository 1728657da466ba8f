//! Every scenario and a share of random processes on every harness.

use crate::harness::{Core, Harness, Names, Stored, World, play};
use crate::scenario::{folders, parse};
use crate::scratch::Scratch;
use crate::simulation;
use store::Fault;

/// Plays all scenarios of the workspace and reports all that fail. `CASEWAY_SCENARIOS` chooses those whose path holds it.
fn play_all(make: impl Fn(&World) -> Result<Box<dyn Harness>, String>) {
    let chosen = std::env::var("CASEWAY_SCENARIOS").unwrap_or_default();
    let mut failures = Vec::new();
    let mut played = 0;
    for folder in folders() {
        let later = folder.later.values().flatten();
        let names = Names::of(folder.resources.iter().chain(later));
        for file in &folder.scenarios {
            if !file.to_string_lossy().contains(&chosen) {
                continue;
            }
            let text = std::fs::read_to_string(file).unwrap();
            let scenarios = match parse(file, &text) {
                Ok(scenarios) => scenarios,
                Err(problems) => {
                    failures.extend(problems.iter().map(ToString::to_string));
                    continue;
                }
            };
            for scenario in scenarios {
                played += 1;
                let world = World::of(&scenario, &folder);
                let harness = world.and_then(|world| make(&world).map(|harness| (world, harness)));
                match harness {
                    Ok((world, mut harness)) => {
                        failures.extend(
                            play(&scenario, &world, &names, harness.as_mut())
                                .err()
                                .map(|failure| failure.to_string()),
                        );
                    }
                    Err(problem) => {
                        failures.push(format!("{}: {}: {problem}", file.display(), scenario.title))
                    }
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {played} scenarios failed\n\n{}\n",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(
        played > 20 || !chosen.is_empty(),
        "only {played} scenarios were found"
    );
}

/// The seeds that the environment asks for, else the first `share`.
fn seeds(share: u64) -> std::ops::Range<u64> {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    match number("CASEWAY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CASEWAY_SIMULATIONS").unwrap_or(share),
    }
}

/// Runs the seeds on a harness.
fn simulate_all(share: u64, make: impl Fn(&World) -> Result<Box<dyn Harness>, String>) {
    for seed in seeds(share) {
        let world = simulation::world(seed);
        let outcome =
            make(&world).and_then(|mut harness| simulation::simulate(seed, harness.as_mut()));
        if let Err(problem) = outcome {
            panic!(
                "CASEWAY_SEED={seed}: {problem}\n\nthe model:\n{}",
                world.resources[0].1
            );
        }
    }
}

fn core(world: &World) -> Result<Box<dyn Harness>, String> {
    Core::new(world).map(|core| Box::new(core) as Box<dyn Harness>)
}

fn over_sqlite(world: &World) -> Result<Box<dyn Harness>, String> {
    Stored::over_sqlite(world).map(|stored| Box::new(stored) as Box<dyn Harness>)
}

fn over_postgresql(world: &World) -> Result<Box<dyn Harness>, String> {
    Stored::over_postgresql(world).map(|stored| Box::new(stored) as Box<dyn Harness>)
}

#[test]
fn all_scenarios_hold_on_the_core() {
    play_all(core);
}

#[test]
fn all_scenarios_hold_over_sqlite() {
    play_all(over_sqlite);
}

#[test]
fn all_scenarios_hold_over_postgresql() {
    play_all(over_postgresql);
}

#[test]
fn random_processes_keep_the_invariants_on_the_core_simulation() {
    simulate_all(150, core);
}

#[test]
fn random_processes_keep_the_invariants_over_sqlite_simulation() {
    simulate_all(8, over_sqlite);
}

#[test]
fn random_processes_keep_the_invariants_over_postgresql_simulation() {
    simulate_all(4, over_postgresql);
}

#[test]
fn messages_reach_each_process_once_and_are_not_lost_simulation() {
    let seeds = seeds(25);
    for seed in seeds {
        let world = simulation::messages::world();
        let (mut core, mut stored) = (
            Core::new(&world).unwrap(),
            Stored::over_sqlite(&world).unwrap(),
        );
        let outcome = simulation::messages::simulate(seed, &mut [&mut core, &mut stored]);
        if let Err(problem) = outcome {
            panic!("CASEWAY_SEED={seed}: {problem}");
        }
    }
}

/// Tells a story that meets a fault at every `step`-th call over SQLite or PostgreSQL. The order of calls depends on the machine
/// a little, as the loop of timers and the writer work side by side.
fn stop_everywhere(over_postgresql: bool, fault: Fault, step: usize) {
    let mut folders = std::cell::RefCell::new(Vec::new());
    let address = || {
        if over_postgresql {
            return servers::Postgres::shared()?.schema();
        }
        let folder = Scratch::new()?;
        let address = format!("sqlite:{}", folder.path().join("caseway.db").display());
        folders.borrow_mut().push(folder);
        Ok(address)
    };
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let calls = tokio.block_on(simulation::stops::every_call(address, fault, step));
    let calls = calls.unwrap_or_else(|problem| panic!("{problem}"));
    assert!(calls > 40, "only {calls} calls");
    folders.get_mut().clear();
}

#[test]
fn a_crash_at_any_call_to_sqlite_changes_nothing_of_the_story() {
    stop_everywhere(false, Fault::Crash, 1);
}

#[test]
fn a_failure_of_any_call_to_sqlite_changes_nothing_of_the_story() {
    stop_everywhere(false, Fault::Blip, 1);
}

#[test]
fn the_loss_of_any_answer_of_sqlite_changes_nothing_of_the_story() {
    stop_everywhere(false, Fault::LostAnswer, 1);
}

#[test]
fn a_crash_at_some_calls_to_postgresql_changes_nothing_of_the_story() {
    stop_everywhere(true, Fault::Crash, 11);
}

#[test]
fn the_loss_of_some_answers_of_postgresql_changes_nothing_of_the_story() {
    stop_everywhere(true, Fault::LostAnswer, 11);
}

#[test]
fn the_readme_shows_the_elements_that_are_executed() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    assert!(
        readme.contains(&bpmn::elements::markdown()),
        "put what `cargo run -p bpmn --example elements` prints into README.md"
    );
}
