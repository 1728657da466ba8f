//! Tells a scenario to a harness, line by line, and says where it does not go as written.

mod acts;
mod by_hand;
mod deadlines;
mod expectations;
mod seen;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use bpmn::Key;

use super::{Harness, Names, World, check};
use crate::scenario::{Act, Line, Scenario, Step};

/// Where a scenario did not go as written.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The harness on which it failed.
    pub harness: &'static str,
    /// The file of the scenario.
    pub file: PathBuf,
    /// What the scenario proves.
    pub title: String,
    /// The line that failed, from 1, and its text.
    pub line: (usize, String),
    /// What is wrong.
    pub problem: String,
    /// What waits now.
    pub waiting: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure {
            harness,
            file,
            title,
            line: (number, text),
            problem,
            waiting,
        } = self;
        writeln!(f, "{}:{number}: {title} (on {harness})", file.display())?;
        writeln!(f, "    line     {text}")?;
        writeln!(
            f,
            "    but      {}",
            problem.replace('\n', "\n             ")
        )?;
        write!(
            f,
            "    waits    {}",
            waiting.replace('\n', "\n             ")
        )
    }
}

/// Plays a scenario to its end, or to the first line that fails.
pub fn play(
    scenario: &Scenario,
    world: &World,
    names: &Names,
    harness: &mut dyn Harness,
) -> Result<(), Box<Failure>> {
    let mut story = Story {
        scenario,
        world,
        names,
        harness,
        first: None,
        calendars: BTreeMap::new(),
    };
    for line in &scenario.lines {
        story
            .line(line)
            .map_err(|problem| Box::new(story.failure(line, problem)))?;
    }
    Ok(())
}

struct Story<'a> {
    scenario: &'a Scenario,
    world: &'a World,
    names: &'a Names,
    harness: &'a mut dyn Harness,
    /// The instance that `expect ended` and the like are about: the first one, until the story turns to another.
    first: Option<Key>,
    /// The texts of calendars that were changed.
    calendars: BTreeMap<String, String>,
}

impl Story<'_> {
    fn failure(&mut self, line: &Line, problem: String) -> Failure {
        Failure {
            harness: self.harness.name(),
            file: self.scenario.file.clone(),
            title: self.scenario.title.clone(),
            line: (line.number, line.text.clone()),
            problem,
            waiting: self.waiting(),
        }
    }

    fn line(&mut self, line: &Line) -> Result<(), String> {
        match &line.step {
            Step::Do(act) => self.act(act)?,
            Step::Cannot(act) => self.refused(act)?,
            Step::Wait(span) => {
                let now = self.harness.now().to_zoned(self.world.zone.clone());
                let then = now.checked_add(*span).map_err(|error| error.to_string())?;
                self.harness.advance(then.timestamp())?;
            }
            Step::WaitUntil(time) => self.harness.advance(*time)?,
            Step::Restart => self.harness.restart()?,
            Step::Deploy(folder) => {
                let resources = self.world.later.get(folder);
                let resources =
                    resources.ok_or_else(|| format!("there is no folder \"{folder}\""))?;
                self.harness.deploy(resources)?;
            }
            Step::TurnTo(process) => {
                let instances = self.harness.instances()?;
                let mut theirs = instances.iter().rev();
                let youngest = theirs.find(|instance| instance.state.process_id() == process);
                let youngest =
                    youngest.ok_or_else(|| format!("there is no instance of \"{process}\""))?;
                self.first = Some(youngest.state.key());
            }
            Step::Expect(expectation) => return self.expect(expectation),
        }
        let instances = self.harness.instances()?;
        if self.first.is_none() {
            // What an event has started.
            self.first = instances.first().map(|instance| instance.state.key());
        }
        check(&instances)?;
        self.harness.check(&instances)
    }

    fn refused(&mut self, act: &Act) -> Result<(), String> {
        let before = self.harness.instances()?;
        if self.act(act).is_ok() {
            return Err("it was done, and should have been refused".to_owned());
        }
        if self.harness.instances()? == before {
            Ok(())
        } else {
            Err("it was refused, but something changed".to_owned())
        }
    }
}
