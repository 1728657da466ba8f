//! Everything that the program brings along can be deployed, without as much as a warning, and names only what exists.

use bpmn::{ProcessDefinition, Verdict};
use processes::pathways::{CHILD_PROTECTION, File};
use std::collections::BTreeSet;
use std::sync::Arc;

fn files(ending: &'static str) -> impl Iterator<Item = &'static File> {
    CHILD_PROTECTION
        .iter()
        .filter(move |file| file.name.ends_with(ending))
}

fn models() -> Vec<(&'static str, bpmn::Reading)> {
    files(".bpmn")
        .map(|file| (file.name, bpmn::read(file.text)))
        .collect()
}

fn definitions() -> Vec<Arc<ProcessDefinition>> {
    models()
        .into_iter()
        .flat_map(|(_, reading)| reading.processes)
        .collect()
}

/// Warnings that say what is meant: the plan may lead to referrals while those of the first day are still open.
const MEANT: &[&str] = &[
    "\"Make the referrals\" can be reached a second time, from \"carry_out\", while it is still at work: the paths are not joined",
];

#[test]
fn models_are_read_without_errors_or_warnings() {
    for (name, reading) in models() {
        let problems = reading.report.problems.iter();
        let found: Vec<&str> = problems
            .filter(|problem| problem.severity != xml::Severity::Hint)
            .map(|problem| &*problem.message)
            .filter(|message| !MEANT.contains(message))
            .collect();
        assert_eq!(found, Vec::<&str>::new(), "{name}");
        assert!(!reading.processes.is_empty(), "{name} has no process");
    }
}

#[test]
fn every_element_of_a_flow_is_executed() {
    for (name, reading) in models() {
        for element in &reading.report.elements {
            let refused = matches!(element.verdict, Verdict::Refused { .. });
            assert!(!refused, "{name}: {element:?}");
        }
    }
}

#[test]
fn decisions_are_read_without_errors_or_warnings() {
    for file in files(".dmn") {
        let reading = dmn::read(file.text);
        assert!(
            reading.problems.is_empty(),
            "{}: {:#?}",
            file.name,
            reading.problems
        );
    }
}

#[test]
fn forms_are_read_without_errors_or_warnings() {
    for file in files(".form") {
        let form = forms::Form::read(file.text)
            .unwrap_or_else(|problems| panic!("{}: {problems:#?}", file.name));
        for problem in form.problems() {
            assert_eq!(
                problem.severity,
                forms::Severity::Hint,
                "{}: {problem:#?}",
                file.name
            );
        }
    }
}

#[test]
fn every_form_that_a_step_names_exists() {
    let there: BTreeSet<&str> = files(".form")
        .map(|file| file.name.trim_end_matches(".form"))
        .collect();
    let mut named = BTreeSet::new();
    for definition in definitions() {
        for (node, task) in definition.user_tasks() {
            let form = task
                .form
                .as_ref()
                .and_then(|form| form.id.literal())
                .unwrap_or_else(|| panic!("{} has no form", node.id()));
            assert!(there.contains(form), "{} names the form {form}", node.id());
            named.insert(form.to_owned());
        }
    }
    let named: BTreeSet<&str> = named.iter().map(String::as_str).collect();
    assert_eq!(named, there, "a form that no step uses");
}

#[test]
fn a_form_lies_in_the_file_of_its_id() {
    for file in files(".form") {
        let form = forms::Form::read(file.text).unwrap();
        assert_eq!(format!("{}.form", form.id()), file.name);
        assert_ne!(form.title(), form.id(), "{} has no title", file.name);
    }
}

#[test]
fn every_decision_that_a_task_asks_exists() {
    let there: BTreeSet<String> = files(".dmn")
        .flat_map(|file| dmn::read(file.text).decisions)
        .map(|decision| decision.id().to_owned())
        .collect();
    for file in files(".bpmn") {
        for asked in file.text.split("decisionId=\"").skip(1) {
            let id = asked.split('"').next().unwrap();
            assert!(there.contains(id), "{} asks the decision {id}", file.name);
        }
    }
}

#[test]
fn every_step_says_what_to_do_and_which_team_does_it() {
    let teams: BTreeSet<&str> = processes::organisation::NAKAWA
        .teams
        .iter()
        .map(|team| team.id)
        .collect();
    for definition in definitions() {
        let stages = processes::stages::names(&definition);
        // A report from outside is one stage; the pathway has six.
        let expected = match definition.id() {
            "child-protection" => 6,
            _ => 1,
        };
        assert_eq!(stages.len(), expected, "{stages:?}");
        for (node, _) in definition.user_tasks() {
            assert!(
                node.properties().contains_key("guidance"),
                "{} has no guidance",
                node.id()
            );
            assert!(node.name().is_some(), "{} has no name", node.id());
        }
        for lane in definition.lanes() {
            assert!(lane.name.is_some(), "{} has no name", lane.id);
        }
    }
    for file in files(".bpmn") {
        for groups in file.text.split("candidateGroups=\"").skip(1) {
            for group in groups.split('"').next().unwrap().split(',') {
                assert!(
                    teams.contains(group.trim()),
                    "{}: no team {group}",
                    file.name
                );
            }
        }
    }
}
