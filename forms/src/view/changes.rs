//! Which fields look different after an autosave, apart from what the person typed.

use super::{Control, FieldView, Input, View};

/// The fields of `after` whose look differs from `before`: visibility, options, computed values, texts. What was typed does not
/// count, since the browser has it already. A container is given whole only where it changed itself.
pub(crate) fn changed<'v>(before: &View, after: &'v View) -> Vec<&'v FieldView> {
    let mut changed = Vec::new();
    compare_all(&before.fields, &after.fields, &mut changed);
    changed
}

fn compare_all<'v>(before: &[FieldView], after: &'v [FieldView], changed: &mut Vec<&'v FieldView>) {
    for field in after {
        match before.iter().find(|other| other.id == field.id) {
            Some(other) => compare(other, field, changed),
            None => changed.push(field),
        }
    }
}

fn compare<'v>(before: &FieldView, after: &'v FieldView, changed: &mut Vec<&'v FieldView>) {
    let inside = (children(before), children(after));
    let same_children = inside
        .0
        .iter()
        .map(|field| &field.id)
        .eq(inside.1.iter().map(|field| &field.id));
    if !same_children || shape(before) != shape(after) {
        changed.push(after);
        return;
    }
    for (before, after) in inside.0.into_iter().zip(inside.1) {
        compare(before, after, changed);
    }
}

fn children(field: &FieldView) -> Vec<&FieldView> {
    match &field.control {
        Control::Group { fields, .. } => fields.iter().collect(),
        Control::List(list) => list.rows.iter().flat_map(|row| &row.fields).collect(),
        Control::Input(input) => input.reveals().flatten().collect(),
        Control::Table { .. }
        | Control::Prose { .. }
        | Control::Answer { .. }
        | Control::Separator
        | Control::Spacer => Vec::new(),
    }
}

/// The field without what was typed and without what it holds.
fn shape(field: &FieldView) -> FieldView {
    let mut shape = field.clone();
    shape.was = Vec::new();
    shape.error = String::new();
    shape.described_by = String::new();
    // The browser has toggled these itself.
    shape.hidden = field.hidden && field.show_if.is_empty();
    if !matches!(field.control, Control::Answer { .. }) {
        shape.answer = Vec::new();
    }
    match &mut shape.control {
        Control::Input(input) => empty(input),
        Control::Group { fields, .. } => fields.clear(),
        Control::List(list) => {
            for row in &mut list.rows {
                row.fields.clear();
            }
        }
        Control::Table { .. }
        | Control::Prose { .. }
        | Control::Answer { .. }
        | Control::Separator
        | Control::Spacer => {}
    }
    shape
}

/// Takes away what was typed and what is revealed.
fn empty(input: &mut Input) {
    match input {
        Input::Text(text) => text.value = String::new(),
        Input::Textarea(area) => {
            area.value = String::new();
            area.remaining = String::new();
        }
        Input::Date { parts, time } => parts.iter_mut().chain(time).for_each(|part| {
            part.value = String::new();
            part.wrong = false;
        }),
        Input::Select { options }
        | Input::Radios { options, .. }
        | Input::Checkboxes { options } => {
            for option in options {
                option.checked = false;
                option.reveals = Vec::new();
            }
        }
        Input::Checkbox { checked, reveals } => {
            *checked = false;
            reveals.clear();
        }
        Input::Signature { checked, value } => {
            *checked = false;
            value.clear();
        }
    }
}
