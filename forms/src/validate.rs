//! Which answers of a filled form cannot be accepted, and why.

use crate::filled::{Filled, Node};
use crate::messages::{Broken, message};
use crate::post;
use crate::schema::{Contact, Kind, ListField, Moment, MomentField, NumberField, Question, Rules};
use crate::typed::{self, moment};
use feel::{Number, Rounding, Value};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// What is wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The name of the field, `goals[n1].due`.
    pub field: String,
    /// The id of the element that the error summary leads to.
    pub element: String,
    /// A sentence with the field's name in it.
    pub message: String,
}

/// Everything that is wrong, in the order of the page. Hidden, disabled and read-only fields are not asked.
pub(crate) fn errors(filled: &Filled<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for &root in &filled.roots {
        check(filled, root, &mut errors);
    }
    errors
}

/// What is wrong with one node and what it holds.
pub(crate) fn check(filled: &Filled<'_>, index: usize, errors: &mut Vec<FieldError>) {
    let node = filled.node(index);
    if node.hidden || node.component.disabled || filled.is_blank_row(index) {
        return;
    }
    let broken = match &node.component.kind {
        Kind::List(list) if node.row.is_none() => rows(filled, index, list),
        Kind::Question(question) if !node.readonly => match &node.answer {
            Err(fault) => Some(Broken::Fault(fault.clone())),
            Ok(value) => of_value(filled, index, question, value),
        },
        Kind::Question(_)
        | Kind::Group { .. }
        | Kind::List(_)
        | Kind::Table { .. }
        | Kind::Prose { .. }
        | Kind::Computed(_)
        | Kind::Separator
        | Kind::Spacer => None,
    };
    if let Some(broken) = broken {
        errors.push(error(filled, index, &broken));
    }
    for &child in &node.children {
        check(filled, child, errors);
    }
}

fn error(filled: &Filled<'_>, index: usize, broken: &Broken) -> FieldError {
    let node = filled.node(index);
    let label = node
        .component
        .label
        .text(&filled.scope(index), filled.environment);
    let fault = if let Broken::Fault(fault) = broken {
        Some(fault)
    } else {
        None
    };
    let part = node.component.question().map_or("", |question| {
        post::parts(question)[typed::faulty_part(question, fault)]
    });
    FieldError {
        field: node.path.name(),
        element: format!("{}{part}", node.path.id()),
        message: message(node.component, &label, broken),
    }
}

fn rows(filled: &Filled<'_>, index: usize, list: &ListField) -> Option<Broken> {
    let node = filled.node(index);
    let filled_rows = node
        .children
        .iter()
        .filter(|&&row| !filled.is_blank_row(row))
        .count();
    let least = list
        .min_rows
        .max(usize::from(node.component.rules.required));
    if filled_rows < least {
        return Some(Broken::TooFewRows(least));
    }
    (filled_rows > list.max_rows).then_some(Broken::TooManyRows(list.max_rows))
}

fn of_value(
    filled: &Filled<'_>,
    index: usize,
    question: &Question,
    value: &Value,
) -> Option<Broken> {
    let node = filled.node(index);
    let rules = &node.component.rules;
    if typed::is_empty(value) {
        return rules.required.then_some(Broken::Required);
    }
    match question {
        Question::Number(field) => of_number(filled, index, field, value),
        Question::Text(_) => of_text(filled, index, rules, &crate::words::value(value)),
        Question::Moment(field) => of_moment(filled, field, value),
        Question::Signature
        | Question::Choice { .. }
        | Question::Checkbox
        | Question::Checklist { .. } => None,
    }
}

fn of_number(
    filled: &Filled<'_>,
    index: usize,
    field: &NumberField,
    value: &Value,
) -> Option<Broken> {
    let rules = &filled.node(index).component.rules;
    let number = value
        .as_number()
        .or_else(|| value.as_str()?.parse::<Number>().ok())?;
    if let Some(places) = field.decimal_digits
        && number.round(i64::from(places), Rounding::Down) != Some(number)
    {
        return Some(Broken::Decimals(places));
    }
    let min = filled.bound(index, rules.min.as_ref());
    if let Some(min) = min.filter(|min| number < *min) {
        return Some(Broken::Min(min));
    }
    if let Some(max) = filled
        .bound(index, rules.max.as_ref())
        .filter(|max| number > *max)
    {
        return Some(Broken::Max(max));
    }
    let step = field.increment?;
    (number.modulo(step) != Some(Number::ZERO)).then_some(Broken::Step(step))
}

fn of_text(filled: &Filled<'_>, index: usize, rules: &Rules, text: &str) -> Option<Broken> {
    let text = text.trim();
    let length = text.chars().count();
    if let Some(least) =
        whole(filled.bound(index, rules.min_length.as_ref())).filter(|least| length < *least)
    {
        return Some(Broken::MinLength(least));
    }
    if let Some(most) =
        whole(filled.bound(index, rules.max_length.as_ref())).filter(|most| length > *most)
    {
        return Some(Broken::MaxLength(most));
    }
    if let Some(pattern) = rules
        .pattern
        .as_ref()
        .filter(|pattern| !pattern.regex.is_match(text))
    {
        return Some(Broken::Pattern(pattern.message.clone()));
    }
    rules
        .contact
        .filter(|contact| !is_contact(*contact, text))
        .map(Broken::Contact)
}

/// A length as a whole number; what is negative or no number is no bound.
pub(crate) fn whole(number: Option<Number>) -> Option<usize> {
    usize::try_from(number?.to_i64()?).ok()
}

fn is_contact(contact: Contact, text: &str) -> bool {
    static EMAIL: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r"^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$")
            .expect("a fixed pattern that the tests use")
    });
    let digits = text.chars().filter(char::is_ascii_digit).count();
    match contact {
        Contact::Email => EMAIL.is_match(text),
        Contact::Phone => {
            (5..=15).contains(&digits)
                && text
                    .chars()
                    .all(|letter| letter.is_ascii_digit() || " +-()./".contains(letter))
        }
    }
}

fn of_moment(filled: &Filled<'_>, field: &MomentField, value: &Value) -> Option<Broken> {
    if field.parts == Moment::Time {
        return None;
    }
    let answer = moment::stored(value, filled.environment)?;
    let now = filled.environment.zone.to_datetime(filled.environment.now);
    let (past, future) = match field.parts {
        Moment::Date => (answer.date() < now.date(), answer.date() > now.date()),
        Moment::Both | Moment::Time => (answer < now, answer > now),
    };
    if field.not_past && past {
        return Some(Broken::Past);
    }
    (field.not_future && future).then_some(Broken::Future)
}

/// Whether all that a container must have is there and right; how far a section is.
pub(crate) fn is_complete(filled: &Filled<'_>, index: usize) -> bool {
    let mut errors = Vec::new();
    check(filled, index, &mut errors);
    errors.is_empty()
}

/// Whether anything was answered in a container.
pub(crate) fn is_begun(filled: &Filled<'_>, index: usize) -> bool {
    let node: &Node<'_> = filled.node(index);
    let answered = match &node.answer {
        Ok(value) => {
            let asked = node.component.question().is_some() && !node.readonly;
            asked && !typed::is_empty(value)
        }
        Err(_) => true,
    };
    answered || node.children.iter().any(|&child| is_begun(filled, child))
}
