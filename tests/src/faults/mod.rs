//! The real program and its database killed, cut off and paused at random moments while people work, again and again: nothing
//! acknowledged is lost, nothing happens twice, and what was not acknowledged is there whole or not at all.
//!
//! `ledger.rs` is what the clients know, `client.rs` how they work, `events.rs` what goes wrong, `scene.rs` the database and its programs, `node.rs` one program, `check.rs`
//! what must hold. A life is one database, from empty until all its cases have ended.

mod check;
mod client;
mod events;
mod ledger;
mod node;
mod scene;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::simulation::random::Random;
use check::Checked;
use client::Client;
use events::{Event, while_working};
use ledger::{Fate, Ledger};
use scene::Scene;

/// People who work at once.
const CLIENTS: u64 = 8;

/// Rounds of one database.
const ROUNDS_OF_A_LIFE: u64 = 40;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// Where the cases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A server of our own.
    Postgres,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The build of `caseway`.
    pub program: PathBuf,
    /// Where SQLite files are.
    pub folder: PathBuf,
    /// Which database.
    pub database: Database,
    /// What the choices follow from. The moments are the machine's.
    pub seed: u64,
    /// How often something goes wrong.
    pub rounds: u64,
    /// How many programs serve a database that several can share.
    pub nodes: usize,
    /// Whether each of them lives in a network namespace of its own, with a cable that can be pulled, and by a clock of its own.
    /// Linux, as root.
    pub apart: bool,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What went wrong while people worked, and how often.
    pub events: BTreeMap<&'static str, u64>,
    /// How often while they started.
    pub kills_at_start: u64,
    /// Databases.
    pub lives: u64,
    /// What was acknowledged, and found once after each fault and at the end.
    pub acknowledged: u64,
    /// What was refused, and not found.
    pub refused: u64,
    /// What got no answer and was found, whole and once.
    pub there: u64,
    /// What got no answer and was not found.
    pub absent: u64,
    /// Instances that were checked, after each fault anew.
    pub instances: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
}

impl fmt::Display for Account {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (event, count) in &self.events {
            writeln!(to, "{count:>6} {event}")?;
        }
        writeln!(to, "{:>6} killed while it started", self.kills_at_start)?;
        writeln!(to, "{:>6} databases", self.lives)?;
        writeln!(
            to,
            "{} acknowledged and there once, {} refused and absent, {} without an answer: {} there once, {} absent",
            self.acknowledged,
            self.refused,
            self.there + self.absent,
            self.there,
            self.absent
        )?;
        let statuses: Vec<String> = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{status}: {count}"))
            .collect();
        write!(
            to,
            "{} times an instance was checked; answers {}",
            self.instances,
            statuses.join(", ")
        )
    }
}

/// Carries out the plan; `progress` gets a line after each database. `Err` says what broke.
pub fn run(plan: &Plan, mut progress: impl FnMut(&Account)) -> Result<Account, String> {
    let mut account = Account::default();
    let mut random = Random::new(plan.seed);
    let mut left = plan.rounds;
    while left > 0 {
        let rounds = left.min(ROUNDS_OF_A_LIFE);
        left -= rounds;
        account.lives += 1;
        live(plan, rounds, &mut random, &mut account)
            .map_err(|problem| format!("{problem}\nafter {account}\nseed {}", plan.seed))?;
        progress(&account);
    }
    Ok(account)
}

/// One database from empty to the end of all its cases.
fn live(
    plan: &Plan,
    rounds: u64,
    random: &mut Random,
    account: &mut Account,
) -> Result<(), String> {
    let nodes = match plan.database {
        Database::Sqlite => 1,
        Database::Postgres => plan.nodes,
    };
    let mut scene = Scene::new(plan, nodes)?;
    let ledger = Ledger::default();
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|_| Client::new(random.next(), PATIENCE))
        .collect();
    for round in 0..rounds {
        let is_last = round + 1 == ROUNDS_OF_A_LIFE;
        let event = match plan.database {
            // Nobody takes over the address of a server.
            Database::Postgres if is_last && !plan.apart => Event::Failover,
            Database::Postgres if plan.apart && random.chance(40) => Event::cut_off(random),
            Database::Postgres => Event::any(random, nodes > 1),
            Database::Sqlite => Event::KillAll,
        };
        let first = ledger.len();
        while_working(event, &mut scene, random, &mut clients, &ledger)
            .map_err(|problem| format!("round {round}, {}: {problem}", event.name()))?;
        *account.events.entry(event.name()).or_default() += 1;
        scene.settle()?;
        let checked = scene.check(&ledger.since(first), event.leaves_nobody());
        let checked = checked.map_err(|problem| {
            let (name, said) = (event.name(), scene.last_words());
            format!("round {round}, {name}: {problem}\n{said}")
        })?;
        account.instances += checked.instances;
        if random.chance(10) {
            scene.start_and_kill(Duration::from_micros(random.next() % 40_000))?;
            account.kills_at_start += 1;
        }
        while scene.nodes.len() < nodes {
            scene.start()?;
        }
    }
    scene.bring_to_an_end()?;
    for node in std::mem::take(&mut scene.nodes) {
        node.kill()?;
    }
    scene.settle()?;
    let checked = scene
        .check(&ledger.all(), true)
        .map_err(|problem| format!("at the end: {problem}"))?;
    summed(account, &ledger, checked, &clients)
}

/// Adds up what a life has come to.
fn summed(
    account: &mut Account,
    ledger: &Ledger,
    checked: Checked,
    clients: &[Client],
) -> Result<(), String> {
    account.instances += checked.instances;
    account.there += checked.there;
    account.absent += checked.absent;
    for deed in ledger.all() {
        match deed.fate {
            Fate::Acknowledged => account.acknowledged += 1,
            Fate::Refused => account.refused += 1,
            Fate::Unknown => {}
        }
    }
    for client in clients {
        for (status, count) in &client.statuses {
            *account.statuses.entry(*status).or_default() += count;
        }
        if let Some(wrong) = client.wrong.first() {
            return Err(wrong.clone());
        }
    }
    Ok(())
}
