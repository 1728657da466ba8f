//! What goes wrong while people work.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use commands::clock::Stopwatch;

use super::client::Client;
use super::ledger::Ledger;
use super::scene::Scene;
use crate::simulation::random::Random;

/// The longest that is waited for answers.
const MOMENT_MAX: Duration = Duration::from_secs(3);

/// Longer than any lease and claim of a program.
const LONG: Duration = Duration::from_secs(35);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// All programs are killed.
    KillAll,
    /// One of several programs is killed; the others go on.
    KillOne,
    /// One of several programs hangs for a while (`SIGSTOP`), and then goes on as if nothing were.
    Pause(Duration),
    /// The server of the database is killed and started again.
    KillDatabase,
    /// All connections to the database are cut.
    Cut,
    /// The cable of one of several programs is pulled for a while. Clients still reach it.
    CutOff(Duration),
    /// The server of the database is killed for good; its standby takes over.
    Failover,
}

impl Event {
    /// The word in the account.
    pub(super) fn name(self) -> &'static str {
        match self {
            Event::KillAll => "all programs killed",
            Event::KillOne => "one program of several killed",
            Event::Pause(LONG) => "one program hanging longer than its leases",
            Event::Pause(_) => "one program hanging",
            Event::KillDatabase => "database server killed",
            Event::Cut => "connections to the database cut",
            Event::CutOff(LONG) => "one program cut off for longer than its leases",
            Event::CutOff(_) => "one program cut off",
            Event::Failover => "standby promoted",
        }
    }

    /// One of those that can happen on a file, or on a server with several programs.
    pub(super) fn any(random: &mut Random, is_shared: bool) -> Event {
        if !is_shared {
            return Event::KillAll;
        }
        match random.below(100) {
            0..35 => Event::KillOne,
            35..55 => Event::KillAll,
            55..70 => Event::Pause(Duration::from_millis(random.next() % 2_000)),
            70 => Event::Pause(LONG),
            71..85 => Event::KillDatabase,
            _ => Event::Cut,
        }
    }

    /// A cable is pulled, for a moment or for long.
    pub(super) fn cut_off(random: &mut Random) -> Event {
        Event::CutOff(match random.below(10) {
            0 => LONG,
            _ => Duration::from_millis(random.next() % 4_000),
        })
    }

    /// Whether nobody writes any more afterwards.
    pub(super) fn leaves_nobody(self) -> bool {
        self == Event::KillAll
    }

    fn happen(self, scene: &mut Scene, random: &mut Random) -> Result<(), String> {
        match self {
            Event::KillAll => {
                let nodes = std::mem::take(&mut scene.nodes);
                nodes.into_iter().try_for_each(|node| node.kill())
            }
            Event::KillOne => {
                let chosen = random.below(scene.nodes.len());
                scene.nodes.remove(chosen).kill()
            }
            Event::Pause(time) => {
                let chosen = random.below(scene.nodes.len());
                let id = scene.nodes[chosen].id();
                signal(id, "-STOP")?;
                thread::sleep(time);
                signal(id, "-CONT")
            }
            Event::KillDatabase => {
                let server = scene.server()?;
                server.kill()?;
                thread::sleep(Duration::from_millis(random.next() % 500));
                server.restart()
            }
            Event::Cut => scene.server()?.cut("caseway"),
            Event::CutOff(time) => {
                let chosen = random.below(scene.nodes.len());
                scene.nodes[chosen].plug(false)?;
                thread::sleep(time);
                scene.nodes[chosen].plug(true)
            }
            Event::Failover => scene.fail_over(),
        }
    }
}

/// When something happens while people work: after so many answers, and a little later. How many answers a time brings depends
/// on how busy the machine is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) answers: usize,
    pub(super) later: Duration,
}

impl Moment {
    pub(super) fn any(random: &mut Random) -> Moment {
        Moment {
            answers: random.below(60),
            later: Duration::from_micros(random.next() % 3_000),
        }
    }

    /// Waits for it, but not for ever: perhaps nobody answers.
    fn wait(self, ledger: &Ledger) {
        let (first, watch) = (ledger.len(), Stopwatch::start());
        while ledger.len() < first + self.answers && watch.elapsed() < MOMENT_MAX {
            thread::sleep(Duration::from_micros(200));
        }
        thread::sleep(self.later);
    }
}

/// Lets people work, lets something go wrong, and lets them work on where somebody still serves.
pub(super) fn while_working(
    event: Event,
    scene: &mut Scene,
    random: &mut Random,
    clients: &mut [Client],
    ledger: &Ledger,
) -> Result<(), String> {
    let to = scene.addresses();
    let stop = AtomicBool::new(false);
    let (before, after) = (Moment::any(random), Moment::any(random));
    thread::scope(|scope| {
        for client in clients {
            scope.spawn(|| client.work(&to, ledger, &stop));
        }
        before.wait(ledger);
        let happened = event.happen(scene, random);
        if happened.is_ok() && !event.leaves_nobody() {
            after.wait(ledger);
        }
        stop.store(true, Ordering::SeqCst);
        happened
    })
}

fn signal(process: u32, signal: &str) -> Result<(), String> {
    let sent = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    match sent {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("kill {signal} {process}: {status}")),
        Err(error) => Err(error.to_string()),
    }
}
