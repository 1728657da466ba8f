//! From the text of a file to its scenarios, or to all problems that it has.

mod by_hand;
mod deadlines;
mod expect;
#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SpanRelativeTo, Timestamp, Unit};

use super::words::{Words, timestamp};
use super::{Act, Line, Problem, Scenario, Step};
use expect::expectation;

/// Reads all scenarios of a file. The lines above the first blank one may be left out by later scenarios, which
/// then have the process and the clock of the one above.
pub fn parse(file: &Path, text: &str) -> Result<Vec<Scenario>, Vec<Problem>> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut problems = Vec::new();
    for (number, line) in logical_lines(text) {
        let mut problem = |message: String| {
            problems.push(Problem {
                file: file.to_owned(),
                line: number,
                message,
            })
        };
        if let Some(title) = header(&line, "scenario") {
            let scenario = begin(file, title, scenarios.last());
            scenarios.push(scenario);
            continue;
        }
        let Some(scenario) = scenarios.last_mut() else {
            problem(format!(
                "expected `scenario: what it proves` before `{line}`"
            ));
            continue;
        };
        match read_header(scenario, &line)
            .map_or_else(|| read_line(&line).map(Some), |read| read.map(|()| None))
        {
            Ok(Some(step)) => scenario.lines.push(Line {
                number,
                text: line,
                step,
            }),
            Ok(None) => {}
            Err(message) => problem(message),
        }
    }
    for scenario in &scenarios {
        if scenario.process.is_empty() || scenario.clock == Timestamp::UNIX_EPOCH {
            let message = format!(
                "\"{}\" says no `process: ID` or no `clock: 2026-03-02T09:00+03:00`",
                scenario.title
            );
            problems.push(Problem {
                file: file.to_owned(),
                line: 1,
                message,
            });
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(problems)
    }
}

fn begin(file: &Path, title: &str, above: Option<&Scenario>) -> Scenario {
    Scenario {
        file: file.to_owned(),
        title: title.to_owned(),
        process: above.map(|above| above.process.clone()).unwrap_or_default(),
        clock: above.map_or(Timestamp::UNIX_EPOCH, |above| above.clock),
        zone: above.map_or(TimeZone::UTC, |above| above.zone.clone()),
        calendar: above.and_then(|above| above.calendar.clone()),
        lines: Vec::new(),
    }
}

fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name)?.strip_prefix(':').map(str::trim)
}

/// Reads `process:`, `clock:`, `zone:` or `calendar:`; nothing when the line is none of them.
fn read_header(scenario: &mut Scenario, line: &str) -> Option<Result<(), String>> {
    if let Some(process) = header(line, "process") {
        scenario.process = process.to_owned();
    } else if let Some(clock) = header(line, "clock") {
        return Some(read_clock(scenario, clock));
    } else if let Some(zone) = header(line, "zone") {
        match TimeZone::get(zone) {
            Ok(zone) => scenario.zone = zone,
            Err(error) => {
                return Some(Err(format!(
                    "`{zone}` is not a time zone such as Africa/Kampala: {error}"
                )));
            }
        }
    } else if let Some(calendar) = header(line, "calendar") {
        scenario.calendar = Some(calendar.to_owned());
    } else {
        return None;
    }
    Some(Ok(()))
}

fn read_clock(scenario: &mut Scenario, word: &str) -> Result<(), String> {
    scenario.clock = timestamp(word)?;
    let pieces = jiff::fmt::temporal::Pieces::parse(word).map_err(|error| error.to_string())?;
    if let Some(offset) = pieces.to_numeric_offset() {
        scenario.zone = TimeZone::fixed(offset);
    }
    Ok(())
}

fn read_line(line: &str) -> Result<Step, String> {
    let mut words = Words::new(line);
    let step = if words.take("expect") {
        Step::Expect(expectation(&mut words)?)
    } else if words.take("cannot") {
        Step::Cannot(act(&mut words)?)
    } else if words.take("wait") {
        wait(&mut words)?
    } else if words.take("restart") {
        Step::Restart
    } else if words.take("deploy") {
        Step::Deploy(words.quoted("the folder")?)
    } else if words.take("turn") {
        Step::TurnTo(required(&mut words, "to", "the process")?)
    } else {
        Step::Do(act(&mut words)?)
    };
    words.end()?;
    Ok(step)
}

fn wait(words: &mut Words<'_>) -> Result<Step, String> {
    if words.take("until") {
        return Ok(Step::WaitUntil(words.time()?));
    }
    let span = words.span()?;
    Ok(Step::Wait(span))
}

fn act(words: &mut Words<'_>) -> Result<Act, String> {
    let verbs = "start, publish, correlate, broadcast, evaluate, expect, complete, claim, release, reassign, fail, throw, \
        set, resolve, cancel, pause, resume, extend, explain, use, holiday, modify, migrate, undo, suspend, cannot, deploy, turn, wait or restart";
    if let Some(act) = event(words)? {
        return Ok(act);
    }
    if let Some(act) = by_hand::act(words)? {
        return Ok(Act::ByHand(act));
    }
    if let Some(act) = deadlines::act(words)? {
        return Ok(Act::Deadline(act));
    }
    if words.take("complete") {
        return complete(words);
    }
    if words.take("claim") {
        let task = words.quoted("the task")?;
        return Ok(Act::Claim {
            task,
            by: required(words, "by", "the user")?,
        });
    }
    if words.take("release") {
        return Ok(Act::Release {
            task: words.quoted("the task")?,
        });
    }
    if words.take("reassign") {
        let task = words.quoted("the task")?;
        return Ok(Act::Reassign {
            task,
            to: required(words, "to", "the user")?,
        });
    }
    if words.take("fail") {
        let kind = required(words, "job", "the job type")?;
        let retries = if words.take("retries") {
            words.number()?
        } else {
            0
        };
        let message = if words.take("message") {
            words.quoted("the message")?
        } else {
            "failed in a scenario".to_owned()
        };
        return Ok(Act::FailJob {
            kind,
            retries,
            message,
        });
    }
    if words.take("deny") {
        return Ok(Act::DenyJob {
            kind: required(words, "job", "the job type")?,
            reason: optional(words, "because", "the reason")?,
        });
    }
    if words.take("correct") {
        return Ok(Act::CorrectJob {
            kind: required(words, "job", "the job type")?,
            corrections: words.with()?,
        });
    }
    if words.take("throw") {
        let code = words.quoted("the error code")?;
        if !words.take("from") {
            return Err(words.missing("`from job \"type\"`"));
        }
        let kind = required(words, "job", "the job type")?;
        return Ok(Act::Throw {
            code,
            kind,
            variables: words.with()?,
        });
    }
    if words.take("escalate") {
        let code = words.quoted("the escalation code")?;
        if !words.take("from") {
            return Err(words.missing("`from task \"Task\"`"));
        }
        let task = required(words, "task", "the task")?;
        return Ok(Act::Escalate {
            code,
            task,
            variables: words.with()?,
        });
    }
    if words.take("activate") {
        let element = words.quoted("the element")?;
        return Ok(Act::Activate {
            element,
            ad_hoc: inside(words)?,
            variables: words.with()?,
        });
    }
    if words.take("finish") {
        return Ok(Act::Finish {
            ad_hoc: words.quoted("the ad-hoc subprocess")?,
        });
    }
    if words.take("choose") {
        return choose(words);
    }
    if words.take("set") {
        return Ok(Act::Set {
            variables: words.context()?,
        });
    }
    if words.take("resolve") {
        return Ok(Act::Resolve {
            incident: required(words, "incident", "the element")?,
        });
    }
    if words.take("cancel") {
        return Ok(Act::Cancel);
    }
    Err(words.missing(verbs))
}

/// What starts instances, or goes on with those that wait.
fn event(words: &mut Words<'_>) -> Result<Option<Act>, String> {
    Ok(Some(if words.take("start") {
        let at = if words.take("at") {
            Some(words.quoted("the start event")?)
        } else {
            None
        };
        Act::Start {
            at,
            variables: words.with()?,
        }
    } else if words.take("publish") {
        publication(words)?
    } else if words.take("correlate") {
        let name = words.quoted("the message")?;
        Act::Correlate {
            name,
            correlation: optional(words, "for", "the correlation key")?.unwrap_or_default(),
            variables: words.with()?,
        }
    } else if words.take("broadcast") {
        let name = words.quoted("the signal")?;
        Act::Broadcast {
            name,
            variables: words.with()?,
        }
    } else if words.take("evaluate") {
        if !words.take("conditions") {
            return Err(words.missing("`conditions`"));
        }
        Act::EvaluateConditions {
            variables: words.with()?,
        }
    } else {
        return Ok(None);
    }))
}

fn publication(words: &mut Words<'_>) -> Result<Act, String> {
    let name = words.quoted("the message")?;
    let correlation = optional(words, "for", "the correlation key")?.unwrap_or_default();
    let id = optional(words, "id", "the id of the message")?;
    let time_to_live_ms = if words.take("ttl") {
        let life = words
            .span()?
            .total((Unit::Millisecond, SpanRelativeTo::days_are_24_hours()));
        let life = life.map_err(|error| error.to_string())?;
        // A fraction of a millisecond is none.
        life as u64
    } else {
        0
    };
    Ok(Act::Publish {
        name,
        correlation,
        id,
        time_to_live_ms,
        variables: words.with()?,
    })
}

fn optional(words: &mut Words<'_>, word: &str, wanted: &str) -> Result<Option<String>, String> {
    if words.take(word) {
        words.quoted(wanted).map(Some)
    } else {
        Ok(None)
    }
}

/// `in "Ad-hoc"`
fn inside(words: &mut Words<'_>) -> Result<Option<String>, String> {
    optional(words, "in", "the ad-hoc subprocess")
}

fn choose(words: &mut Words<'_>) -> Result<Act, String> {
    let mut elements = Vec::new();
    while !words.take("for") {
        elements.push(words.quoted("an element, or `for job`")?);
    }
    let kind = required(words, "job", "the job type")?;
    Ok(Act::Choose {
        elements,
        kind,
        over: words.take("over"),
        variables: words.with()?,
    })
}

fn complete(words: &mut Words<'_>) -> Result<Act, String> {
    if words.take("job") {
        let kind = words.quoted("the job type")?;
        return Ok(Act::CompleteJob {
            kind,
            variables: words.with()?,
        });
    }
    let task = words.quoted("the task")?;
    let by = if words.take("by") {
        Some(words.quoted("the user")?)
    } else {
        None
    };
    Ok(Act::Complete {
        task,
        by,
        variables: words.with()?,
    })
}

fn required(words: &mut Words<'_>, word: &str, wanted: &str) -> Result<String, String> {
    if !words.take(word) {
        return Err(words.missing(&format!("`{word} \"..\"`")));
    }
    words.quoted(wanted)
}

/// Lines without comments and blanks, with their numbers; one whose brackets are open goes on in the next.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut depth = 0;
    for (index, raw) in text.lines().enumerate() {
        let (line, opened) = without_comment(raw);
        if depth > 0 {
            if let Some((_, open)) = lines.last_mut() {
                open.push(' ');
                open.push_str(line.trim());
            }
        } else if !line.trim().is_empty() {
            lines.push((index + 1, line.trim().to_owned()));
        }
        depth = (depth + opened).max(0);
    }
    lines
}

/// A line up to its `#`, and how many more brackets it opens than it closes; quoted text counts for neither.
fn without_comment(line: &str) -> (&str, i32) {
    let mut is_quoted = false;
    let mut opened = 0;
    for (at, character) in line.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            '#' if !is_quoted => return (&line[..at], opened),
            '{' | '[' if !is_quoted => opened += 1,
            '}' | ']' if !is_quoted => opened -= 1,
            _ => {}
        }
    }
    (line, opened)
}
