//! Questions that depend on one option stand under that option.

use super::{Control, FieldView, Input};

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
    let Control::Input(
        Input::Text(_)
        | Input::Textarea(_)
        | Input::Date { .. }
        | Input::Select { .. }
        | Input::Signature { .. },
    ) = &field.control
    else {
        return None;
    };
    let test: serde_json::Value = serde_json::from_str(&field.show_if).ok()?;
    let [only] = test.get("eq")?.as_array()?.as_slice() else {
        return None;
    };
    let (name, value) = (test.get("k")?.as_str()?, only.as_str()?);
    let question = before.last_mut().filter(|question| question.name == name)?;
    let Control::Input(input) = &mut question.control else {
        return None;
    };
    if let Input::Radios {
        options,
        inline: false,
    } = input
    {
        let option = options.iter_mut().find(|option| option.value == value)?;
        return Some(&mut option.reveals);
    }
    if let Input::Checkbox { reveals, .. } = input
        && value == "true"
    {
        return Some(reveals);
    }
    None
}
