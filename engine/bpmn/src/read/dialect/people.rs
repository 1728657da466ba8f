//! Who does a task, and how urgent it is.

use xml::Attribute;

use super::editing::{Editing, Written, in_zeebe};
use super::juel::{self, Meaning};

/// `candidateUsers="amara, ${reviewers}"`: names and expressions between commas.
pub(super) fn candidates(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let parts = split(&attribute.value);
    let mut meanings = Vec::new();
    for part in &parts {
        match editing.meaning(part.trim()) {
            Ok(meaning) => meanings.push(meaning),
            Err(mut problem) => {
                // The part lies in the value, so that its address tells where.
                let part = part.trim();
                problem.at += part.as_ptr() as usize - attribute.value.as_ptr() as usize;
                editing.untranslatable(Written::Attribute(attribute), &problem);
                return;
            }
        }
    }
    let is_literal = |meaning: &Meaning| matches!(meaning, Meaning::Literal(_));
    let text = match &meanings[..] {
        [] => return,
        [only] => in_zeebe(only.clone()),
        several if several.iter().all(is_literal) => {
            in_zeebe(Meaning::Literal(attribute.value.trim().to_owned()))
        }
        several => {
            let items: Vec<String> = several
                .iter()
                .map(|meaning| match meaning {
                    Meaning::Literal(text) => juel::quoted(text),
                    Meaning::Feel(feel) => feel.clone(),
                })
                .collect();
            format!("=flatten([{}])", items.join(", "))
        }
    };
    let definition = editing.zeebe("assignmentDefinition");
    definition.set_made(&attribute.name, text, attribute.offset);
}

/// Parts between commas; commas inside of braces do not count.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (index, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Any whole number there; from 0 to 100 here.
pub(super) fn priority(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let text = match editing.read(Written::Attribute(attribute)) {
        None => return,
        Some(Meaning::Literal(text)) => match text.trim().parse::<i64>() {
            Ok(number) if !(0..=100).contains(&number) => {
                let nearest = number.clamp(0, 100);
                let message = format!(
                    "The priority {number} of {} becomes {nearest}, since priorities go from 0 to 100",
                    editing.label()
                );
                editing.hint(editing.at(attribute), message, "choose one from 0 to 100");
                nearest.to_string()
            }
            Ok(_) | Err(_) => text,
        },
        Some(Meaning::Feel(feel)) => {
            format!("=if {feel} = null then null else max(0, min(100, {feel}))")
        }
    };
    let definition = editing.zeebe("priorityDefinition");
    definition.set_made("priority", text, attribute.offset);
}

/// Who may start the process: a matter of the roles here.
pub(super) fn starters(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let name = if attribute.name.ends_with("Groups") {
        "groups"
    } else {
        "users"
    };
    let made = editing.caseway("starters");
    made.set_made(name, attribute.value.trim(), attribute.offset);
    let message = format!(
        "Who may start {} is decided by roles, not by {}",
        editing.label(),
        attribute.name
    );
    editing.hint(
        editing.at(attribute),
        message,
        "give the role to these people",
    );
}

/// The variable that holds who started the instance.
pub(super) fn initiator(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let variable = attribute.value.trim().to_owned();
    if variable.is_empty() {
        return;
    }
    let made = editing.caseway("initiator");
    made.set_made("variable", variable, attribute.offset);
}
