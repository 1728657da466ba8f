//! Business rule task (BPMN 2.0.2, 10.3.3.7): asks a DMN decision, or is a job.

use std::sync::Arc;

use super::job::{self, JobDefinition};
use super::{Behaviour, Element, Next};
use crate::IncidentKind;
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::text::Text;

/// What a business rule task does.
#[derive(Debug)]
pub enum BusinessRuleTask {
    /// It asks a decision.
    Decision {
        /// Its id.
        id: Text,
        /// The variable that gets the answer.
        result: Arc<str>,
    },
    /// A worker does it.
    Job(JobDefinition),
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let task = if let Some(called) = node.extension("calledDecision") {
        let id = node.required_text(called, "decisionId");
        let Some(result) = called
            .attribute("resultVariable")
            .filter(|name| !name.is_empty())
        else {
            let message = format!(
                "{} does not say which variable gets the answer",
                node.label()
            );
            node.error_in(called, message, "name the result variable");
            return None;
        };
        BusinessRuleTask::Decision {
            id: id?,
            result: result.into(),
        }
    } else if node.extension("taskDefinition").is_some() {
        BusinessRuleTask::Job(job::read(node)?)
    } else {
        let message = format!("{} does not say which decision it asks", node.label());
        node.error(
            message,
            "choose a decision, or give it a task definition for a worker",
        );
        return None;
    };
    Some(Element::BusinessRuleTask(task))
}

impl Behaviour for BusinessRuleTask {
    fn execute<'a>(&self, step: &mut Stepper<'a>, at: At<'a>) -> Result<Next, Failure> {
        let (id, _) = match self {
            BusinessRuleTask::Job(job) => return job.execute(step, at),
            BusinessRuleTask::Decision { id, result } => (id, result),
        };
        let label = at.node.label();
        let id = step.required_text(id, at.key, &format!("The decision of \"{label}\""))?;
        Err(Failure::new(
            IncidentKind::Decision,
            format!("The decision \"{id}\" of \"{label}\" is not deployed"),
        ))
    }
}
