//! Jobs: work for a program outside, shared by service, send, script and business rule tasks, and by listeners.

use std::collections::BTreeMap;
use std::sync::Arc;

use xml::Element;

use super::{Behaviour, Next};
use crate::read::{NodeReader, ZEEBE};
use crate::step::{At, Failure, Stepper};
use crate::text::Text;
use crate::{Job, JobKind, Key, Record};

/// The work that an element gives to a worker.
#[derive(Debug)]
pub struct JobDefinition {
    /// What kind of worker does it.
    pub job_type: Text,
    /// How often it is tried.
    pub retries: Option<Text>,
    /// Fixed texts for the worker.
    pub headers: BTreeMap<String, String>,
}

const DEFAULT_RETRIES: u32 = 3;

/// Reads `zeebe:taskDefinition` and `zeebe:taskHeaders`, which must be there.
pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<JobDefinition> {
    let Some(definition) = node.extension("taskDefinition") else {
        let message = format!("{} does not say what kind of worker does it", node.label());
        node.error(message, "give it a task definition with a type");
        return None;
    };
    let headers = headers(node.extension("taskHeaders"));
    read_job(node, definition, headers)
}

/// Reads a listener: its type, retries and headers. It is given the headers of its element too.
pub(super) fn read_listener<'d>(
    node: &mut NodeReader<'_, 'd>,
    listener: &'d Element,
) -> Option<JobDefinition> {
    let mut all = headers(node.extension("taskHeaders"));
    all.extend(headers(listener.child(ZEEBE, "taskHeaders")));
    read_job(node, listener, all)
}

fn read_job<'d>(
    node: &mut NodeReader<'_, 'd>,
    definition: &'d Element,
    headers: BTreeMap<String, String>,
) -> Option<JobDefinition> {
    let job_type = node.required_text(definition, "type")?;
    let retries = node.text(definition, "retries");
    if let Some(literal) = retries.as_ref().and_then(Text::literal)
        && literal.parse::<u32>().is_err()
    {
        let message = format!("{} has \"{literal}\" retries", node.label());
        node.error_in(definition, message, "write a whole number");
    }
    Some(JobDefinition {
        job_type,
        retries,
        headers,
    })
}

fn headers(headers: Option<&Element>) -> BTreeMap<String, String> {
    let headers = headers
        .into_iter()
        .flat_map(|all| all.children_named(ZEEBE, "header"));
    headers
        .filter_map(|header| {
            let value = header.attribute("value").unwrap_or_default();
            Some((header.attribute("key")?.to_owned(), value.to_owned()))
        })
        .collect()
}

impl JobDefinition {
    /// The job of a visit, or of the instance. `what` is what a person calls it.
    pub(crate) fn open(
        &self,
        step: &Stepper<'_>,
        visit: Key,
        element: &Arc<str>,
        what: &str,
        kind: JobKind,
    ) -> Result<Box<Job>, Failure> {
        let job_type =
            step.required_text(&self.job_type, visit, &format!("The job type of {what}"))?;
        let retries = match &self.retries {
            None => DEFAULT_RETRIES,
            Some(text) => {
                let what = format!("The retries of {what}");
                let retries = step.required_text(text, visit, &what)?;
                retries.parse().map_err(|_| {
                    Failure::expression(format!("{what}: \"{retries}\" is not a whole number"))
                })?
            }
        };
        Ok(Box::new(Job {
            key: step.next_key(),
            element: element.clone(),
            element_instance: visit,
            job_type,
            retries,
            headers: self.headers.clone(),
            kind,
        }))
    }
}

impl Behaviour for JobDefinition {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let what = format!("\"{}\"", at.node.label());
        let is_ad_hoc = matches!(at.node.element, super::Element::Subprocess(_));
        let kind = if is_ad_hoc {
            JobKind::AdHoc
        } else {
            JobKind::Element
        };
        let job = self.open(step, at.key, &at.node.id, &what, kind)?;
        step.emit(Record::JobCreated { job });
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Run, check_problems, context, flows, service};
    use crate::{Command, Rejection};

    fn model() -> String {
        format!(
            r#"<startEvent id="s"/>{}<endEvent id="e"/>{}"#,
            service("send-letter"),
            flows("s>send-letter>e")
        )
    }

    #[test]
    fn a_job_is_done_by_a_worker() {
        let mut run = Run::of(&model());
        let job = run.job("send-letter");
        assert_eq!(run.instance().jobs()[&job].retries, 3);
        let variables = context(json!({"sent": true}));
        let done = Command::CompleteJob { job, variables };
        run.send(job, done.clone()).expect("accepted");
        assert_eq!(run.variable("sent"), json!(true));
        assert!(run.ended());
        assert!(matches!(
            run.command(done),
            Err(Rejection::InstanceEnded { .. })
        ));
    }

    #[test]
    fn a_job_without_retries_raises_one_incident_and_resolving_it_gives_one_more_try() {
        let mut run = Run::of(&model());
        let job = run.job("send-letter");
        for retries in [1, 0, 0] {
            let message = "no paper".to_owned();
            let failed = Command::FailJob {
                job,
                retries,
                message,
            };
            run.send(job, failed).expect("accepted");
        }
        assert_eq!(
            run.incidents(),
            ["The job of \"send-letter\" failed and has no retries left: no paper"]
        );
        run.resolve();
        assert!(run.incidents().is_empty());
        assert_eq!(run.instance().jobs()[&job].retries, 1);
    }

    #[test]
    fn an_error_that_nothing_catches_is_an_incident_and_resolving_it_opens_a_new_job() {
        let mut run = Run::of(&model());
        let job = run.job("send-letter");
        let error = Command::ThrowError {
            job,
            code: "NO_ADDRESS".into(),
            message: "the letter has no address".into(),
            variables: context(json!({})),
        };
        run.send(job, error).expect("accepted");
        assert_eq!(
            run.incidents(),
            [
                "\"send-letter\" throws the error \"NO_ADDRESS\" and nothing catches it: the letter has no address"
            ]
        );
        run.resolve();
        assert!(run.job("send-letter") > job);
    }

    #[test]
    fn a_task_without_type_is_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><serviceTask id="A" name="Send letter"/>{}"#,
                flows("s>A")
            ),
            &["error: \"Send letter\" does not say what kind of worker does it"],
        );
    }
}
