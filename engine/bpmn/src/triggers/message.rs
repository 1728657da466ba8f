//! Message: for one receiver, found by the name and the correlation key (BPMN 2.0.2, 10.5.5.13 and 8.4.2).
//!
//! The correlation key is zeebe's: an expression on the message, evaluated by the receiver when it begins to wait.
//! A message that is thrown gets the key that the same expression gives at the sender, and is kept for an hour for who does
//! not wait for it yet, or as long as `caseway:message timeToLive` says. A message that starts a process needs none; that all others have one is checked in `read/events.rs`.

use feel::{Expression, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::read::{NodeReader, caseway, extension};
use crate::step::{At, Failure, Stepper};
use crate::text::Text;
use crate::time;

/// Which message an event waits for or throws.
#[derive(Debug)]
pub struct MessageTrigger {
    /// Its name.
    pub name: Text,
    /// For whom it is; evaluated by who waits.
    pub correlation: Option<Expression>,
    /// How long a message that is thrown is kept for who does not wait for it yet: a duration. An hour where absent.
    pub time_to_live: Option<Text>,
}

/// How long a message is kept unless the model says otherwise.
const TIME_TO_LIVE_MS: u64 = 60 * 60 * 1000;

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
) -> Option<MessageTrigger> {
    let message = node.referenced(definition, "messageRef", "message")?;
    let name = node.name_of(message, "message")?;
    let key = extension(message, "subscription")
        .and_then(|subscription| subscription.attribute_named("", "correlationKey"))
        .filter(|key| !key.value.trim().is_empty());
    let correlation = match key {
        Some(key) => Some(node.reader.attribute_expression(message, key)?),
        None => None,
    };
    let time_to_live = caseway(message, "message")
        .and_then(|own| own.attribute_named("", "timeToLive"))
        .and_then(|attribute| node.reader.attribute_text(message, attribute));
    if let Some(problem) = time_to_live.as_ref().and_then(wrong_duration) {
        let what = format!("The time to live of the message of {}", node.label());
        let way_out = "correct it, or begin with \"=\" for an expression";
        node.error_in(message, format!("{what}: {problem}"), way_out);
        return None;
    }
    Some(MessageTrigger {
        name,
        correlation,
        time_to_live,
    })
}

/// A literal can be checked before anything runs.
fn wrong_duration(text: &Text) -> Option<String> {
    let epoch = Timestamp::UNIX_EPOCH;
    time::after(epoch, &Value::from(text.literal()?), &TimeZone::UTC).err()
}

impl MessageTrigger {
    /// How long a message that is thrown now is kept.
    pub(crate) fn time_to_live_ms(&self, step: &Stepper<'_>, at: At<'_>) -> Result<u64, Failure> {
        let Some(text) = &self.time_to_live else {
            return Ok(TIME_TO_LIVE_MS);
        };
        let what = format!("The time to live of the message of \"{}\"", at.node.label());
        let value = step.required(text, at.key, &what)?;
        let until = time::after(step.now, &value, &step.environment.zone)
            .map_err(|problem| Failure::expression(format!("{what}: {problem}")))?;
        let left = until.as_millisecond() - step.now.as_millisecond();
        Ok(u64::try_from(left).unwrap_or(0))
    }
}
