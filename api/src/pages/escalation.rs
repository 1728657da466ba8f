//! Steps that exist because another one is late: the user tasks behind the timer on its edge.

use crate::pages::team_name;
use bpmn::{FlowNode, ProcessDefinition};

/// Whether the step is there because another one is late.
pub(crate) fn is_escalation(definition: &ProcessDefinition, element: &str) -> bool {
    let mut flows = definition
        .flows()
        .iter()
        .map(|flow| definition.ends_of(flow));
    flows.any(|(source, target)| target.id() == element && is_timer_on_edge(source))
}

/// Who decides when the step is late, in words: the teams of the step behind the timer on its edge.
pub(crate) fn if_late(definition: &ProcessDefinition, element: &str) -> Option<String> {
    let timers = definition
        .boundary_events(element)
        .filter(|event| is_timer_on_edge(event))
        .map(FlowNode::id);
    let timers: Vec<&str> = timers.collect();
    let mut flows = definition
        .flows()
        .iter()
        .map(|flow| definition.ends_of(flow));
    let (_, target) = flows.find(|(source, _)| timers.contains(&source.id()))?;
    let (_, task) = definition
        .user_tasks()
        .find(|(node, _)| node.id() == target.id())?;
    let teams = task
        .candidate_groups
        .as_ref()?
        .literal()?
        .split(',')
        .map(|team| team_name(team.trim()));
    Some(format!(
        "{} decide how it goes on",
        teams.collect::<Vec<_>>().join(" or ")
    ))
}

fn is_timer_on_edge(node: &FlowNode) -> bool {
    node.kind() == "timer boundary event"
}
