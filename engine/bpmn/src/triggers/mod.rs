//! What makes events happen: one file each, one line each in the table.
//!
//! An event is a position (start, catch, throw, boundary, end: their files are in `elements`) with a
//! trigger (timer, error, terminate ...: their files are here).

pub(crate) mod cancel;
pub(crate) mod compensation;
pub(crate) mod conditional;
pub(crate) mod error;
pub(crate) mod message;
pub(crate) mod signal;
mod throwing;
pub(crate) mod timer;

pub use compensation::CompensationTrigger;
pub use conditional::ConditionalTrigger;
pub use error::ErrorTrigger;
pub use message::MessageTrigger;
pub use signal::SignalTrigger;
pub use timer::TimerTrigger;

pub(crate) use throwing::throw;

use crate::read::{BPMN, NodeReader};

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
    /// Where the standard allows it (BPMN 2.0.2, table 10.93).
    pub allowed: &'static [Position],
    /// Where it is executed.
    pub executed: &'static [Position],
}

/// The table of triggers.
pub static TRIGGERS: &[Kind] = {
    use Position::{Boundary, Catch, End, EventSubprocessStart, Start, Throw};
    &[
        kind("", "none", &[Start, Throw, End], &[Start, Throw, End]),
        kind(
            "timerEventDefinition",
            "timer",
            &[Start, EventSubprocessStart, Catch, Boundary],
            &[Start, EventSubprocessStart, Catch, Boundary],
        ),
        kind(
            "messageEventDefinition",
            "message",
            &[Start, EventSubprocessStart, Catch, Throw, Boundary, End],
            &[Start, EventSubprocessStart, Catch, Boundary],
        ),
        kind(
            "signalEventDefinition",
            "signal",
            &[Start, EventSubprocessStart, Catch, Throw, Boundary, End],
            &[Start, EventSubprocessStart, Catch, Boundary],
        ),
        kind(
            "conditionalEventDefinition",
            "conditional",
            &[Start, EventSubprocessStart, Catch, Boundary],
            &[Start, EventSubprocessStart, Catch, Boundary],
        ),
        kind(
            "errorEventDefinition",
            "error",
            &[EventSubprocessStart, Boundary, End],
            &[EventSubprocessStart, Boundary, End],
        ),
        kind(
            "escalationEventDefinition",
            "escalation",
            &[EventSubprocessStart, Throw, Boundary, End],
            &[],
        ),
        kind(
            "compensateEventDefinition",
            "compensation",
            &[EventSubprocessStart, Throw, Boundary, End],
            &[EventSubprocessStart, Throw, Boundary, End],
        ),
        kind(
            "cancelEventDefinition",
            "cancel",
            &[Boundary, End],
            &[Boundary, End],
        ),
        kind("terminateEventDefinition", "terminate", &[End], &[End]),
        kind("linkEventDefinition", "link", &[Catch, Throw], &[]),
        kind(
            "",
            "multiple",
            &[Start, EventSubprocessStart, Catch, Throw, Boundary, End],
            &[],
        ),
        kind(
            "",
            "parallel multiple",
            &[Start, EventSubprocessStart, Catch, Boundary],
            &[],
        ),
    ]
};

const fn kind(
    xml_name: &'static str,
    name: &'static str,
    allowed: &'static [Position],
    executed: &'static [Position],
) -> Kind {
    Kind {
        xml_name,
        name,
        allowed,
        executed,
    }
}

/// The trigger of an event, by the table; several definitions make it multiple.
pub(crate) fn kind_of(event: &xml::Element) -> &'static Kind {
    let mut kinds = event.children.iter().filter_map(|child| {
        let found = TRIGGERS
            .iter()
            .find(|kind| !kind.xml_name.is_empty() && child.is(BPMN, kind.xml_name));
        found.or_else(|| {
            child
                .is(BPMN, "eventDefinitionRef")
                .then(|| named("multiple"))
        })
    });
    match (kinds.next(), kinds.next()) {
        (None, _) => named("none"),
        (Some(kind), None) => kind,
        (Some(_), Some(_)) if event.attribute("parallelMultiple") == Some("true") => {
            named("parallel multiple")
        }
        (Some(_), Some(_)) => named("multiple"),
    }
}

fn named(name: &str) -> &'static Kind {
    TRIGGERS
        .iter()
        .find(|kind| kind.name == name)
        .expect("only names of the table are asked for")
}

/// Reads what makes an event happen, where the table says that it is executed.
pub(crate) fn read(node: &mut NodeReader<'_, '_>, position: Position) -> Option<Triggers> {
    let mut list = Vec::new();
    for definition in &node.xml.children {
        let kind = TRIGGERS
            .iter()
            .find(|kind| !kind.xml_name.is_empty() && definition.is(BPMN, kind.xml_name));
        let Some(kind) = kind else {
            continue;
        };
        list.push(match kind.name {
            "timer" => Trigger::Timer(timer::read(node, definition, position)?),
            "message" => Trigger::Message(message::read(node, definition)?),
            "signal" => Trigger::Signal(signal::read(node, definition)?),
            "conditional" => Trigger::Conditional(conditional::read(node, definition)?),
            "error" => Trigger::Error(error::read(node, definition, position)?),
            "compensation" => Trigger::Compensation(compensation::read(node, definition, position)),
            "cancel" => Trigger::Cancel,
            "terminate" => Trigger::Terminate,
            _ => continue,
        });
    }
    let all = list.len() > 1 && node.xml.attribute("parallelMultiple") == Some("true");
    Some(Triggers { list, all })
}
