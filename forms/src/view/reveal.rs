//! Questions that depend on one option stand under that option.

use super::{Control, FieldView};

/// Moves each question whose literal test is about a radio button or tick box right before it under that option.
///
/// Only single questions move, and only those that follow: what a group, list or text depends on stays in the page's order.
pub(super) fn nest(fields: Vec<FieldView>) -> Vec<FieldView> {
    let mut nested: Vec<FieldView> = Vec::with_capacity(fields.len());
    for field in fields {
        match place_for(&field, &mut nested) {
            Some(reveals) => reveals.push(field),
            None => nested.push(field),
        }
    }
    nested
}

fn place_for<'n>(field: &FieldView, before: &'n mut [FieldView]) -> Option<&'n mut Vec<FieldView>> {
    let is_single = matches!(
        &field.control,
        Control::Text(_)
            | Control::Textarea(_)
            | Control::Date { .. }
            | Control::Select { .. }
            | Control::Signature { .. }
    );
    let test: serde_json::Value = serde_json::from_str(&field.show_if).ok()?;
    let [only] = test.get("eq")?.as_array()?.as_slice() else {
        return None;
    };
    let (name, value) = (test.get("k")?.as_str()?, only.as_str()?);
    if !is_single {
        return None;
    }
    let place = before.len().checked_sub(1)?;
    let question = &mut before[place];
    if question.name != name {
        return None;
    }
    match &mut question.control {
        Control::Radios {
            options,
            inline: false,
        } => {
            let option = options.iter_mut().find(|option| option.value == value)?;
            Some(&mut option.reveals)
        }
        Control::Checkbox { reveals, .. } if value == "true" => Some(reveals),
        _ => None,
    }
}
