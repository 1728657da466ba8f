//! What is said about a wrong answer, with the question's name in it. `properties.error.{rule}` overrides each.

use crate::limits;
use crate::schema::{Component, Contact, Kind, Moment, Question};
use crate::typed::Fault;
use crate::words::{at_start, count, inside_sentence};
use feel::Number;

/// A rule of `validate` that an answer breaks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Broken {
    Required,
    Min(Number),
    Max(Number),
    MinLength(usize),
    MaxLength(usize),
    Pattern(Option<String>),
    Contact(Contact),
    Decimals(u32),
    Step(Number),
    Past,
    Future,
    Fault(Fault),
    TooFewRows(usize),
    TooManyRows(usize),
}

/// The sentence for a broken rule. `label` is the field's label as the person saw it.
pub(crate) fn message(component: &Component, label: &str, broken: &Broken) -> String {
    if let Some(own) = rule(broken).and_then(|rule| component.property(&format!("error.{rule}"))) {
        return own.to_owned();
    }
    let name = Name::of(component, label);
    let subject = name.subject();
    match broken {
        Broken::Required => required(component, &name),
        Broken::Min(least) => format!("{subject} must be {least} or more"),
        Broken::Max(most) => format!("{subject} must be {most} or less"),
        Broken::MinLength(1) => format!("{subject} must be at least 1 character"),
        Broken::MinLength(least) => {
            format!("{subject} must be {} characters or more", count(*least))
        }
        Broken::MaxLength(most) => {
            format!("{subject} must be {} characters or fewer", count(*most))
        }
        Broken::Pattern(Some(own)) => own.clone(),
        Broken::Pattern(None) => format!("{subject} is not in the right form"),
        Broken::Contact(Contact::Email) => {
            format!("{subject} must be an email address, like name@example.com")
        }
        Broken::Contact(Contact::Phone) => {
            format!("{subject} must be a telephone number, like 0772 123 456")
        }
        Broken::Decimals(0) => format!("{subject} must be a whole number"),
        Broken::Decimals(1) => format!("{subject} must have 1 decimal place or none"),
        Broken::Decimals(places) => format!("{subject} must have {places} decimal places or fewer"),
        Broken::Step(step) => format!("{subject} must be a multiple of {step}"),
        Broken::Past => format!("{subject} must be {} or later", now(component)),
        Broken::Future => format!("{subject} must be {} or earlier", now(component)),
        Broken::TooFewRows(least) => rows(component, &format!("Add at least {least}"), *least),
        Broken::TooManyRows(most) => rows(component, &format!("Keep at most {most}"), *most),
        Broken::Fault(fault) => wrong(&name, fault),
    }
}

fn now(component: &Component) -> &'static str {
    match component.question() {
        Some(Question::Moment(field)) if field.parts == Moment::Date => "today",
        _ => "now",
    }
}

fn required(component: &Component, name: &Name) -> String {
    let object = name.object();
    match component.question() {
        Some(Question::Choice { .. } | Question::Checklist { .. }) => format!("Select {object}"),
        Some(Question::Checkbox) => format!("Tick “{}”", name.label),
        Some(Question::Signature) => {
            format!("Tick the box and type your name: {}", name.label)
        }
        Some(Question::Text(_) | Question::Number(_) | Question::Moment(_)) | None => {
            format!("Enter {object}")
        }
    }
}

fn wrong(name: &Name, fault: &Fault) -> String {
    let subject = name.subject();
    match fault {
        Fault::Repeated => format!("{subject} was sent more than once; give one answer"),
        Fault::TooLong => format!(
            "{subject} must be {} characters or fewer",
            count(limits::TEXT_LENGTH)
        ),
        Fault::NotANumber => format!("{subject} must be a number, like 12"),
        Fault::UnknownOption(_) => format!("{subject} must be one of the options shown"),
        Fault::DateLacks(parts) if parts.len() == 3 => format!("{subject} must include a date"),
        Fault::DateLacks(parts) => format!("{subject} must include a {}", parts.join(" and a ")),
        Fault::NotADate => format!("{subject} must be a real date, like 12 11 2026"),
        Fault::NotATime => format!("{subject} must be a time, like 16:10 or 4.10pm"),
        Fault::TimeMissing => format!("{subject} must include a time, like 16:10"),
        Fault::NameMissing => format!("Type your name: {}", name.label),
        Fault::TickMissing => format!("Tick the box: {}", name.label),
    }
}

fn rows(component: &Component, opening: &str, number: usize) -> String {
    let Kind::List(list) = &component.kind else {
        return opening.to_owned();
    };
    let row = if list.row_label.is_empty() {
        "row"
    } else {
        list.row_label.as_str()
    };
    format!("{opening} {row}{}", if number == 1 { "" } else { "s" })
}

/// The name of a rule in `properties.error.{rule}`.
fn rule(broken: &Broken) -> Option<&'static str> {
    Some(match broken {
        Broken::Required => "required",
        Broken::Min(_) | Broken::TooFewRows(_) => "min",
        Broken::Max(_) | Broken::TooManyRows(_) => "max",
        Broken::MinLength(_) => "minLength",
        Broken::MaxLength(_) => "maxLength",
        Broken::Pattern(_) | Broken::Contact(_) => "pattern",
        Broken::Past => "past",
        Broken::Future => "future",
        Broken::Fault(Fault::NotANumber | Fault::NotADate | Fault::NotATime) => "type",
        Broken::Decimals(_) | Broken::Step(_) | Broken::Fault(_) => return None,
    })
}

/// How a question is spoken of: by `properties.name`, else by its label.
struct Name {
    label: String,
    noun: String,
    is_question: bool,
}

impl Name {
    fn of(component: &Component, label: &str) -> Name {
        let label = label.trim().trim_end_matches(':').to_owned();
        let own = component.property("name");
        Name {
            is_question: own.is_none() && label.ends_with('?'),
            noun: own.map_or_else(|| inside_sentence(&label), str::to_owned),
            label,
        }
    }

    /// "The date you saw the child", or "Your answer to “When?”".
    fn subject(&self) -> String {
        if self.is_question {
            format!("Your answer to “{}”", self.label)
        } else {
            at_start(&self.noun)
        }
    }

    /// "the date you saw the child", or "an answer to “When?”".
    fn object(&self) -> String {
        if self.is_question {
            format!("an answer to “{}”", self.label)
        } else {
            self.noun.clone()
        }
    }
}
