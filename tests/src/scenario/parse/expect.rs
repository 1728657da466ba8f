//! The lines that begin with `expect`.

use super::{deadlines, inside, optional, required};
use crate::scenario::words::Words;
use crate::scenario::{Expectation, TaskPattern};

pub(super) fn expectation(words: &mut Words<'_>) -> Result<Expectation, String> {
    if words.take("no") {
        return absence(words);
    }
    if words.take("not") {
        return required(words, "passed", "the element").map(Expectation::NotPassed);
    }
    if words.take("can") {
        let element = required(words, "activate", "the element")?;
        return Ok(Expectation::CanActivate {
            element,
            ad_hoc: inside(words)?,
        });
    }
    if words.take("task") {
        return task_pattern(words).map(Expectation::Task);
    }
    if words.take("job") {
        return words.quoted("the job type").map(Expectation::Job);
    }
    if words.take("timer") {
        let element = words.quoted("the element")?;
        return Ok(Expectation::Timer {
            element,
            due: if words.take("due") {
                Some(words.time()?)
            } else {
                None
            },
        });
    }
    if words.take("deadline") {
        return deadlines::pattern(words).map(Expectation::Deadline);
    }
    if words.take("message") {
        let name = words.quoted("the message")?;
        let correlation = optional(words, "for", "the correlation key")?;
        return Ok(Expectation::Message { name, correlation });
    }
    if words.take("signal") {
        return words.quoted("the signal").map(Expectation::Signal);
    }
    if words.take("instance") {
        let process = required(words, "of", "the process")?;
        let number = None;
        return Ok(Expectation::Instances { process, number });
    }
    if let Some(number) = words.take_number() {
        if !words.take("instances") {
            return Err(words.missing("`instances of \"..\"`"));
        }
        let process = required(words, "of", "the process")?;
        let number = Some(number);
        return Ok(Expectation::Instances { process, number });
    }
    if words.take("variable") {
        let name = words.word("the name of a variable")?.to_owned();
        if !words.take("=") {
            return Err(words.missing("`= value`"));
        }
        let value = words.rest();
        return if value.is_empty() {
            Err(words.missing("a value in FEEL"))
        } else {
            Ok(Expectation::Variable { name, value })
        };
    }
    if words.take("active") {
        return Ok(Expectation::Active);
    }
    if words.take("ended") {
        return if words.take("at") {
            words.quoted("the end event").map(Expectation::EndedAt)
        } else {
            Ok(Expectation::Ended)
        };
    }
    if words.take("incident") {
        return words
            .quoted("the element or a part of the message")
            .map(Expectation::Incident);
    }
    if words.take("passed") {
        return words.quoted("the element").map(Expectation::Passed);
    }
    if words.take("terminated") {
        return words.quoted("the element").map(Expectation::Terminated);
    }
    Err(words.missing(
        "task, job, timer, deadline, message, signal, instance, variable, active, ended, incident, passed, terminated, no, not or a number",
    ))
}

fn absence(words: &mut Words<'_>) -> Result<Expectation, String> {
    if words.take("task") {
        words.maybe_quoted().map(Expectation::NoTask)
    } else if words.take("job") {
        words.maybe_quoted().map(Expectation::NoJob)
    } else if words.take("timer") {
        words.maybe_quoted().map(Expectation::NoTimer)
    } else if words.take("deadline") {
        words.maybe_quoted().map(Expectation::NoDeadline)
    } else if words.take("message") {
        words.maybe_quoted().map(Expectation::NoMessage)
    } else if words.take("signal") {
        words.maybe_quoted().map(Expectation::NoSignal)
    } else if words.take("instance") {
        let process = required(words, "of", "the process")?;
        let number = Some(0);
        Ok(Expectation::Instances { process, number })
    } else if words.take("incident") {
        Ok(Expectation::NoIncident)
    } else if words.take("variable") {
        words
            .word("the name of a variable")
            .map(|name| Expectation::NoVariable(name.to_owned()))
    } else {
        Err(words
            .missing("task, job, timer, deadline, message, signal, instance, incident or variable"))
    }
}

fn task_pattern(words: &mut Words<'_>) -> Result<TaskPattern, String> {
    let mut pattern = TaskPattern {
        name: words.quoted("the task")?,
        ..TaskPattern::default()
    };
    while !words.is_empty() {
        if words.take("for") {
            pattern.candidate = Some(words.quoted("the group or user")?);
        } else if words.take("by") {
            pattern.assignee = Some(words.quoted("the user")?);
        } else if words.take("due") {
            pattern.due = Some(words.time()?);
        } else if words.take("priority") {
            pattern.priority = Some(words.number()?);
        } else if words.take("times") {
            pattern.times = Some(words.number()?);
        } else {
            return Err(words.missing("for, by, due, priority or times"));
        }
    }
    Ok(pattern)
}
