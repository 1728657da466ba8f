//! The inputs of each kind of question, with what stands in them.

use super::{DatePart, Input, OptionView, TextControl, TextareaControl};
use crate::filled::{Filled, Node};
use crate::schema::{Contact, Look, Moment, Question};
use crate::validate::{self, FieldError};
use crate::words;

/// Widths in characters that the theme has.
const WIDTHS: [usize; 6] = [2, 3, 4, 5, 10, 20];

pub(super) fn question(
    filled: &Filled<'_>,
    index: usize,
    question: &Question,
    id: &str,
    name: &str,
    error: Option<&FieldError>,
) -> Input {
    let node = filled.node(index);
    let text = |part: usize| {
        node.texts
            .get(part)
            .and_then(|part| part.first())
            .cloned()
            .unwrap_or_default()
    };
    match question {
        Question::Text(field) if field.long => textarea(filled, index, field.lines, text(0)),
        Question::Text(field) => Input::Text(TextControl {
            prefix: field.prefix.clone(),
            suffix: field.suffix.clone(),
            ..line(filled, index, text(0))
        }),
        Question::Number(field) => Input::Text(TextControl {
            value: text(0),
            input_type: "text".to_owned(),
            input_mode: if field.decimal_digits == Some(0) {
                "numeric"
            } else {
                "decimal"
            }
            .to_owned(),
            width: node.component.property("width").unwrap_or("5").to_owned(),
            prefix: field.prefix.clone(),
            suffix: field.suffix.clone(),
            ..TextControl::default()
        }),
        Question::Moment(field) if field.parts == Moment::Time => Input::Text(TextControl {
            value: text(0),
            input_type: "text".to_owned(),
            width: "5".to_owned(),
            ..TextControl::default()
        }),
        Question::Moment(field) => {
            let part = |place: usize, suffix: &str, label: &str, width: u8| {
                let id = format!("{id}{suffix}");
                let shown = error.map_or("", |error| error.element.as_str());
                let wrong = shown == id || place < 3 && is_wrong_part(shown, &text, place);
                DatePart {
                    wrong,
                    id,
                    name: format!("{name}{suffix}"),
                    label: label.to_owned(),
                    value: text(place),
                    width,
                }
            };
            let parts = vec![
                part(0, "-day", "Day", 2),
                part(1, "-month", "Month", 2),
                part(2, "-year", "Year", 4),
            ];
            Input::Date {
                parts,
                time: (field.parts == Moment::Both).then(|| part(3, "-time", "Time", 5)),
            }
        }
        Question::Signature => Input::Signature {
            checked: !text(0).is_empty(),
            value: text(1),
        },
        Question::Checkbox => Input::Checkbox {
            checked: !text(0).is_empty(),
            reveals: Vec::new(),
        },
        Question::Choice {
            look: Look::Select, ..
        } => Input::Select {
            options: options(node, id, None),
        },
        Question::Choice {
            look: Look::Radio, ..
        } => {
            let inline = node.component.property("inline") == Some("true");
            Input::Radios {
                options: options(node, id, None),
                inline,
            }
        }
        Question::Checklist { exclusive, .. } => Input::Checkboxes {
            options: options(node, id, exclusive.as_deref()),
        },
    }
}

/// Marks the parts that a date lacks; all three where it is not real or not there. `shown` is where the error leads.
fn is_wrong_part(shown: &str, text: &impl Fn(usize) -> String, place: usize) -> bool {
    let any = (0..3).any(|part| !text(part).is_empty());
    let not_real = shown.ends_with("-day") && !text(0).is_empty();
    match shown {
        "" => false,
        _ if shown.ends_with("-time") => false,
        _ => !any || not_real || text(place).is_empty(),
    }
}

fn line(filled: &Filled<'_>, index: usize, value: String) -> TextControl {
    let component = filled.node(index).component;
    let (input_type, input_mode, autocomplete) = match component.rules.contact {
        Some(Contact::Email) => ("email", "email", "off"),
        Some(Contact::Phone) => ("tel", "tel", "off"),
        None => ("text", "", ""),
    };
    let longest = validate::whole(filled.bound(index, component.rules.max_length.as_ref()));
    let fitting = longest.and_then(|longest| WIDTHS.into_iter().find(|width| longest <= *width));
    TextControl {
        value,
        input_type: input_type.to_owned(),
        input_mode: input_mode.to_owned(),
        autocomplete: component
            .property("autocomplete")
            .unwrap_or(autocomplete)
            .to_owned(),
        width: match (component.property("width"), fitting) {
            (Some(width), _) => width.to_owned(),
            (None, Some(width)) => width.to_string(),
            (None, None) => String::new(),
        },
        ..TextControl::default()
    }
}

fn textarea(filled: &Filled<'_>, index: usize, lines: u8, value: String) -> Input {
    let component = filled.node(index).component;
    let max_length =
        validate::whole(filled.bound(index, component.rules.max_length.as_ref())).unwrap_or(0);
    let remaining = if max_length == 0 {
        String::new()
    } else {
        remaining(max_length, value.trim().chars().count())
    };
    Input::Textarea(TextareaControl {
        value,
        lines,
        max_length,
        remaining,
    })
}

/// The same words as the script counts in.
fn remaining(max_length: usize, length: usize) -> String {
    let (number, verb) = match max_length.checked_sub(length) {
        Some(left) => (left, "remaining"),
        None => (length - max_length, "too many"),
    };
    format!(
        "You have {} character{} {verb}",
        words::count(number),
        if number == 1 { "" } else { "s" }
    )
}

fn options(node: &Node<'_>, id: &str, exclusive: Option<&str>) -> Vec<OptionView> {
    let chosen = node.texts.first().map(Vec::as_slice).unwrap_or_default();
    let options = node
        .options
        .iter()
        .enumerate()
        .map(|(place, option)| OptionView {
            id: if place == 0 {
                id.to_owned()
            } else {
                format!("{id}-{}", place + 1)
            },
            hint: node
                .component
                .property(&format!("hint.{}", option.text))
                .unwrap_or_default()
                .to_owned(),
            checked: chosen.contains(&option.text),
            exclusive: exclusive == Some(option.text.as_str()),
            value: option.text.clone(),
            label: option.label.clone(),
            reveals: Vec::new(),
        });
    options.collect()
}
