//! What the standard itself says: who does a task (BPMN 2.0.2, 10.3.1 and 10.3.4), and which operation a service
//! task calls (10.3.3.2). Data is in [`super::data`].

use xml::Element;

use super::editing::{Editing, Written, in_zeebe};
use super::juel::{self, Meaning};
use crate::read::{BPMN, local_name};

/// Roles in the standard's words: the element, and whether it names the one who does it.
const ROLES: [(&str, bool); 4] = [
    ("humanPerformer", true),
    ("performer", true),
    ("potentialOwner", false),
    ("resourceRole", false),
];

/// Who a role names.
#[derive(Default)]
struct Named {
    users: Vec<Meaning>,
    groups: Vec<Meaning>,
}

/// The roles of a user task become its assignment.
pub(super) fn roles<'d>(editing: &mut Editing<'_, 'd>, root: &'d Element) {
    let xml = editing.xml;
    if !xml.is(BPMN, "userTask") {
        return;
    }
    let mut candidates = Named::default();
    for role in &xml.children {
        let kind = ROLES.iter().find(|(name, _)| role.is(BPMN, name));
        let Some((_, performs)) = kind else {
            continue;
        };
        let Some(named) = named(editing, role, root) else {
            continue;
        };
        if *performs {
            performer(editing, role, named);
        } else {
            candidates.users.extend(named.users);
            candidates.groups.extend(named.groups);
        }
    }
    assign(editing, "candidateUsers", candidates.users);
    assign(editing, "candidateGroups", candidates.groups);
}

/// Whom a role names: the expression that assigns it, or the resource that it refers to.
fn named<'d>(editing: &mut Editing<'_, 'd>, role: &'d Element, root: &'d Element) -> Option<Named> {
    let expression =
        role.child(BPMN, "resourceAssignmentExpression")
            .and_then(|assignment| {
                assignment.children.iter().find(|child| {
                    child.is(BPMN, "formalExpression") || child.is(BPMN, "expression")
                })
            });
    if let Some(expression) = expression.filter(|expression| !expression.text().trim().is_empty()) {
        return principals(editing, expression);
    }
    let reference = role.child(BPMN, "resourceRef");
    let resource = reference.and_then(|reference| {
        let id = local_name(reference.text().trim());
        let mut resources = root.children_named(BPMN, "resource");
        resources.find(|resource| resource.attribute("id") == Some(id))
    });
    let name = resource.and_then(|resource| resource.attribute("name"));
    if let Some(name) = name
        .or(role.attribute("name"))
        .filter(|name| !name.is_empty())
    {
        return Some(Named {
            users: Vec::new(),
            groups: vec![Meaning::Literal(name.to_owned())],
        });
    }
    let message = format!("A {} of {} names nobody", role.name, editing.label());
    let way_out = "name somebody in a resourceAssignmentExpression, for example group(intake)";
    editing.warning(role.position, message, way_out);
    None
}

/// `user(amara), group(intake)`, a bare name for a group, FEEL behind `=`, or JUEL.
fn principals<'d>(editing: &mut Editing<'_, 'd>, expression: &'d Element) -> Option<Named> {
    let text = expression.text();
    let mut named = Named::default();
    if let Some(feel) = text.trim().strip_prefix('=') {
        named.groups.push(Meaning::Feel(feel.trim().to_owned()));
        return Some(named);
    }
    for part in super::people::split(text) {
        let part = part.trim();
        let inside = |kind: &str| {
            let rest = part.strip_prefix(kind)?.trim_start();
            rest.strip_prefix('(')?.strip_suffix(')').map(str::trim)
        };
        let (list, name) = match (inside("user"), inside("group")) {
            (Some(name), _) => (&mut named.users, name),
            (None, Some(name)) => (&mut named.groups, name),
            (None, None) => (&mut named.groups, part),
        };
        if !editing.shared.has_juel {
            list.push(Meaning::Literal(name.to_owned()));
            continue;
        }
        match editing.meaning(name) {
            Ok(meaning) => list.push(meaning),
            Err(mut problem) => {
                // The name lies in the text, so that its address tells where.
                problem.at += name.as_ptr() as usize - text.as_ptr() as usize;
                editing.untranslatable(Written::Text(expression), &problem);
                return None;
            }
        }
    }
    Some(named)
}

/// Somebody alone does it; of several, or of a group, each may.
fn performer(editing: &mut Editing<'_, '_>, role: &Element, named: Named) {
    let mut everybody = named.users;
    let names_users = !everybody.is_empty();
    everybody.extend(named.groups);
    match (everybody.pop(), everybody.is_empty()) {
        (Some(only), true) => {
            let text = in_zeebe(only);
            let definition = editing.zeebe("assignmentDefinition");
            if definition.attribute("assignee").is_none() {
                definition.set_made("assignee", text, role.span.start);
            }
        }
        (Some(last), false) => {
            everybody.push(last);
            let list = if names_users {
                "candidateUsers"
            } else {
                "candidateGroups"
            };
            assign(editing, list, everybody);
        }
        (None, _) => {}
    }
}

/// Adds candidates to those that there are.
fn assign(editing: &mut Editing<'_, '_>, list: &str, more: Vec<Meaning>) {
    if more.is_empty() {
        return;
    }
    let offset = editing.xml.span.start;
    let definition = editing.zeebe("assignmentDefinition");
    let present = definition.attribute(list).map(str::to_owned);
    let all_literal = more.iter().all(|part| matches!(part, Meaning::Literal(_)))
        && present
            .as_ref()
            .is_none_or(|present| !present.starts_with('='));
    let text = if let ([Meaning::Feel(feel)], None) = (&more[..], &present) {
        format!("={feel}")
    } else if all_literal {
        let names = more.into_iter().map(|part| match part {
            Meaning::Literal(text) | Meaning::Feel(text) => text,
        });
        let names: Vec<String> = present.into_iter().chain(names).collect();
        names.join(", ")
    } else {
        let present = present.map(|present| match present.strip_prefix('=') {
            Some(feel) => feel.to_owned(),
            None => juel::quoted(&present),
        });
        let more = more.into_iter().map(|part| match part {
            Meaning::Literal(text) => juel::quoted(&text),
            Meaning::Feel(feel) => feel,
        });
        let items: Vec<String> = present.into_iter().chain(more).collect();
        format!("=flatten([{}])", items.join(", "))
    };
    let definition = editing.zeebe("assignmentDefinition");
    definition.set_made(list, text, offset);
}

/// A task that calls an operation is a job of the type of its name.
pub(super) fn operation<'d>(editing: &mut Editing<'_, 'd>, root: &'d Element) {
    let xml = editing.xml;
    let calls = ["serviceTask", "sendTask"].contains(&&*xml.name);
    let said = editing
        .made
        .iter()
        .any(|made| ["taskDefinition", "script", "calledDecision"].contains(&&*made.name))
        || editing.says_in_zeebe("taskDefinition")
        || editing.says_in_zeebe("script");
    let Some(reference) = xml
        .attribute_named("", "operationRef")
        .filter(|_| calls && !said)
    else {
        return;
    };
    let id = local_name(reference.value.trim());
    let operation = root
        .children_named(BPMN, "interface")
        .flat_map(|interface| interface.children_named(BPMN, "operation"))
        .find(|operation| operation.attribute("id") == Some(id));
    let Some(operation) = operation else {
        let message = format!(
            "{} calls the operation \"{id}\", which does not exist",
            editing.label()
        );
        editing.error(
            editing.at(reference),
            message,
            "choose one of the operations of the model",
        );
        return;
    };
    let name = operation.attribute("name").unwrap_or(id).to_owned();
    let definition = editing.zeebe("taskDefinition");
    definition.set_made("type", name.as_str(), reference.offset);
    let message = format!(
        "{} calls the operation \"{name}\"; here it is a job of that type",
        editing.label()
    );
    editing.hint(
        editing.at(reference),
        message,
        "let a worker do the jobs of this type",
    );
}
