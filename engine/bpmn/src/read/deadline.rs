//! Reads what a model says about the deadline of an element.

use calendar::Warning;
use feel::Value;
use jiff::tz::TimeZone;

use super::reader::{NodeReader, said, said_attribute};
use crate::deadline::{DeadlineRule, Roll, Source};
use crate::elements::Element;
use crate::step::computed;
use crate::text::Text;
use crate::time;
use crate::triggers::Trigger;

/// The words of our namespace that are about deadlines.
const WORDS: [&str; 7] = [
    "workingDays",
    "from",
    "startEvent",
    "source",
    "reference",
    "warning",
    "roll",
];

/// Most working days of a deadline.
const DAYS_MAX: i64 = feel::WORKING_DAYS_MAX as i64;

pub(super) fn read(node: &mut NodeReader<'_, '_>, element: &Element) -> Option<Box<DeadlineRule>> {
    if computed::stays(element) {
        let message = format!(
            "{} computes its time with working days when it is reached; a calendar that changes later does not move it",
            node.label()
        );
        let way_out =
            "give it one timeDate or timeDuration, or write the days as caseway:workingDays";
        node.hint(message, way_out);
    }
    let Some(first) = WORDS.iter().find(|word| said(node.xml, word).is_some()) else {
        return computed::follows(element).then(Box::default);
    };
    let timer = element
        .triggers()
        .iter()
        .any(|trigger| matches!(trigger, Trigger::Timer(_)));
    if !timer && !matches!(element, Element::UserTask(_)) {
        let message = format!(
            "{} has caseway:{first}, which has no effect here",
            node.label()
        );
        node.warning(message, "write it at a user task or a timer event");
        return None;
    }
    let source = word(
        node,
        "source",
        "statute, guidance, local or programme",
        |text| Source::ALL.into_iter().find(|source| source.word() == text),
    );
    let warning = word(
        node,
        "warning",
        "75%, or the number of working days before, such as 2",
        |text| match text.strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse()
                .ok()
                .filter(|p| *p <= 100)
                .map(Warning::Percent),
            None => text
                .parse()
                .ok()
                .filter(|d| (0..=10_000).contains(d))
                .map(Warning::WorkingDaysBefore),
        },
    );
    let roll = word(node, "roll", "next or previous", |text| match text {
        "next" => Some(Roll::Next),
        "previous" => Some(Roll::Previous),
        _ => None,
    });
    let working_days = text(node, "workingDays");
    if let Some(literal) = working_days.as_ref().and_then(Text::literal)
        && days(&Value::from(literal)).is_none()
    {
        let message = format!("{} has the working days \"{literal}\"", node.label());
        node.error(
            message,
            "write a whole number from 0 to 10000, or begin with \"=\" for an expression",
        );
    }
    let from = text(node, "from");
    if let Some(literal) = from.as_ref().and_then(Text::literal)
        && let Err(problem) = time::moment(
            &Value::from(literal),
            &TimeZone::UTC,
            jiff::civil::Time::midnight(),
        )
    {
        let message = format!(
            "The beginning of the deadline of {}: {problem}",
            node.label()
        );
        node.error(message, "correct it, or begin with \"=\" for an expression");
    }
    let filled = |text: &String| !text.is_empty();
    Some(Box::new(DeadlineRule {
        working_days,
        from,
        start_event: said(node.xml, "startEvent").filter(filled),
        source,
        reference: said(node.xml, "reference").filter(filled),
        warning: warning.unwrap_or(DeadlineRule::USUAL),
        roll,
    }))
}

/// The number of working days that a value says.
pub(crate) fn days(value: &Value) -> Option<i32> {
    let number = match value.as_number() {
        Some(number) => number.to_i64()?,
        None => value.as_str()?.trim().parse().ok()?,
    };
    (0..=DAYS_MAX)
        .contains(&number)
        .then(|| i32::try_from(number).ok())
        .flatten()
}

fn text(node: &mut NodeReader<'_, '_>, name: &str) -> Option<Text> {
    let attribute = said_attribute(node.xml, name)?;
    if attribute.value.trim().is_empty() {
        return None;
    }
    node.reader.attribute_text(node.xml, attribute)
}

fn word<T>(
    node: &mut NodeReader<'_, '_>,
    name: &str,
    known: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let text = said(node.xml, name).filter(|text| !text.is_empty())?;
    let found = read(&text);
    if found.is_none() {
        let message = format!("{} has caseway:{name}=\"{text}\"", node.label());
        node.error(message, &format!("write {known}"));
    }
    found
}
