//! The lines about deadlines and calendars.

use bpmn::DeadlineOutcome;

use super::required;
use crate::scenario::words::Words;
use crate::scenario::{DeadlineAct, DeadlinePattern};

pub(super) fn act(words: &mut Words<'_>) -> Result<Option<DeadlineAct>, String> {
    Ok(Some(if words.take("pause") {
        let element = words.quoted("the element")?;
        let reason = required(words, "because", "the reason")?;
        DeadlineAct::Pause { element, reason }
    } else if words.take("resume") {
        let element = words.quoted("the element")?;
        DeadlineAct::Resume { element }
    } else if words.take("extend") {
        let element = words.quoted("the element")?;
        let (mut days, mut until) = (0, None);
        if words.take("by") {
            days = words.number()?;
        } else if words.take("until") {
            until = Some(words.time()?);
        } else {
            return Err(words.missing("`by` and a number of working days, or `until` and a time"));
        }
        DeadlineAct::Extend {
            element,
            days,
            until,
            reason: required(words, "because", "the reason")?,
        }
    } else if words.take("explain") {
        let element = words.quoted("the element")?;
        let reason = required(words, "because", "the reason")?;
        DeadlineAct::Explain { element, reason }
    } else if words.take("use") {
        let calendar = if words.take("no") {
            if !words.take("calendar") {
                return Err(words.missing("`calendar`"));
            }
            None
        } else {
            Some(required(words, "calendar", "the calendar")?)
        };
        DeadlineAct::UseCalendar { calendar }
    } else if words.take("holiday") {
        let date = words.word("a day such as 2026-03-04")?.to_owned();
        let calendar = required(words, "in", "the calendar")?;
        DeadlineAct::Holiday { date, calendar }
    } else {
        return Ok(None);
    }))
}

pub(super) fn pattern(words: &mut Words<'_>) -> Result<DeadlinePattern, String> {
    let mut pattern = DeadlinePattern {
        element: words.quoted("the element")?,
        ..DeadlinePattern::default()
    };
    while !words.is_empty() {
        if words.take("due") {
            pattern.due = Some(words.time()?);
        } else if words.take("warns") {
            pattern.warns = Some(words.time()?);
        } else if words.take("paused") {
            pattern.paused = true;
        } else if words.take("beyond") {
            pattern.beyond = true;
        } else if words.take("source") {
            pattern.source = Some(
                words
                    .word("statute, guidance, local or programme")?
                    .to_owned(),
            );
        } else if words.take("met") {
            pattern.outcome = Some(DeadlineOutcome::Met);
        } else if words.take("missed") {
            pattern.outcome = Some(DeadlineOutcome::Missed);
        } else if words.take("reached") {
            pattern.outcome = Some(DeadlineOutcome::Reached);
        } else if words.take("withdrawn") {
            pattern.outcome = Some(DeadlineOutcome::Withdrawn);
        } else {
            return Err(words
                .missing("due, warns, paused, beyond, source, met, missed, reached or withdrawn"));
        }
    }
    Ok(pattern)
}
