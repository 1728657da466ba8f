//! Numbers as people write them.

use super::Fault;
use crate::schema::NumberField;
use feel::{Number, Value};

/// Significant digits of a number of FEEL (DMN 1.5, 10.3.2.3.1).
const DIGITS_MAX: usize = 34;

/// `1,250.50`, `1 250,5`, `£12`, `12%`: separators between thousands and the field's own prefix and suffix are ignored.
pub(super) fn read(field: &NumberField, text: &str) -> Result<Value, Fault> {
    let text = text
        .strip_prefix(field.prefix.as_str())
        .unwrap_or(text)
        .trim();
    let text = text
        .strip_suffix(field.suffix.as_str())
        .unwrap_or(text)
        .trim();
    let number: Number = plain(text)
        .filter(|plain| fits(plain))
        .and_then(|plain| plain.parse().ok())
        .ok_or(Fault::NotANumber)?;
    match field.as_text {
        true => Ok(Value::from(number.to_string())),
        false => Ok(Value::from(number).into_json_like()),
    }
}

/// Whether a number holds all digits: more than FEEL's 34 would be rounded, and nothing typed is changed in silence.
fn fits(plain: &str) -> bool {
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').len() <= DIGITS_MAX
}

/// Digits, one point, perhaps a minus: what FEEL reads.
fn plain(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '\u{a0}')
        .collect();
    let text = text.replace('\u{2212}', "-");
    let allowed = text.strip_prefix('-').unwrap_or(&text);
    if allowed.is_empty()
        || !allowed
            .chars()
            .all(|letter| letter.is_ascii_digit() || letter == '.' || letter == ',')
    {
        return None;
    }
    match (text.matches(',').count(), text.matches('.').count()) {
        (0, 0 | 1) => Some(text),
        // One comma is a decimal comma, unless exactly three digits follow: then it parts thousands.
        (1, 0) if !is_thousands(&text) => Some(text.replace(',', ".")),
        (_, 0 | 1)
            if is_thousands(text.split('.').next()?)
                && !text.split('.').skip(1).any(|part| part.contains(',')) =>
        {
            Some(text.replace(',', ""))
        }
        _ => None,
    }
}

/// `1,250` and `12,345,678`: groups of three after the first comma.
fn is_thousands(text: &str) -> bool {
    let mut groups = text.trim_start_matches('-').split(',');
    let first = groups
        .next()
        .is_some_and(|group| (1..=3).contains(&group.len()));
    first && groups.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let read = read(&NumberField::default(), text)
            .ok()
            .map(|value| value.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        check("12", Some("12"));
        check("-3.5", Some("-3.5"));
        check("3,5", Some("3.5"));
        check("1,250", Some("1250"));
        check("1,250.50", Some("1250.5"));
        check("1 250 000", Some("1250000"));
        check("12,345,678", Some("12345678"));
        check(".5", Some("0.5"));
    }

    #[test]
    fn what_is_no_number_is_a_fault() {
        for text in [
            "twelve",
            "1e3",
            "1.2.3",
            "1,2,3",
            "--1",
            "-",
            ".",
            "12 apples",
            "1.250,5",
            "\u{0663}",
        ] {
            check(text, None);
        }
        check(&"9".repeat(60), None);
    }

    #[test]
    fn the_fields_own_signs_may_be_typed_along() {
        let money = NumberField {
            prefix: "UGX".into(),
            suffix: "%".into(),
            ..NumberField::default()
        };
        assert_eq!(
            read(&money, "UGX 1,000").expect("a number"),
            Value::from(1000)
        );
        let code = NumberField {
            as_text: true,
            ..NumberField::default()
        };
        assert_eq!(read(&code, "7").expect("a number"), Value::from("7"));
    }
}
