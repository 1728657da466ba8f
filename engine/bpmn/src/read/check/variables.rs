//! What conditions read must be written by something: by whom, and where, as far as the model says it.
//!
//! Some elements write what only those know who complete them: answers of a form, results of a worker, what a
//! message carries. Behind one of these nothing is certain, so only a name that looks misspelt is worth a hint.

use std::collections::BTreeSet;

use xml::{Problem, Severity};

use crate::definition::{FlowNode, NodeIndex, successors};
use crate::elements::{BusinessRuleTask, Element, Loop, ScriptTask};
use crate::read::Reader;
use crate::read::process::Draft;
use crate::step::ENGINE;
use crate::triggers::Trigger;

/// Names that the engine itself sets for some conditions.
const GIVEN: &[&str] = &[
    ENGINE,
    "activationCount",
    "activationCounts",
    "waitingForStart",
    "loopCounter",
    "numberOfInstances",
    "numberOfActiveInstances",
    "numberOfCompletedInstances",
    "numberOfTerminatedInstances",
];

/// How different a name may be from the one that was perhaps meant.
const MISSPELT_MAX: usize = 2;

/// How often names are compared to find what was perhaps meant.
const COMPARISONS_MAX: usize = 200_000;

/// One problem for each variable that a condition reads and nothing writes.
pub(super) fn check(reader: &mut Reader<'_>, draft: &Draft<'_>) {
    let data = draft.data.iter().filter_map(|data| data.target.first());
    let mut written: BTreeSet<&str> = data.map(|name| &**name).collect();
    let mut open: BTreeSet<NodeIndex> = BTreeSet::new();
    for (at, node) in draft.nodes.iter().enumerate() {
        written.extend(names(node));
        if writes_anything(node) {
            open.insert(NodeIndex(at as u32));
        }
    }
    let behind = behind(draft, &open);
    let mut comparisons = COMPARISONS_MAX;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (flow, position) in draft.flows.iter().zip(&draft.flow_positions) {
        let Some(condition) = &flow.condition else {
            continue;
        };
        for name in condition.reads() {
            let name = name.as_str();
            if written.contains(name) || GIVEN.contains(&name) || seen.contains(name) {
                continue;
            }
            comparisons = comparisons.saturating_sub(written.len());
            let meant = match comparisons {
                0 => None,
                _ => closest(name, &written),
            };
            let upstream = behind[flow.source.0 as usize];
            // A name in a filter may be an entry of the items.
            let certain = open.is_empty() && !condition.text().contains('[');
            if upstream && meant.is_none() {
                continue;
            }
            seen.insert(name);
            let label = flow.name.as_deref().unwrap_or(&flow.id);
            let message = match upstream || !open.is_empty() {
                false => format!(
                    "The condition of \"{label}\" reads `{name}`, which nothing in the process writes"
                ),
                true => format!(
                    "The condition of \"{label}\" reads `{name}`, which nothing before it is known to write"
                ),
            };
            let way_out = match meant {
                Some(meant) => format!("write `{meant}`, if that is meant; else set it before"),
                None => "set it before, with a mapping, a script or a decision, or give it when the process starts".to_owned(),
            };
            let severity = if certain {
                Severity::Warning
            } else {
                Severity::Hint
            };
            let problem = Problem {
                severity,
                ..Problem::error(*position, message, way_out)
            };
            reader.push(problem.about(&*flow.id));
        }
    }
}

/// The variables that the model says that an element writes.
fn names(node: &FlowNode) -> Vec<&str> {
    let mappings = node.inputs.iter().chain(&node.outputs);
    let mappings = mappings.filter(|mapping| !mapping.writes_store);
    let mut names: Vec<&str> = mappings
        .filter_map(|mapping| mapping.target.first().map(|name| &**name))
        .collect();
    match &node.looping {
        Some(Loop::MultiInstance(each)) => {
            names.extend(each.element.as_deref());
            names.extend(each.output.iter().map(|output| &*output.collection));
        }
        Some(Loop::Standard(_)) | None => {}
    }
    match &node.element {
        Element::StartEvent(start) => names.extend(start.initiator.as_deref()),
        Element::ScriptTask(ScriptTask::Script { result, .. }) => names.extend(result.as_deref()),
        Element::BusinessRuleTask(BusinessRuleTask::Decision { result, .. }) => names.push(result),
        Element::ScriptTask(ScriptTask::Job(_))
        | Element::BusinessRuleTask(BusinessRuleTask::Job(_))
        | Element::IntermediateCatchEvent(_)
        | Element::IntermediateThrowEvent(_)
        | Element::BoundaryEvent(_)
        | Element::EndEvent(_)
        | Element::Task
        | Element::ManualTask
        | Element::UserTask(_)
        | Element::ServiceTask(_)
        | Element::SendTask(_)
        | Element::ReceiveTask(_)
        | Element::CallActivity(_)
        | Element::Subprocess(_)
        | Element::EventBasedGateway(_)
        | Element::ExclusiveGateway
        | Element::ParallelGateway
        | Element::InclusiveGateway
        | Element::ComplexGateway(_) => {}
    }
    names
}

/// Whether an element may write variables that the model does not name.
fn writes_anything(node: &FlowNode) -> bool {
    if !node.listeners.is_empty() {
        return true;
    }
    let carries = node.element.triggers().iter().any(|trigger| match trigger {
        Trigger::Message(_) | Trigger::Signal(_) | Trigger::Error(_) | Trigger::Escalation(_) => {
            true
        }
        Trigger::Cancel
        | Trigger::Timer(_)
        | Trigger::Compensation(_)
        | Trigger::Conditional(_)
        | Trigger::Link(_)
        | Trigger::Terminate => false,
    });
    let unnamed = match &node.element {
        Element::UserTask(_)
        | Element::ServiceTask(_)
        | Element::SendTask(_)
        | Element::ScriptTask(ScriptTask::Job(_))
        | Element::BusinessRuleTask(BusinessRuleTask::Job(_)) => true,
        Element::CallActivity(call) => call.propagates_results,
        Element::StartEvent(start) => start.form.is_some() || carries,
        Element::IntermediateCatchEvent(_)
        | Element::BoundaryEvent(_)
        | Element::ReceiveTask(_) => carries,
        Element::ScriptTask(ScriptTask::Script { .. })
        | Element::BusinessRuleTask(BusinessRuleTask::Decision { .. })
        | Element::IntermediateThrowEvent(_)
        | Element::EndEvent(_)
        | Element::Task
        | Element::ManualTask
        | Element::Subprocess(_)
        | Element::EventBasedGateway(_)
        | Element::ExclusiveGateway
        | Element::ParallelGateway
        | Element::InclusiveGateway
        | Element::ComplexGateway(_) => false,
    };
    // With output mappings only what they say goes on.
    unnamed && (node.outputs.is_empty() || node.results_rise)
}

/// For each node whether one of these lies before it: on the way to it, inside a subprocess on that way, or before the
/// scope around it.
fn behind(draft: &Draft<'_>, writers: &BTreeSet<NodeIndex>) -> Vec<bool> {
    let mut inside: Vec<Vec<NodeIndex>> = vec![Vec::new(); draft.nodes.len()];
    for (at, node) in draft.nodes.iter().enumerate() {
        if let Some(scope) = node.scope {
            inside[scope.0 as usize].push(NodeIndex(at as u32));
        }
    }
    let mut behind = vec![false; draft.nodes.len()];
    let mut open: Vec<NodeIndex> = writers.iter().copied().collect();
    while let Some(index) = open.pop() {
        if std::mem::replace(&mut behind[index.0 as usize], true) {
            continue;
        }
        let node = &draft.nodes[index.0 as usize];
        open.extend(successors(node, &draft.flows));
        open.extend(node.scope);
        open.append(&mut inside[index.0 as usize]);
    }
    behind
}

/// The known name that is most like this one, if it is like enough.
fn closest<'n>(name: &str, known: &BTreeSet<&'n str>) -> Option<&'n str> {
    let distances = known.iter().map(|other| (distance(name, other), *other));
    let near = distances.filter(|(distance, other)| {
        let shorter = name.chars().count().min(other.chars().count());
        *distance <= MISSPELT_MAX && distance * 3 <= shorter
    });
    near.min().map(|(_, other)| other)
}

/// How many letters must be added, taken away, replaced or swapped with their neighbour; capital letters do not count.
fn distance(a: &str, b: &str) -> usize {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (a, b) = (letters(a), letters(b));
    if a.len().abs_diff(b.len()) > MISSPELT_MAX {
        return usize::MAX / 4;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;
    use crate::testing::{check_hints, check_problems, flow_if, flows, script};

    fn model(before: &str, condition: &str) -> String {
        format!(
            r#"<startEvent id="s"/>{before}<exclusiveGateway id="x" default="x-e"/><task id="A"/><endEvent id="e"/>{}{}"#,
            flows("s>B>x>e A>e"),
            flow_if("x", "A", condition)
        )
    }

    #[test]
    fn a_variable_that_nothing_writes_is_a_warning() {
        let set = script("B", "level", "1");
        check_problems(&model(&set, "level &gt; 0"), &[]);
        check_problems(
            &model(&set, "risk &gt; 0"),
            &[
                "warning: The condition of \"x-A\" reads `risk`, which nothing in the process writes",
            ],
        );
    }

    #[test]
    fn behind_a_form_only_a_misspelt_name_is_a_hint() {
        let task = r#"<userTask id="B"/>"#;
        let no_form = "hint: \"B\" has no form: nothing can be written down in it";
        check_hints(&model(task, "risk &gt; 0"), &[no_form]);
        let set = format!("{task}{}", script("C", "risk", "1"));
        check_hints(
            &model(&set, "rsik &gt; 0"),
            &[
                no_form,
                "hint: The condition of \"x-A\" reads `rsik`, which nothing before it is known to write",
            ],
        );
    }

    #[test]
    fn names_are_compared_by_their_letters() {
        let check = |a, b, expected| assert_eq!(distance(a, b), expected, "{a} {b}");
        check("risk", "risk", 0);
        check("risk", "Risk", 0);
        check("rsik", "risk", 1);
        check("risks", "risk", 1);
        check("riks_level", "risk_level", 1);
        check("", "ab", 2);
        check("level", "lvl", 2);
    }
}
