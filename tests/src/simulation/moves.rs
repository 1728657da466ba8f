//! What random people, programs and clocks do.

use bpmn::{Ancestor, Assignment, Command, Key, Modification, Status, Which};
use feel::{Context, Value};

use super::random::Random;
use crate::harness::Instance;

/// After so many rounds, an instance whose incidents come back is cancelled.
const PATIENCE: usize = 40;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// One more instance.
    Start,
    /// A command; it may be refused.
    Command(Key, Command),
    /// A command that was carried out before; it must be refused.
    Again(Key, Command),
    /// The clock moves on by so many hours.
    Wait(i64),
    /// The program stops and starts.
    Restart,
}

/// Chooses moves.
#[derive(Debug)]
pub(super) struct Moves {
    random: Random,
    /// Commands that can be carried out once only.
    once: Vec<(Key, Command)>,
}

impl Moves {
    pub(super) fn new(random: Random) -> Moves {
        Moves {
            random,
            once: Vec::new(),
        }
    }

    /// The next move; what can be done depends on what waits.
    pub(super) fn next(&mut self, instances: &[Instance]) -> Move {
        let command = match self.random.below(100) {
            0..=39 => self.complete_task(instances),
            40..=49 => self.assign(instances),
            50..=61 => self.job(instances),
            62..=66 => self.resolve(instances),
            67..=71 => self.set(instances),
            72..=74 => self.fire(instances),
            75 => self.by_hand(instances),
            76 => self
                .instance(instances)
                .map(|key| Command::CancelInstance.to(key)),
            77..=78 => return Move::Start,
            79..=81 => return Move::Restart,
            82..=87 => match self.random.pick(&self.once) {
                Some((key, command)) => return Move::Again(*key, command.clone()),
                None => None,
            },
            _ => return Move::Wait(1 + self.random.below(30) as i64),
        };
        let Some((key, command)) = command else {
            return Move::Wait(1);
        };
        Move::Command(key, command)
    }

    /// Everything that waits is done; nothing when all instances have ended.
    pub(super) fn ending(&mut self, instances: &[Instance], round: usize) -> Vec<Move> {
        let mut moves = Vec::new();
        for instance in instances
            .iter()
            .filter(|instance| instance.state.status() == Status::Active)
        {
            let state = &instance.state;
            if round >= PATIENCE && !state.incidents().is_empty() && state.parent().is_none() {
                moves.push(Move::Command(state.key(), Command::CancelInstance));
                continue;
            }
            if state.suspended_at().is_some() {
                moves.push(Move::Command(state.key(), Command::Resume));
                continue;
            }
            // One thing an instance and round: the next may be gone by then.
            let task = state
                .tasks()
                .keys()
                .next()
                .map(|task| Command::CompleteTask {
                    task: *task,
                    by: None,
                    variables: answer(9),
                });
            let job = state.jobs().values().find(|job| job.retries > 0);
            let job = job.map(|job| Command::CompleteJob {
                job: job.key,
                variables: answer(9),
            });
            let incident =
                state
                    .incidents()
                    .keys()
                    .next()
                    .map(|incident| Command::ResolveIncident {
                        incident: *incident,
                    });
            let retries = state.jobs().values().find(|job| job.retries == 0);
            let retries = retries.map(|job| Command::UpdateRetries {
                job: job.key,
                retries: 1,
            });
            let next = task.or(job).or(retries).or(incident);
            moves.push(next.map_or(Move::Wait(24), |command| {
                Move::Command(state.key(), command)
            }));
        }
        moves
    }

    /// Tokens are moved, or a case is suspended or resumed.
    fn by_hand(&mut self, instances: &[Instance]) -> Option<(Key, Command)> {
        let key = self.instance(instances)?;
        let mut found = instances.iter();
        let state = &found.find(|instance| instance.state.key() == key)?.state;
        if state.suspended_at().is_some() {
            return Some(Command::Resume.to(key));
        }
        let visits: Vec<(Key, String)> = state
            .elements()
            .iter()
            .map(|(key, visit)| (*key, visit.element().to_string()))
            .collect();
        let (source, _) = self.random.pick(&visits)?.clone();
        let (_, target) = self.random.pick(&visits)?.clone();
        let modification = match self.random.below(4) {
            0 => return Some(Command::Suspend.to(key)),
            1 => Modification {
                terminate: vec![Which::Visit { key: source }],
                ..Modification::default()
            },
            _ => Modification {
                moves: vec![bpmn::Move {
                    source: Which::Visit { key: source },
                    target,
                    ancestor: Ancestor::Inferred,
                    variables: Vec::new(),
                }],
                ..Modification::default()
            },
        };
        Some(Command::Modify { modification }.to(key))
    }

    fn instance(&mut self, instances: &[Instance]) -> Option<Key> {
        let active: Vec<Key> = instances
            .iter()
            .map(|instance| instance.state.key())
            .collect();
        self.random.pick(&active).copied()
    }

    /// Remembers what was carried out, when it must not be carried out again.
    pub(super) fn carried_out(&mut self, done: &Move) {
        if let Move::Command(key, command) = done {
            let is_once = matches!(
                command,
                Command::CompleteTask { .. }
                    | Command::CompleteJob { .. }
                    | Command::ResolveIncident { .. }
                    | Command::FireTimer { .. }
            );
            if is_once {
                self.once.push((*key, command.clone()));
            }
        }
    }

    fn complete_task(&mut self, instances: &[Instance]) -> Option<(Key, Command)> {
        let tasks: Vec<_> = instances
            .iter()
            .flat_map(|instance| instance.state.tasks().values())
            .collect();
        let task = *self.random.pick(&tasks)?;
        let by = if self.random.chance(30) {
            task.assignee.clone()
        } else {
            None
        };
        let variables = answer(self.random.below(4));
        Some(
            Command::CompleteTask {
                task: task.key,
                by,
                variables,
            }
            .to(task.key),
        )
    }

    fn assign(&mut self, instances: &[Instance]) -> Option<(Key, Command)> {
        let tasks: Vec<Key> = instances
            .iter()
            .flat_map(|instance| instance.state.tasks().keys().copied())
            .collect();
        let task = *self.random.pick(&tasks)?;
        let assignee = self
            .random
            .pick(&["grace", "joseph", "ruth"])
            .copied()
            .unwrap_or_default()
            .to_owned();
        let command = match self.random.below(4) {
            0 => Command::UnassignTask { task },
            1 => Command::AssignTask {
                task,
                assignee,
                expect: Assignment::Unassigned,
            },
            2 => Command::CompleteTask {
                task,
                by: Some(assignee),
                variables: answer(0),
            },
            _ => Command::AssignTask {
                task,
                assignee,
                expect: Assignment::Anyone,
            },
        };
        Some(command.to(task))
    }

    fn job(&mut self, instances: &[Instance]) -> Option<(Key, Command)> {
        let jobs: Vec<Key> = instances
            .iter()
            .flat_map(|instance| instance.state.jobs().keys().copied())
            .collect();
        let job = *self.random.pick(&jobs)?;
        let variables = answer(self.random.below(4));
        match self.random.below(10) {
            0..=4 => Some(Command::CompleteJob { job, variables }.to(job)),
            5..=6 => Some(
                Command::FailJob {
                    job,
                    retries: self.random.below(2) as u32,
                    message: "busy".to_owned(),
                }
                .to(job),
            ),
            7 => Some(Command::UpdateRetries { job, retries: 1 }.to(job)),
            _ => Some(
                Command::ThrowError {
                    job,
                    code: "FAILURE".to_owned(),
                    message: String::new(),
                    variables,
                }
                .to(job),
            ),
        }
    }

    fn resolve(&mut self, instances: &[Instance]) -> Option<(Key, Command)> {
        let incidents: Vec<Key> = instances
            .iter()
            .flat_map(|instance| instance.state.incidents().keys().copied())
            .collect();
        let incident = *self.random.pick(&incidents)?;
        Some(Command::ResolveIncident { incident }.to(incident))
    }

    fn set(&mut self, instances: &[Instance]) -> Option<(Key, Command)> {
        let mut scopes: Vec<Key> = instances
            .iter()
            .map(|instance| instance.state.key())
            .collect();
        scopes.extend(
            instances
                .iter()
                .flat_map(|instance| instance.state.elements().keys().copied()),
        );
        let scope = *self.random.pick(&scopes)?;
        let (variables, local) = (answer(self.random.below(4)), self.random.chance(50));
        Some(
            Command::SetVariables {
                scope,
                variables,
                local,
            }
            .to(scope),
        )
    }

    /// A timer that fires before it is due, as one may that was told twice.
    fn fire(&mut self, instances: &[Instance]) -> Option<(Key, Command)> {
        let timers: Vec<Key> = instances
            .iter()
            .flat_map(|instance| instance.state.timers().keys().copied())
            .collect();
        let timer = *self.random.pick(&timers)?;
        Some(Command::FireTimer { timer }.to(timer))
    }
}

/// Addresses a command to the instance that a key was born in.
trait To {
    fn to(self, key: Key) -> (Key, Command);
}

impl To for Command {
    fn to(self, key: Key) -> (Key, Command) {
        (key.instance(), self)
    }
}

fn answer(number: usize) -> Context {
    [("answer".to_owned(), Value::from(number as i64))]
        .into_iter()
        .collect()
}
