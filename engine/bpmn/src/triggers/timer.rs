//! Timer: a date, a duration or a repetition (BPMN 2.0.2, 10.5.5.20).
//!
//! What waits only once (a catch event, an event that interrupts) takes the first time of a repetition. How
//! repetitions count, and what happens where clocks change, is said in `time.rs` and `time/cron.rs`.
//!
//! Beyond the standard: cron texts, and dates in a duration that is computed. Deviation: `R/duration/end` is refused.

use feel::Value;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::Position;
use crate::definition::FlowNode;
use crate::elements::Element;
use crate::read::{BPMN, NodeReader, said};
use crate::step::{Failure, Stepper};
use crate::text::Text;
use crate::{CatchUp, Key, Repeat, time};

/// When a timer event happens.
#[derive(Debug)]
pub enum TimerTrigger {
    /// At a moment.
    Date(Text),
    /// Some time after it is reached.
    Duration(Text),
    /// Again and again; and what becomes of times that passed while nothing could happen.
    Cycle(Text, CatchUp),
}

/// The first time, and how it goes on.
pub(crate) struct Schedule {
    pub(crate) due: Timestamp,
    pub(crate) repeat: Option<Repeat>,
}

const NAMES: [&str; 3] = ["timeDate", "timeDuration", "timeCycle"];

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
    position: Position,
) -> Option<TimerTrigger> {
    let mut parts = definition
        .children
        .iter()
        .filter(|part| &*part.namespace == BPMN && NAMES.contains(&&*part.name));
    let (Some(part), None) = (parts.next(), parts.next()) else {
        let message = format!("{} says not exactly one time", node.label());
        node.error_in(
            definition,
            message,
            "give it one timeDate, timeDuration or timeCycle",
        );
        return None;
    };
    if part.text().trim().is_empty() {
        let message = format!("{} has an empty {}", node.label(), part.name);
        node.error_in(part, message, "fill it in, for example PT24H");
        return None;
    }
    let text = node.reader.content_text(node.xml, part)?;
    let not_false = |name: &str| node.xml.attribute(name) != Some("false");
    let once = match position {
        Position::Boundary => not_false("cancelActivity"),
        Position::EventSubprocessStart => not_false("isInterrupting"),
        Position::Start => false,
        Position::Catch | Position::Throw | Position::End => true,
    };
    let repeats = |literal: &str| literal.starts_with('R') && !literal.starts_with("R1/");
    if &*part.name == "timeCycle" && once && text.literal().is_some_and(repeats) {
        let message = format!("{} repeats, but can happen only once", node.label());
        let way_out = "use timeDuration, or an event that does not interrupt";
        node.warning(message, way_out);
    }
    check_literal(node, part, &text);
    Some(match &*part.name {
        "timeDate" => TimerTrigger::Date(text),
        "timeDuration" => TimerTrigger::Duration(text),
        _ => TimerTrigger::Cycle(text, catch_up(node, definition)?),
    })
}

/// What is said of times that passed while nothing could happen (a stopped server, a start in the past): each of them, where
/// nothing is said.
fn catch_up(node: &mut NodeReader<'_, '_>, definition: &xml::Element) -> Option<CatchUp> {
    let Some(word) = said(definition, "catchUp").or_else(|| said(node.xml, "catchUp")) else {
        return Some(CatchUp::All);
    };
    let known = CatchUp::of(&word);
    if known.is_none() {
        let message = format!(
            "{} has the catchUp \"{word}\", which does not exist",
            node.label()
        );
        node.error_in(definition, message, "write all, once or skip");
    }
    known
}

/// A literal can be checked before anything runs; the zone does not matter for that.
fn check_literal(node: &mut NodeReader<'_, '_>, part: &xml::Element, text: &Text) {
    let Some(literal) = text.literal() else {
        return;
    };
    let zone = TimeZone::UTC;
    let value = Value::from(literal);
    let problem = match &*part.name {
        "timeDate" => time::moment(&value, &zone, Time::midnight()).err(),
        "timeDuration" => time::after(Timestamp::UNIX_EPOCH, &value, &zone).err(),
        _ => time::first(literal, Timestamp::UNIX_EPOCH, &zone).err(),
    };
    if let Some(problem) = problem {
        let message = format!("The timer of {}: {problem}", node.label());
        node.error_in(
            part,
            message,
            "correct it, or begin with \"=\" for an expression",
        );
    }
}

impl TimerTrigger {
    /// The text as it is written in the model.
    pub fn text(&self) -> &Text {
        match self {
            TimerTrigger::Date(text)
            | TimerTrigger::Duration(text)
            | TimerTrigger::Cycle(text, _) => text,
        }
    }

    /// When it happens, if it is reached now by a visit with these variables.
    pub(crate) fn schedule(
        &self,
        step: &Stepper<'_>,
        scope: Key,
        node: &FlowNode,
    ) -> Result<Schedule, Failure> {
        let what = format!("The timer of \"{}\"", node.label());
        let value = step.required(self.text(), scope, &what)?;
        let from = step.began(node, scope)?;
        let mut schedule = self
            .reached(&value, from, &step.environment.zone)
            .map_err(|problem| Failure::expression(format!("{what}: {problem}")))?;
        // What waits only once does not repeat.
        let beside = matches!(
            node.element,
            Element::BoundaryEvent(_) | Element::StartEvent(_)
        );
        if !beside || node.element.interrupts() {
            schedule.repeat = None;
        }
        Ok(schedule)
    }

    /// When it happens, if it is reached now and its text has this value.
    pub(crate) fn reached(
        &self,
        value: &Value,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Schedule, String> {
        match self {
            TimerTrigger::Date(_) => once(time::moment(value, zone, Time::midnight())),
            // An expression may compute the moment itself, for example from working days.
            TimerTrigger::Duration(_) if is_moment(value) => {
                once(time::moment(value, zone, Time::midnight()))
            }
            TimerTrigger::Duration(_) => once(time::after(now, value, zone)),
            TimerTrigger::Cycle(_, catch_up) => again(value, *catch_up, now, zone),
        }
    }
}

fn is_moment(value: &Value) -> bool {
    matches!(value, Value::Date(_) | Value::DateTime(_))
}

fn once(due: Result<Timestamp, String>) -> Result<Schedule, String> {
    due.map(|due| Schedule { due, repeat: None })
}

fn again(
    value: &Value,
    catch_up: CatchUp,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Schedule, String> {
    let text = if let Value::DaysDuration(every) = value {
        format!("R/{every}")
    } else if let Value::YearsDuration(every) = value {
        format!("R/{every}")
    } else {
        value.as_str().unwrap_or_default().to_owned()
    };
    let (due, repeat) = time::first(&text, now, zone)?;
    Ok(Schedule {
        due,
        repeat: Some(Repeat { catch_up, ..repeat }),
    })
}
