//! How values read to a person, and a label inside a sentence.

use crate::schema::{Moment, Question};
use crate::typed::moment;
use feel::{Environment, Value};
use jiff::civil::DateTime;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A value in one line of plain text; null is empty, items are parted by commas.
pub(crate) fn value(value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    match value.as_list() {
        Some(items) => items.iter().map(self::value).collect::<Vec<_>>().join(", "),
        None => value.to_string(),
    }
}

/// A value that no question explains: stored dates in words, yes and no for booleans.
pub(crate) fn plain(value: &Value, environment: &Environment) -> String {
    match (value.as_bool(), moment::stored(value, environment)) {
        (Some(yes), _) => if yes { "Yes" } else { "No" }.to_owned(),
        (_, Some(local)) if value.as_str().is_some_and(|text| text.contains('T')) => {
            date_and_time(local)
        }
        (_, Some(local)) => date(local),
        _ => self::value(value),
    }
}

/// An answer as the summary shows it, a line each: dates in words, options by their labels.
pub(crate) fn answer(
    question: &Question,
    value: &Value,
    options: &[crate::filled::Choice],
    environment: &Environment,
) -> Vec<String> {
    let label = |value: &Value| {
        let option = options.iter().find(|option| option.value == *value);
        option.map_or_else(|| self::value(value), |option| option.label.clone())
    };
    match question {
        Question::Checkbox => vec![
            if value.as_bool() == Some(true) {
                "Yes"
            } else {
                "No"
            }
            .to_owned(),
        ],
        _ if crate::typed::is_empty(value) => Vec::new(),
        Question::Choice { .. } => vec![label(value)],
        Question::Checklist { .. } => value
            .as_list()
            .unwrap_or_default()
            .iter()
            .map(label)
            .collect(),
        Question::Moment(field) => match field.parts {
            Moment::Time => moment::stored_time(value)
                .map(|time| format!("{:02}:{:02}", time.hour(), time.minute())),
            Moment::Date => moment::stored(value, environment).map(date),
            Moment::Both => moment::stored(value, environment).map(date_and_time),
        }
        .into_iter()
        .collect(),
        Question::Signature => {
            let part = |name: &str| {
                value
                    .as_context()
                    .and_then(|signature| signature.get(name))
                    .cloned()
            };
            let at = part("at")
                .and_then(|at| moment::stored(&at, environment))
                .map(date_and_time);
            let name = part("name")
                .map(|name| self::value(&name))
                .unwrap_or_default();
            vec![match at {
                Some(at) => format!("{name}, {at}"),
                None => name,
            }]
        }
        Question::Number(field) => vec![format!(
            "{}{}{}",
            field.prefix,
            self::value(value),
            spaced_before(&field.suffix)
        )],
        Question::Text(field) if !field.long => vec![format!(
            "{}{}{}",
            field.prefix,
            self::value(value),
            spaced_before(&field.suffix)
        )],
        Question::Text(_) => self::value(value).lines().map(str::to_owned).collect(),
    }
}

fn spaced_before(suffix: &str) -> String {
    if suffix.is_empty() || suffix == "%" {
        suffix.to_owned()
    } else {
        format!(" {suffix}")
    }
}

/// `12 November 2026`.
pub(crate) fn date(moment: DateTime) -> String {
    let month = MONTHS
        .get(usize::from(moment.month().unsigned_abs()).wrapping_sub(1))
        .unwrap_or(&"");
    format!("{} {month} {}", moment.day(), moment.year())
}

/// `12 November 2026, 16:10`.
pub(crate) fn date_and_time(moment: DateTime) -> String {
    format!(
        "{}, {:02}:{:02}",
        date(moment),
        moment.hour(),
        moment.minute()
    )
}

/// A whole number with commas between thousands: `2,771`.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for group in digits.as_bytes()[first..].chunks(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend(group.iter().map(|digit| char::from(*digit)));
    }
    text
}

/// A label in the middle of a sentence: `Date of birth` becomes `date of birth`, `NIN` and `I agree` stay.
pub(crate) fn inside_sentence(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second))
            if first != 'I' && first.is_uppercase() && second.is_lowercase() =>
        {
            first.to_lowercase().chain(label.chars().skip(1)).collect()
        }
        (Some('I'), Some(second)) if second.is_lowercase() => {
            "i".chars().chain(label.chars().skip(1)).collect()
        }
        (Some('A'), Some(' ')) => format!("a{}", &label[1..]),
        _ => label.to_owned(),
    }
}

/// The first letter as a capital.
pub(crate) fn at_start(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_lowered_inside_a_sentence_unless_they_are_names() {
        let cases = [
            ("Date of birth", "date of birth"),
            ("NIN or refugee number", "NIN or refugee number"),
            ("I agree", "I agree"),
            ("Immediate action", "immediate action"),
            ("A goal", "a goal"),
            ("", ""),
        ];
        for (label, expected) in cases {
            assert_eq!(inside_sentence(label), expected);
        }
    }

    #[test]
    fn counts_have_commas_between_thousands() {
        let cases = [
            (0, "0"),
            (15, "15"),
            (771, "771"),
            (2771, "2,771"),
            (100_000, "100,000"),
            (1_234_567, "1,234,567"),
        ];
        for (number, expected) in cases {
            assert_eq!(count(number), expected);
        }
    }
}
