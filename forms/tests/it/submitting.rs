//! Completing: what was typed becomes variables, or a message that names the field.

use crate::sample::{form, submit};

fn check(components: &str, posted: &[(&str, &str)], expected: Result<&str, &[&str]>) {
    let expected = expected.map(str::to_owned).map_err(|messages| {
        messages
            .iter()
            .map(|&message| message.to_owned())
            .collect::<Vec<_>>()
    });
    assert_eq!(
        submit(&form(components), "{}", posted),
        expected,
        "{components} {posted:?}"
    );
}

#[test]
fn answers_become_values_of_the_fields_type() {
    let name = r#"{"type": "textfield", "key": "a", "label": "Name"}"#;
    check(name, &[("a", " Amara ")], Ok(r#"{"a":"Amara"}"#));
    check(name, &[("a", "")], Ok(r#"{"a":null}"#));
    check(name, &[], Ok(r#"{"a":null}"#));
    let age = r#"{"type": "number", "key": "a", "label": "Age"}"#;
    check(age, &[("a", "7")], Ok(r#"{"a":7}"#));
    check(age, &[("a", "1,250.50")], Ok(r#"{"a":1250.5}"#));
    let date = r#"{"type": "datetime", "key": "a", "label": "Date"}"#;
    check(
        date,
        &[("a-day", "12"), ("a-month", "11"), ("a-year", "2026")],
        Ok(r#"{"a":"2026-11-12"}"#),
    );
    check(
        date,
        &[("a-day", "12 Nov 2026"), ("a-month", ""), ("a-year", "")],
        Ok(r#"{"a":"2026-11-12"}"#),
    );
    let time = r#"{"type": "datetime", "subtype": "time", "key": "a", "label": "Time"}"#;
    check(time, &[("a", "4.10pm")], Ok(r#"{"a":"16:10:00"}"#));
    let both = r#"{"type": "datetime", "subtype": "datetime", "key": "a", "label": "When"}"#;
    check(
        both,
        &[("a-day", "12/11/26"), ("a-time", "16:10")],
        Ok(r#"{"a":"2026-11-12T16:10:00+03:00"}"#),
    );
    let tick = r#"{"type": "checkbox", "key": "a", "label": "Urgent"}"#;
    check(tick, &[("a", ""), ("a", "true")], Ok(r#"{"a":true}"#));
    check(tick, &[("a", "")], Ok(r#"{"a":false}"#));
    let many = r#"{"type": "checklist", "key": "a", "label": "Needs", "values": [{"value": "x", "label": "X"}, {"value": "y", "label": "Y"}]}"#;
    check(
        many,
        &[("a", ""), ("a", "y"), ("a", "x"), ("a", "x")],
        Ok(r#"{"a":["x","y"]}"#),
    );
    check(many, &[("a", "")], Ok(r#"{"a":[]}"#));
    let one = r#"{"type": "radio", "key": "a", "label": "Level", "values": [{"value": 1, "label": "One"}, {"value": true, "label": "Yes"}]}"#;
    check(one, &[("a", "1")], Ok(r#"{"a":1}"#));
    check(one, &[("a", "true")], Ok(r#"{"a":true}"#));
    let code = r#"{"type": "number", "key": "a", "label": "Code", "serializeToString": true}"#;
    check(code, &[("a", "7")], Ok(r#"{"a":"7"}"#));
    let signed = r#"{"type": "textfield", "key": "a", "label": "Sign", "properties": {"widget": "signature"}}"#;
    check(
        signed,
        &[("a-agreed", "true"), ("a-name", "Grace Auma")],
        Ok(r#"{"a":{"at":"2026-11-22T10:42:00+03:00","name":"Grace Auma"}}"#),
    );
}

#[test]
fn an_answer_of_the_wrong_type_is_an_error_that_names_the_field() {
    check(
        r#"{"type": "number", "key": "a", "label": "Age in years"}"#,
        &[("a", "seven")],
        Err(&["Age in years must be a number, like 12"]),
    );
    let one = r#"{"type": "select", "key": "a", "label": "Living with", "values": [{"value": "kin", "label": "Kin"}]}"#;
    check(
        one,
        &[("a", "wolves")],
        Err(&["Living with must be one of the options shown"]),
    );
    check(
        one,
        &[("a", "kin"), ("a", "kin")],
        Err(&["Living with was sent more than once; give one answer"]),
    );
    let many = one.replace("select", "checklist");
    check(
        &many,
        &[("a", "wolves")],
        Err(&["Living with must be one of the options shown"]),
    );
    let date = r#"{"type": "datetime", "key": "a", "label": "Date of birth"}"#;
    check(
        date,
        &[("a-day", "31"), ("a-month", "feb"), ("a-year", "2026")],
        Err(&["Date of birth must be a real date, like 12 11 2026"]),
    );
    check(
        date,
        &[("a-day", "31"), ("a-year", "2026")],
        Err(&["Date of birth must include a month"]),
    );
    check(
        date,
        &[("a-day", "31")],
        Err(&["Date of birth must include a month and a year"]),
    );
    let both = r#"{"type": "datetime", "subtype": "datetime", "key": "a", "label": "Reported"}"#;
    check(
        both,
        &[("a-day", "12/11/26")],
        Err(&["Reported must include a time, like 16:10"]),
    );
    check(
        both,
        &[("a-day", "12/11/26"), ("a-time", "soon")],
        Err(&["Reported must be a time, like 16:10 or 4.10pm"]),
    );
    let long = "x".repeat(forms::limits::TEXT_LENGTH + 1);
    check(
        r#"{"type": "textarea", "key": "a", "label": "Story"}"#,
        &[("a", &long)],
        Err(&["Story must be 100,000 characters or fewer"]),
    );
    let signed = r#"{"type": "textfield", "key": "a", "label": "I approve", "properties": {"widget": "signature"}}"#;
    check(
        signed,
        &[("a-agreed", "true")],
        Err(&["Type your name: I approve"]),
    );
    check(
        signed,
        &[("a-name", "Grace")],
        Err(&["Tick the box: I approve"]),
    );
}

#[test]
fn a_required_answer_that_is_missing_is_asked_for_in_plain_words() {
    let field = |kind: &str, label: &str, more: &str| {
        format!(
            r#"{{"type": "{kind}", "key": "a", "label": "{label}", "validate": {{"required": true}}{more}}}"#
        )
    };
    let options = r#", "values": [{"value": "x", "label": "X"}]"#;
    check(
        &field("textfield", "Child's name", ""),
        &[("a", "  ")],
        Err(&["Enter child's name"]),
    );
    check(&field("textfield", "NIN", ""), &[], Err(&["Enter NIN"]));
    check(
        &field(
            "datetime",
            "When?",
            r#", "properties": {"name": "the date you saw the child"}"#,
        ),
        &[],
        Err(&["Enter the date you saw the child"]),
    );
    check(
        &field("textarea", "Why did it happen?", ""),
        &[],
        Err(&["Enter an answer to “Why did it happen?”"]),
    );
    check(&field("radio", "Sex", options), &[], Err(&["Select sex"]));
    check(
        &field("checklist", "Languages", options),
        &[("a", "")],
        Err(&["Select languages"]),
    );
    check(
        &field("checkbox", "I have shared this", ""),
        &[("a", "")],
        Err(&["Tick “I have shared this”"]),
    );
    check(
        &field(
            "number",
            "Age",
            r#", "properties": {"error.required": "How old is she?"}"#,
        ),
        &[],
        Err(&["How old is she?"]),
    );
    check(
        &field("checkbox", "Urgent", ""),
        &[("a", ""), ("a", "true")],
        Ok(r#"{"a":true}"#),
    );
}

#[test]
fn rules_are_checked_with_their_numbers_in_the_message() {
    let field = |kind: &str, rules: &str, more: &str| {
        format!(
            r#"{{"type": "{kind}", "key": "a", "label": "Age", "validate": {{{rules}}}{more}}}"#
        )
    };
    let range = field(
        "number",
        r#""min": 0, "max": 17"#,
        r#", "decimalDigits": 0"#,
    );
    check(&range, &[("a", "17")], Ok(r#"{"a":17}"#));
    check(&range, &[("a", "18")], Err(&["Age must be 17 or less"]));
    check(&range, &[("a", "-1")], Err(&["Age must be 0 or more"]));
    check(
        &range,
        &[("a", "1.5")],
        Err(&["Age must be a whole number"]),
    );
    check(&range, &[("a", "")], Ok(r#"{"a":null}"#));
    check(
        &field("number", "", r#", "increment": 0.5"#),
        &[("a", "1.3")],
        Err(&["Age must be a multiple of 0.5"]),
    );
    check(
        &field("number", "", r#", "decimalDigits": 2"#),
        &[("a", "1.333")],
        Err(&["Age must have 2 decimal places or fewer"]),
    );
    let length = field("textfield", r#""minLength": 3, "maxLength": 5"#, "");
    check(
        &length,
        &[("a", "ab ")],
        Err(&["Age must be 3 characters or more"]),
    );
    check(
        &length,
        &[("a", "ábçdéf")],
        Err(&["Age must be 5 characters or fewer"]),
    );
    check(&length, &[("a", "ábçdé")], Ok(r#"{"a":"ábçdé"}"#));
    let pattern = field(
        "textfield",
        r#""pattern": "^CM[0-9]+$", "patternErrorMessage": "Enter a NIN that begins with CM""#,
        "",
    );
    check(&pattern, &[("a", "CM12")], Ok(r#"{"a":"CM12"}"#));
    check(
        &pattern,
        &[("a", "12")],
        Err(&["Enter a NIN that begins with CM"]),
    );
    let mail = field("textfield", r#""validationType": "email""#, "");
    check(
        &mail,
        &[("a", "grace@example.org")],
        Ok(r#"{"a":"grace@example.org"}"#),
    );
    check(
        &mail,
        &[("a", "grace@example")],
        Err(&["Age must be an email address, like name@example.com"]),
    );
    let phone = field("textfield", r#""validationType": "phone""#, "");
    check(
        &phone,
        &[("a", "+256 772 123 456")],
        Ok(r#"{"a":"+256 772 123 456"}"#),
    );
    check(
        &phone,
        &[("a", "call me")],
        Err(&["Age must be a telephone number, like 0772 123 456"]),
    );
}

#[test]
fn dates_may_be_kept_out_of_past_or_future() {
    let date = |more: &str| format!(r#"{{"type": "datetime", "key": "a", "label": "Date"{more}}}"#);
    let seen = date(r#", "properties": {"notFuture": "true"}"#);
    check(
        &seen,
        &[("a-day", "22/11/2026")],
        Ok(r#"{"a":"2026-11-22"}"#),
    );
    check(
        &seen,
        &[("a-day", "23/11/2026")],
        Err(&["Date must be today or earlier"]),
    );
    let next = date(r#", "disallowPassedDates": true"#);
    check(
        &next,
        &[("a-day", "22/11/2026")],
        Ok(r#"{"a":"2026-11-22"}"#),
    );
    check(
        &next,
        &[("a-day", "21/11/2026")],
        Err(&["Date must be today or later"]),
    );
    let moment = date(r#", "subtype": "datetime", "properties": {"notFuture": "true"}"#);
    check(
        &moment,
        &[("a-day", "22/11/2026"), ("a-time", "10:42")],
        Ok(r#"{"a":"2026-11-22T10:42:00+03:00"}"#),
    );
    check(
        &moment,
        &[("a-day", "22/11/2026"), ("a-time", "10:43")],
        Err(&["Date must be now or earlier"]),
    );
}

#[test]
fn all_errors_come_at_once_in_the_order_of_the_page() {
    let fields = r#"{"type": "number", "key": "a", "label": "Age"}, {"type": "textfield", "key": "b", "label": "Name", "validate": {"required": true}}"#;
    check(
        fields,
        &[("a", "x")],
        Err(&["Age must be a number, like 12", "Enter name"]),
    );
}

#[test]
fn hidden_answers_are_removed_and_never_required() {
    let fields = r#"{"type": "radio", "key": "seen", "label": "Seen", "values": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]},
        {"type": "textfield", "key": "where", "label": "Where", "validate": {"required": true}, "conditional": {"hide": "=seen != \"yes\""}},
        {"type": "group", "path": "why", "conditional": {"hide": "=seen != \"no\""}, "components": [{"type": "textfield", "key": "reason", "label": "Reason"}]}"#;
    check(
        fields,
        &[("seen", "yes"), ("where", "home"), ("why.reason", "x")],
        Ok(r#"{"seen":"yes","where":"home"}"#),
    );
    check(
        fields,
        &[("seen", "no"), ("where", "home"), ("why.reason", "x")],
        Ok(r#"{"seen":"no","why":{"reason":"x"}}"#),
    );
    check(fields, &[("seen", "yes")], Err(&["Enter where"]));
    check(fields, &[("where", "home")], Ok(r#"{"seen":null}"#));
}

#[test]
fn names_that_are_not_the_forms_are_ignored() {
    let name = r#"{"type": "textfield", "key": "a", "label": "Name"}"#;
    check(
        name,
        &[
            ("a", "x"),
            ("is_admin", "true"),
            ("a.b", "y"),
            ("a[n1]", "z"),
            ("__proto__", "1"),
            ("", ""),
        ],
        Ok(r#"{"a":"x"}"#),
    );
}
