//! From what a person typed to a value and back, for each kind of question.

pub(crate) mod moment;
mod number;

use crate::filled::Choice;
use crate::limits;
use crate::schema::{Moment, Question};
use feel::{Context, Environment, Value};

/// Why a typed answer has no value. Wording is for [`crate::messages`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A single answer was sent several times.
    Repeated,
    /// Longer than [`limits::TEXT_LENGTH`].
    TooLong,
    NotANumber,
    /// None of the options on offer.
    UnknownOption(String),
    /// A date of which these parts are missing: "month" and so on.
    DateLacks(Vec<&'static str>),
    /// A date that no calendar has.
    NotADate,
    NotATime,
    /// A date without its time.
    TimeMissing,
    /// A tick without a name.
    NameMissing,
    /// A name without a tick.
    TickMissing,
}

/// The texts of a question's inputs, in the order of [`crate::post::parts`].
pub(crate) type Texts = Vec<Vec<String>>;

/// The value of typed texts; nothing typed is null. `options` are those of a choice.
pub(crate) fn read(
    question: &Question,
    texts: &Texts,
    options: &[Choice],
    environment: &Environment,
) -> Result<Value, Fault> {
    if texts
        .iter()
        .flatten()
        .any(|text| text.chars().count() > limits::TEXT_LENGTH)
    {
        return Err(Fault::TooLong);
    }
    if let Question::Checklist { .. } = question {
        let chosen = texts
            .first()
            .into_iter()
            .flatten()
            .map(|text| chosen(text, options));
        let chosen = chosen.collect::<Result<Vec<_>, _>>()?;
        // In the order of the options, each once.
        let ordered = options
            .iter()
            .map(|option| option.value.clone())
            .filter(|value| chosen.contains(value));
        return Ok(Value::from(ordered.collect::<Vec<_>>()));
    }
    if texts.iter().any(|part| part.len() > 1) {
        return Err(Fault::Repeated);
    }
    let part = |place: usize| {
        texts
            .get(place)
            .and_then(|part| part.first())
            .map_or("", |text| text.trim())
    };
    match question {
        Question::Moment(field) => moment::read(
            field.parts,
            [part(0), part(1), part(2), part(3)],
            environment,
        ),
        Question::Signature => signature(part(0), part(1), environment),
        Question::Checkbox => Ok(Value::from(!part(0).is_empty())),
        _ if part(0).is_empty() => Ok(Value::Null),
        Question::Number(field) => number::read(field, part(0)),
        Question::Choice { .. } => chosen(part(0), options),
        Question::Text(field) if field.long => Ok(Value::from(texts[0][0].trim_end())),
        Question::Text(_) => Ok(Value::from(part(0))),
        Question::Checklist { .. } => Ok(Value::Null),
    }
}

/// The texts that show a value in the question's inputs.
pub(crate) fn write(question: &Question, value: &Value, environment: &Environment) -> Texts {
    let one = |text: String| {
        vec![if text.is_empty() {
            Vec::new()
        } else {
            vec![text]
        }]
    };
    match question {
        Question::Moment(field) => moment::write(field.parts, value, environment),
        Question::Signature => {
            let name = value
                .as_context()
                .and_then(|signature| signature.get("name"))
                .and_then(Value::as_str);
            let agreed = if name.is_some() {
                vec!["true".to_owned()]
            } else {
                Vec::new()
            };
            vec![agreed, name.map(str::to_owned).into_iter().collect()]
        }
        Question::Checkbox => one(if value.as_bool() == Some(true) {
            "true".to_owned()
        } else {
            String::new()
        }),
        Question::Checklist { .. } => {
            vec![
                value
                    .as_list()
                    .unwrap_or_default()
                    .iter()
                    .map(crate::words::value)
                    .collect(),
            ]
        }
        Question::Text(_) | Question::Number(_) | Question::Choice { .. } => {
            one(crate::words::value(value))
        }
    }
}

/// What a variable gives as the first answer: the same value where its type fits the question, else null.
pub(crate) fn adopt(
    question: &Question,
    value: &Value,
    options: &[Choice],
    environment: &Environment,
) -> Value {
    let known = |value: &Value| options.iter().any(|option| option.value == *value);
    match question {
        Question::Checkbox => Value::from(value.as_bool() == Some(true)),
        Question::Checklist { .. } => {
            let items = value
                .as_list()
                .unwrap_or_default()
                .iter()
                .filter(|item| known(item))
                .cloned();
            Value::from(items.collect::<Vec<_>>())
        }
        Question::Choice { .. } if !known(value) => Value::Null,
        Question::Signature if value.as_context().is_some() => value.clone(),
        Question::Moment(_) | Question::Number(_) => read(
            question,
            &write(question, value, environment),
            options,
            environment,
        )
        .unwrap_or(Value::Null),
        Question::Text(_) if value.as_str().is_some() => value.clone(),
        Question::Text(_) if value.as_number().is_some() => Value::from(crate::words::value(value)),
        Question::Choice { .. } => value.clone(),
        Question::Text(_) | Question::Signature => Value::Null,
    }
}

fn chosen(text: &str, options: &[Choice]) -> Result<Value, Fault> {
    let option = options.iter().find(|option| option.text == text);
    option
        .map(|option| option.value.clone())
        .ok_or_else(|| Fault::UnknownOption(text.to_owned()))
}

fn signature(agreed: &str, name: &str, environment: &Environment) -> Result<Value, Fault> {
    match (agreed.is_empty(), name.is_empty()) {
        (true, true) => Ok(Value::Null),
        (false, true) => Err(Fault::NameMissing),
        (true, false) => Err(Fault::TickMissing),
        (false, false) => {
            let at = moment::iso(environment.zone.to_datetime(environment.now), environment);
            Ok(Value::from(Context::from([
                ("name", Value::from(name)),
                ("at", Value::from(at)),
            ])))
        }
    }
}

/// Whether an answer counts as none: null, empty text, empty list, unticked box.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Boolean(ticked) => !ticked,
        Value::String(text) => text.trim().is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Number(_)
        | Value::Context(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Far(_)
        | Value::DaysDuration(_)
        | Value::YearsDuration(_)
        | Value::Range(_)
        | Value::Function(_) => false,
    }
}

/// Which input of a question a fault is about, as a place in [`crate::post::parts`].
pub(crate) fn faulty_part(question: &Question, fault: Option<&Fault>) -> usize {
    match (question, fault) {
        (Question::Moment(field), Some(Fault::DateLacks(parts))) if field.parts != Moment::Time => {
            match parts.first() {
                Some(&"month") => 1,
                Some(&"year") => 2,
                _ => 0,
            }
        }
        (Question::Moment(field), Some(Fault::NotATime | Fault::TimeMissing))
            if field.parts == Moment::Both =>
        {
            3
        }
        (Question::Signature, Some(Fault::NameMissing)) => 1,
        _ => 0,
    }
}
