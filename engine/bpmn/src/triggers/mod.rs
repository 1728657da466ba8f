//! What makes events happen: one file each, one line each in the table.
//!
//! An event is a position (start, catch, throw, boundary, end: their files are in `elements`) with a
//! trigger (timer, error, terminate ...: their files are here).

pub(crate) mod cancel;
pub(crate) mod compensation;
pub(crate) mod conditional;
pub(crate) mod error;
pub(crate) mod escalation;
pub(crate) mod link;
pub(crate) mod message;
pub(crate) mod signal;
pub(crate) mod throwing;
pub(crate) mod timer;

pub use compensation::CompensationTrigger;
pub use conditional::ConditionalTrigger;
pub use error::{Caught, ErrorTrigger};
pub use escalation::EscalationTrigger;
pub use link::LinkTrigger;
pub use message::MessageTrigger;
pub use signal::SignalTrigger;
pub use timer::TimerTrigger;

pub(crate) use throwing::{read_job, throw};

use std::collections::BTreeMap;

use crate::read::{BPMN, NodeReader, local_name};

/// What makes an event happen: nothing in particular, one thing, or (a multiple event) one of several or all of them.
#[derive(Debug)]
pub struct Triggers {
    list: Vec<Trigger>,
    /// Whether a multiple event happens only when all of them have happened (`parallelMultiple`).
    pub all: bool,
}

impl Triggers {
    /// Nothing in particular.
    pub const NONE: &'static Triggers = &Triggers {
        list: Vec::new(),
        all: false,
    };

    /// One thing.
    pub(crate) fn one(trigger: Trigger) -> Triggers {
        Triggers {
            list: vec![trigger],
            all: false,
        }
    }

    /// Whether nothing in particular makes it happen.
    pub fn is_none(&self) -> bool {
        self.list.is_empty()
    }

    /// Each of them, in document order.
    pub fn iter(&self) -> impl Iterator<Item = &Trigger> {
        self.list.iter()
    }
}

/// One thing that makes an event happen.
#[derive(Debug)]
pub enum Trigger {
    /// A time.
    Timer(TimerTrigger),
    /// A message.
    Message(MessageTrigger),
    /// A signal.
    Signal(SignalTrigger),
    /// A condition that becomes true.
    Conditional(ConditionalTrigger),
    /// An error.
    Error(ErrorTrigger),
    /// Something that somebody further out should know of.
    Escalation(EscalationTrigger),
    /// Another place of the same scope.
    Link(LinkTrigger),
    /// What completed is undone.
    Compensation(CompensationTrigger),
    /// A transaction is given up.
    Cancel,
    /// Everything in the scope ends.
    Terminate,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// At the beginning of a process or subprocess.
    Start,
    /// At the beginning of an event subprocess.
    EventSubprocessStart,
    /// Between two steps, waited for.
    Catch,
    /// Between two steps, caused.
    Throw,
    /// On an activity.
    Boundary,
    /// At the end of a path.
    End,
}

impl Position {
    /// BPMN's word for events in this position.
    pub const fn name(self) -> &'static str {
        match self {
            Position::Start => "start event",
            Position::EventSubprocessStart => "event subprocess start event",
            Position::Catch => "intermediate catch event",
            Position::Throw => "intermediate throw event",
            Position::Boundary => "boundary event",
            Position::End => "end event",
        }
    }

    /// BPMN's word for an event of a trigger in this position; the trigger "none" is not said.
    pub fn word(self, trigger: &str) -> String {
        match (self, trigger) {
            (_, "none") => self.name().to_owned(),
            (Position::Catch, _) => format!("intermediate {trigger} catch event"),
            (Position::Throw, _) => format!("intermediate {trigger} throw event"),
            (
                Position::Start
                | Position::EventSubprocessStart
                | Position::Boundary
                | Position::End,
                _,
            ) => {
                format!("{trigger} {}", self.name())
            }
        }
    }
}

/// One line of the table of triggers.
pub struct Kind {
    /// Name of the XML element that defines it.
    pub xml_name: &'static str,
    /// BPMN's word for it.
    pub name: &'static str,
    /// Where the standard allows it (BPMN 2.0.2, table 10.93); there it is executed.
    pub allowed: &'static [Position],
}

/// The table of triggers.
pub static TRIGGERS: &[Kind] = {
    use Position::{Boundary, Catch, End, EventSubprocessStart, Start, Throw};
    const ANYWHERE: &[Position] = &[Start, EventSubprocessStart, Catch, Throw, Boundary, End];
    const CAUGHT: &[Position] = &[Start, EventSubprocessStart, Catch, Boundary];
    &[
        kind("", "none", &[Start, Throw, End]),
        kind("timerEventDefinition", "timer", CAUGHT),
        kind("messageEventDefinition", "message", ANYWHERE),
        kind("signalEventDefinition", "signal", ANYWHERE),
        kind("conditionalEventDefinition", "conditional", CAUGHT),
        kind(
            "errorEventDefinition",
            "error",
            &[EventSubprocessStart, Boundary, End],
        ),
        kind(
            "escalationEventDefinition",
            "escalation",
            &[EventSubprocessStart, Throw, Boundary, End],
        ),
        kind(
            "compensateEventDefinition",
            "compensation",
            &[EventSubprocessStart, Throw, Boundary, End],
        ),
        kind("cancelEventDefinition", "cancel", &[Boundary, End]),
        kind("terminateEventDefinition", "terminate", &[End]),
        kind("linkEventDefinition", "link", &[Catch, Throw]),
        kind("", "multiple", ANYWHERE),
        kind("", "parallel multiple", CAUGHT),
    ]
};

const fn kind(xml_name: &'static str, name: &'static str, allowed: &'static [Position]) -> Kind {
    Kind {
        xml_name,
        name,
        allowed,
    }
}

/// The trigger of an event, by the table; several definitions make it multiple.
pub(crate) fn kind_of(event: &xml::Element, roots: &Roots<'_>) -> &'static Kind {
    match definitions(event, roots)[..] {
        [] if references(event).next().is_some() => named("multiple"),
        [] => named("none"),
        [(kind, _)] => kind,
        [..] if event.attribute("parallelMultiple") == Some("true") => named("parallel multiple"),
        [..] => named("multiple"),
    }
}

/// What events refer to, by id.
type Roots<'d> = BTreeMap<&'d str, &'d xml::Element>;

/// The definitions of an event, its own and those that it refers to, in document order.
pub(crate) fn definitions<'d>(
    event: &'d xml::Element,
    roots: &Roots<'d>,
) -> Vec<(&'static Kind, &'d xml::Element)> {
    let resolved = event.children.iter().filter_map(|child| {
        if child.is(BPMN, "eventDefinitionRef") {
            roots.get(local_name(child.text().trim())).copied()
        } else {
            Some(child)
        }
    });
    let known = resolved.filter_map(|definition| Some((kind_named(definition)?, definition)));
    known.collect()
}

/// The references of an event to definitions that stand beside the processes.
fn references(event: &xml::Element) -> impl Iterator<Item = &xml::Element> {
    let children = event.children.iter();
    children.filter(|child| child.is(BPMN, "eventDefinitionRef"))
}

/// The line of the table for an event definition.
pub(crate) fn kind_named(definition: &xml::Element) -> Option<&'static Kind> {
    TRIGGERS
        .iter()
        .find(|kind| !kind.xml_name.is_empty() && definition.is(BPMN, kind.xml_name))
}

fn named(name: &str) -> &'static Kind {
    TRIGGERS
        .iter()
        .find(|kind| kind.name == name)
        .expect("only names of the table are asked for")
}

/// Reads definitions that an activity throws by itself, without an event in the diagram.
pub(crate) fn read_implicit<'d>(
    node: &mut NodeReader<'_, 'd>,
    definitions: &[&'d xml::Element],
) -> Option<Triggers> {
    let mut list = Vec::new();
    for definition in definitions {
        list.push(match kind_named(definition)?.name {
            "message" => Trigger::Message(message::read(node, definition)?),
            "signal" => Trigger::Signal(signal::read(node, definition)?),
            "error" => Trigger::Error(error::read(node, definition, Position::Throw)?),
            "escalation" => {
                Trigger::Escalation(escalation::read(node, definition, Position::Throw)?)
            }
            _ => return None,
        });
    }
    (!list.is_empty()).then_some(Triggers { list, all: false })
}

/// Reads what makes an event happen.
pub(crate) fn read(node: &mut NodeReader<'_, '_>, position: Position) -> Option<Triggers> {
    for reference in references(node.xml) {
        let id = local_name(reference.text().trim());
        let found = node.reader.roots.get(id);
        if found.is_none_or(|found| kind_named(found).is_none()) {
            let message = format!(
                "{} refers to the event definition \"{id}\", which does not exist",
                node.label()
            );
            let way_out = "write the definition in the event itself";
            node.error_in(reference, message, way_out);
            return None;
        }
    }
    let mut list = Vec::new();
    for (kind, definition) in definitions(node.xml, &node.reader.roots) {
        list.push(match kind.name {
            "timer" => Trigger::Timer(timer::read(node, definition, position)?),
            "message" => Trigger::Message(message::read(node, definition)?),
            "signal" => Trigger::Signal(signal::read(node, definition)?),
            "conditional" => Trigger::Conditional(conditional::read(node, definition)?),
            "error" => Trigger::Error(error::read(node, definition, position)?),
            "escalation" => Trigger::Escalation(escalation::read(node, definition, position)?),
            "link" => Trigger::Link(link::read(node, definition)?),
            "compensation" => Trigger::Compensation(compensation::read(node, definition, position)),
            "cancel" => Trigger::Cancel,
            "terminate" => Trigger::Terminate,
            _ => continue,
        });
    }
    let all = list.len() > 1 && node.xml.attribute("parallelMultiple") == Some("true");
    let triggers = Triggers { list, all };
    multiple_fits(node, &triggers).then_some(triggers)
}

/// What cannot be one of several.
fn multiple_fits(node: &mut NodeReader<'_, '_>, triggers: &Triggers) -> bool {
    if triggers.list.len() < 2 {
        return true;
    }
    let has = |wanted: fn(&Trigger) -> bool| triggers.list.iter().any(wanted);
    if has(|trigger| matches!(trigger, Trigger::Link(_))) {
        let message = format!("{} is a link and something else at once", node.label());
        node.error(message, "draw the link as an event of its own");
        return false;
    }
    if triggers.all && has(|trigger| matches!(trigger, Trigger::Error(_))) {
        let message = format!("{} waits for an error and for something else", node.label());
        let way_out = "an error ends what it is thrown in: catch it with an event of its own";
        node.error(message, way_out);
        return false;
    }
    true
}

#[cfg(test)]
mod tests;
