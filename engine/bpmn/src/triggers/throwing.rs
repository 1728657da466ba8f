//! What intermediate throw events, end events and send tasks make happen.
//!
//! All expressions are evaluated before anything happens, so that resolving an incident throws nothing twice.

use feel::Context;

use super::{CompensationTrigger, MessageTrigger, Trigger, Triggers};
use crate::elements::{Behaviour, JobDefinition, Next};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper, Thrown};
use crate::text::Text;
use crate::{FollowUp, Record};

/// The job of a worker that sends the message, where the model has one; else the engine publishes it itself.
pub(crate) fn read_job(
    node: &mut NodeReader<'_, '_>,
    triggers: &Triggers,
) -> Option<JobDefinition> {
    let message = |trigger: &Trigger| matches!(trigger, Trigger::Message(_));
    if !triggers.iter().any(message) || node.extension("taskDefinition").is_none() {
        return None;
    }
    crate::elements::read_job(node)
}

/// What is thrown, with its expressions evaluated.
enum Part<'t> {
    Nothing,
    Message(Box<(Record, FollowUp)>),
    Signal(String),
    Escalation(String),
    Compensation(&'t CompensationTrigger),
    Cancel,
    Terminate,
    Error(Thrown),
}

/// Makes everything happen that an event throws, in document order. What a worker sends is left to its job.
pub(crate) fn throw<'a>(
    triggers: &Triggers,
    job: Option<&JobDefinition>,
    step: &mut Stepper<'a>,
    at: At<'a>,
) -> Result<Next, Failure> {
    let parts = triggers
        .iter()
        .filter(|trigger| job.is_none() || !matches!(trigger, Trigger::Message(_)));
    let parts: Result<Vec<Part<'_>>, Failure> = parts.map(|t| part(t, step, at)).collect();
    let mut next = Next::Complete;
    for part in parts? {
        match part {
            Part::Nothing => {}
            Part::Message(message) => {
                let (record, follow_up) = *message;
                step.emit(record);
                step.follow_up(follow_up);
            }
            Part::Signal(name) => broadcast(step, at, name),
            Part::Escalation(code) => {
                let variables = step.payload_of(at, false);
                step.escalate(at, code, variables);
                if step.at(at.key).is_none() {
                    return Ok(Next::Gone);
                }
            }
            Part::Compensation(compensation) => {
                let waiting = compensation.waits.then_some(at.key);
                let activity = compensation.activity.as_ref();
                if step.compensate(at.scope, activity, waiting) && compensation.waits {
                    next = Next::Wait;
                }
            }
            Part::Cancel => {
                super::cancel::cancel(step, at)?;
                return Ok(Next::Gone);
            }
            Part::Terminate => step.terminate_inside(at.scope, at.key),
            Part::Error(thrown) => {
                step.throw(at, thrown)?;
                return Ok(Next::Gone);
            }
        }
    }
    match job {
        Some(job) => job.execute(step, at),
        None => Ok(next),
    }
}

fn part<'t>(trigger: &'t Trigger, step: &Stepper<'_>, at: At<'_>) -> Result<Part<'t>, Failure> {
    let label = at.node.label();
    let unnamed = Text::Literal("".into());
    Ok(match trigger {
        Trigger::Message(message) => Part::Message(Box::new(publish(message, step, at)?)),
        Trigger::Signal(signal) => {
            let what = format!("The signal name of \"{label}\"");
            Part::Signal(step.required_text(&signal.name, at.key, &what)?)
        }
        Trigger::Escalation(escalation) => {
            let code = escalation.code.as_ref().unwrap_or(&unnamed);
            let what = format!("The escalation code of \"{label}\"");
            Part::Escalation(step.required_text(code, at.key, &what)?)
        }
        Trigger::Error(error) => {
            let code = error.code.as_ref().unwrap_or(&unnamed);
            let what = format!("The error code of \"{label}\"");
            Part::Error(Thrown {
                code: step.required_text(code, at.key, &what)?,
                message: String::new(),
                variables: Context::default(),
            })
        }
        Trigger::Compensation(compensation) => Part::Compensation(compensation),
        Trigger::Cancel => Part::Cancel,
        Trigger::Terminate => Part::Terminate,
        // Times and conditions only happen; a link is a flow.
        Trigger::Timer(_) | Trigger::Conditional(_) | Trigger::Link(_) => Part::Nothing,
    })
}

/// A message to publish: with its input mappings as what it carries, or all that is visible without any.
fn publish(
    message: &MessageTrigger,
    step: &Stepper<'_>,
    at: At<'_>,
) -> Result<(Record, FollowUp), Failure> {
    let label = at.node.label();
    let name = step.required_text(
        &message.name,
        at.key,
        &format!("The message name of \"{label}\""),
    )?;
    let correlation = match &message.correlation {
        None => String::new(),
        Some(key) => step.correlation_key(key, at.node, at.key)?,
    };
    let record = Record::MessageThrown {
        element_instance: at.key,
        name: name.clone(),
        correlation: correlation.clone(),
    };
    let follow_up = FollowUp::PublishMessage {
        name,
        correlation,
        message_id: None,
        time_to_live_ms: message.time_to_live_ms(step, at)?,
        variables: step.payload_of(at, true),
    };
    Ok((record, follow_up))
}

fn broadcast(step: &mut Stepper<'_>, at: At<'_>, name: String) {
    step.emit(Record::SignalThrown {
        element_instance: at.key,
        name: name.clone(),
    });
    let variables = step.payload_of(at, true);
    step.follow_up(FollowUp::BroadcastSignal { name, variables });
}

impl Stepper<'_> {
    /// What a visit sends along: the variables of its input mappings; without any, all that it sees or nothing.
    fn payload_of(&self, at: At<'_>, all: bool) -> Context {
        if !at.node.inputs.is_empty() {
            self.instance.own_variables(at.key)
        } else if all {
            self.instance.visible_variables(at.key)
        } else {
            Context::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems_of, context, flows, message, process};
    use crate::{FollowUp, Record};

    const INPUT: &str = r#"<extensionElements><z:ioMapping><z:input source="=n + 1" target="answer"/></z:ioMapping></extensionElements>"#;

    fn text(event: &str) -> String {
        let body = format!(r#"<startEvent id="s"/>{event}{}"#, flows("s>x"));
        let ttl = r#"<message id="L" name="long"><extensionElements><c:message xmlns:c="https://caseway.org/schema/1.0" timeToLive="P1D"/></extensionElements></message>"#;
        process(&body).replace(
            "<process",
            &format!(
                r#"{}{ttl}<signal id="S" name="=&quot;storm-&quot; + place"/><process"#,
                message("M", "reply", "id")
            ),
        )
    }

    #[track_caller]
    fn check(event: &str, expected: &FollowUp) {
        let run = Run::with(&[&text(event)], json!({"id": 7, "n": 1, "place": "north"}));
        assert_eq!(run.sent, std::slice::from_ref(expected));
        assert!(run.ended());
    }

    fn published(
        name: &str,
        correlation: &str,
        hours: u64,
        variables: serde_json::Value,
    ) -> FollowUp {
        FollowUp::PublishMessage {
            name: name.into(),
            correlation: correlation.into(),
            message_id: None,
            time_to_live_ms: hours * 3_600_000,
            variables: context(variables),
        }
    }

    #[test]
    fn a_message_is_published_with_its_correlation_key_and_what_it_carries() {
        let all = json!({"id": 7, "n": 1, "place": "north"});
        check(
            r#"<intermediateThrowEvent id="x"><messageEventDefinition messageRef="M"/></intermediateThrowEvent>"#,
            &published("reply", "7", 1, all.clone()),
        );
        check(
            &format!(
                r#"<endEvent id="x">{INPUT}<messageEventDefinition messageRef="M"/></endEvent>"#
            ),
            &published("reply", "7", 1, json!({"answer": 2})),
        );
        check(
            r#"<sendTask id="x" messageRef="L"/>"#,
            &published("long", "", 24, all),
        );
    }

    #[test]
    fn a_signal_is_broadcast() {
        for tag in ["endEvent", "intermediateThrowEvent"] {
            check(
                &format!(r#"<{tag} id="x">{INPUT}<signalEventDefinition signalRef="S"/></{tag}>"#),
                &FollowUp::BroadcastSignal {
                    name: "storm-north".into(),
                    variables: context(json!({"answer": 2})),
                },
            );
        }
    }

    #[test]
    fn what_is_thrown_is_in_the_history() {
        let event = r#"<endEvent id="x"><messageEventDefinition messageRef="M"/><signalEventDefinition signalRef="S"/></endEvent>"#;
        let run = Run::with(&[&text(event)], json!({"id": 7, "place": "north"}));
        let records = run.records[&run.main].iter();
        let thrown = records.filter(|record| {
            matches!(record, Record::MessageThrown { name, correlation, .. } if name == "reply" && correlation == "7")
                || matches!(record, Record::SignalThrown { name, .. } if name == "storm-north")
        });
        assert_eq!(thrown.count(), 2);
        assert_eq!(run.sent.len(), 2);
    }

    /// The signal has no name, and the message is not sent either; then both once.
    #[test]
    fn a_multiple_event_throws_everything_or_nothing() {
        let event = r#"<endEvent id="x"><messageEventDefinition messageRef="M"/><signalEventDefinition signalRef="S"/></endEvent>"#;
        let mut run = Run::with(&[&text(event)], json!({"id": 7}));
        assert_eq!((run.incidents().len(), run.sent.len()), (1, 0));
        run.set(json!({"place": "south"}));
        run.resolve();
        assert_eq!(run.sent.len(), 2);
        assert!(run.ended());
    }

    #[test]
    fn a_correlation_key_that_is_null_is_an_incident_of_the_sender() {
        let event = r#"<sendTask id="x" messageRef="M"/>"#;
        let mut run = Run::with(&[&text(event)], json!({}));
        assert!(run.incidents()[0].starts_with("The correlation key `id` of \"x\" gives null"));
        run.set(json!({"id": 1}));
        run.resolve();
        assert!(run.ended());
    }

    #[test]
    fn with_a_task_definition_a_worker_sends_the_message() {
        let job = r#"<extensionElements><z:taskDefinition type="mail"/></extensionElements><messageEventDefinition messageRef="M"/>"#;
        for event in [
            format!(r#"<endEvent id="x">{job}</endEvent>"#),
            format!(r#"<intermediateThrowEvent id="x">{job}</intermediateThrowEvent>"#),
        ] {
            let mut run = Run::with(&[&text(&event)], json!({}));
            let job = run.job("mail");
            assert!(run.sent.is_empty() && !run.ended());
            let variables = context(json!({}));
            run.send(job, crate::Command::CompleteJob { job, variables })
                .expect("a completion");
            assert!(run.ended());
        }
    }

    #[test]
    fn an_instance_can_send_a_message_to_another_path_of_itself() {
        let body = format!(
            r#"<startEvent id="s"/><parallelGateway id="f"/><receiveTask id="r" messageRef="M"/><endEvent id="x"><messageEventDefinition messageRef="M"/></endEvent>
            <endEvent id="e"/>{}"#,
            flows("s>f>r>e f>x")
        );
        let text = process(&body).replace(
            "<process",
            &format!("{}<process", message("M", "reply", "id")),
        );
        let run = Run::with(&[&text], json!({"id": 7}));
        assert_eq!(run.passed(), "s f x r e");
        assert!(run.ended());
    }

    #[test]
    fn what_throws_nothing_is_found() {
        check_problems_of(
            &text(r#"<sendTask id="x"/>"#),
            &["error: \"x\" does not say what it sends"],
        );
        check_problems_of(
            &text(
                r#"<intermediateThrowEvent id="x"><messageEventDefinition/></intermediateThrowEvent>"#,
            ),
            &["error: \"x\" does not say which message it means"],
        );
        let event = r#"<endEvent id="x"><messageEventDefinition messageRef="L"/></endEvent>"#;
        check_problems_of(
            &text(event).replace(r#"timeToLive="P1D""#, r#"timeToLive="a day""#),
            &[
                "error: The time to live of the message of \"x\": \"a day\" is not a duration such as P3D, PT1H30M or P1M",
            ],
        );
    }
}
