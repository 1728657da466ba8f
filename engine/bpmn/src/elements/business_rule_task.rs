//! Business rule task (BPMN 2.0.2, 10.3.3.7): asks a DMN decision, or is a job.

use std::sync::Arc;

use dmn::Outcome;
use feel::Value;

use super::decision_result::{self, DecisionResult};
use super::job::{self, JobDefinition};
use super::{Behaviour, Binding, Element, Next, binding};
use crate::read::NodeReader;
use crate::step::{At, Failure, Stepper};
use crate::text::Text;
use crate::{DecisionAccount, DeployedDecision, IncidentKind, Record};

/// What a business rule task does.
#[derive(Debug)]
pub enum BusinessRuleTask {
    /// It asks a decision.
    Decision {
        /// Its id.
        id: Text,
        /// Which version of it.
        binding: Binding,
        /// The variable that gets the answer.
        result: Arc<str>,
        /// In which shape it gets it.
        shape: DecisionResult,
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
            binding: binding::read(node, called)?,
            result: result.into(),
            shape: decision_result::read(node),
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
        let (id, binding, result, shape) = match self {
            BusinessRuleTask::Job(job) => return job.execute(step, at),
            BusinessRuleTask::Decision {
                id,
                binding,
                result,
                shape,
            } => (id, binding, result, *shape),
        };
        let label = at.node.label();
        let id = step.required_text(id, at.key, &format!("The decision of \"{label}\""))?;
        let own = step.instance.definition();
        let Some(decision) = step.catalog.bound_decision(&id, binding, own) else {
            let which = binding.words();
            return Err(Failure::new(
                IncidentKind::Decision,
                format!("The decision \"{id}\"{which} of \"{label}\" is not deployed"),
            ));
        };
        let outcome = decide(step, at, &id, decision)?;
        let value = shape
            .of(outcome, &decision.decision.outputs())
            .map_err(|problem| {
                let message = format!("The decision \"{id}\" of \"{label}\" {problem}");
                Failure::new(IncidentKind::Decision, message)
            })?;
        match value.as_context() {
            Some(outputs) if shape == DecisionResult::Variables => step.set_results(at, outputs)?,
            _ => step.set_result(at, result.clone(), value)?,
        }
        Ok(Next::Complete)
    }
}

/// The answer of a decision. The account of it is a record, also where there is no answer.
fn decide(
    step: &mut Stepper<'_>,
    at: At<'_>,
    id: &str,
    deployed: &DeployedDecision,
) -> Result<Value, Failure> {
    let label = at.node.label();
    let evaluated = deployed
        .decision
        .evaluate(&step.visible(at.key), &step.environment);
    let (outcome, error) = match evaluated {
        Ok(outcome) => (outcome, None),
        Err(error) => (Outcome::default(), Some(error)),
    };
    let warned = outcome.warnings.first().map(ToString::to_string);
    step.emit(Record::DecisionEvaluated(Box::new(DecisionAccount {
        key: Some(step.next_key()),
        element_instance: at.key,
        element: at.node.id.clone(),
        definition: Some(deployed.key),
        decision: id.to_owned(),
        version: deployed.version,
        decisions: outcome.decisions,
        warnings: outcome.warnings,
        failure: error.as_ref().map(ToString::to_string),
    })));
    if let Some(error) = error {
        let message = format!("The decision \"{id}\" of \"{label}\": {error}");
        return Err(Failure::new(IncidentKind::Decision, message));
    }
    match warned.filter(|_| step.definition.is_strict()) {
        Some(warning) => Err(Failure::new(
            IncidentKind::Decision,
            format!("The decision \"{id}\" of \"{label}\": {warning} (the process is strict)"),
        )),
        None => Ok(outcome.value),
    }
}

#[cfg(test)]
mod tests {
    use feel::MondayToFriday;
    use jiff::tz::TimeZone;
    use serde_json::json;
    use std::sync::Arc;
    use xml::Severity;

    use crate::testing::{Run, check_problems, flows, process};
    use crate::{Catalog, Key, Record, read};

    const RISK: &str = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
        <decision id="risk" name="Risk"><decisionTable hitPolicy="UNIQUE">
        <input id="i" label="Age"><inputExpression typeRef="number"><text>age</text></inputExpression></input>
        <output id="o" name="level"/>
        <rule id="r1"><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule>
        <rule id="r2"><inputEntry><text>&gt;= 3</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
        </decisionTable></decision></definitions>"#;

    fn run(decision: &str, age: i64) -> Run {
        run_as(decision, json!({"age": age}), "")
    }

    fn run_as(decision: &str, variables: serde_json::Value, of_process: &str) -> Run {
        let model = process(&format!(
            r#"<startEvent id="s"/><businessRuleTask id="A" name="Assess risk"><extensionElements>
            <z:calledDecision decisionId="{decision}" resultVariable="level"/></extensionElements></businessRuleTask>{}"#,
            flows("s>A")
        ))
        .replacen("<process ", &format!("<process {of_process} "), 1);
        let read_decisions = dmn::read(RISK);
        // That two of the rules match together is a warning, and what one of the tests is about.
        let problems = &read_decisions.problems;
        assert!(
            problems
                .iter()
                .all(|problem| problem.severity != Severity::Error),
            "{problems:?}"
        );
        let catalog = Catalog::new(TimeZone::UTC, Arc::new(MondayToFriday))
            .with_process(Key(1), 1, read(&model).processes[0].clone())
            .with_decision(read_decisions.decisions[0].clone());
        Run::in_catalog(catalog, variables)
    }

    fn account(run: &Run) -> (Vec<dmn::Evaluated>, Vec<String>, Option<String>) {
        let mut records = run.records[&run.main].iter();
        let found = records.find_map(|record| {
            let Record::DecisionEvaluated(account) = record else {
                return None;
            };
            Some((**account).clone())
        });
        let account = found.expect("an account");
        assert!(account.key.is_some());
        let warnings = account.warnings.iter().map(ToString::to_string).collect();
        (account.decisions, warnings, account.failure)
    }

    #[test]
    fn a_decision_gives_its_answer_and_its_account() {
        let run = run("risk", 7);
        assert_eq!(run.variable("level"), json!("low"));
        assert!(run.ended());
        let (decisions, warnings, failure) = account(&run);
        assert_eq!(decisions[0].matched_rules, [2]);
        assert_eq!(decisions[0].rule_outputs, [[feel::Value::from("low")]]);
        assert_eq!((warnings.len(), failure), (0, None));
    }

    #[test]
    fn a_failure_and_what_was_missing_are_in_the_account() {
        let (decisions, _, failure) = account(&run("risk", 4));
        assert!(decisions.is_empty());
        assert!(failure.unwrap().starts_with("rules 1 and 2 of"));
        let run = run_as("risk", json!({}), "");
        let (_, warnings, _) = account(&run);
        assert!(warnings[0].contains("age"), "{warnings:?}");
        assert!(run.ended());
    }

    #[test]
    fn a_strict_process_does_not_go_on_with_what_is_missing() {
        let strict = r#"xmlns:own="https://caseway.org/schema/1.0" own:strict="true""#;
        let run = run_as("risk", json!({}), strict);
        let incidents = run.incidents();
        assert!(
            incidents[0].contains("(the process is strict)"),
            "{incidents:?}"
        );
        // It is kept all the same, and nothing is wrong where nothing is missing.
        assert!(!account(&run).1.is_empty());
        assert!(run_as("risk", json!({"age": 7}), strict).ended());
    }

    #[test]
    fn a_decision_that_fails_or_is_missing_is_an_incident() {
        let incidents = run("risk", 4).incidents();
        assert!(
            incidents[0].starts_with("The decision \"risk\" of \"Assess risk\": "),
            "{incidents:?}"
        );
        assert_eq!(
            run("nothing", 4).incidents(),
            ["The decision \"nothing\" of \"Assess risk\" is not deployed"]
        );
    }

    #[test]
    fn a_task_without_decision_is_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><businessRuleTask id="A"/>{}"#,
                flows("s>A")
            ),
            &["error: \"A\" does not say which decision it asks"],
        );
    }
}
