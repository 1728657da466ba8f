//! Filling: variables prefill, drafts stay, what can be worked out is worked out.

use crate::sample::{
    RENDERER, context, environment, form, html, html_of_post, pairs, submit, view,
};
use forms::{Answers, Control, Mode};

#[test]
fn variables_prefill_fields_where_their_type_fits() {
    let form = form(
        r#"{"type": "textfield", "key": "name", "label": "Name"}, {"type": "number", "key": "age", "label": "Age"},
           {"type": "datetime", "key": "born", "label": "Born"}, {"type": "radio", "key": "sex", "label": "Sex", "values": [{"value": "f", "label": "F"}]}"#,
    );
    let fits = r#"{"name": "Amara", "age": 7, "born": "2019-07-03", "sex": "f"}"#;
    assert_eq!(
        submit(&form, fits, &[]).unwrap(),
        r#"{"age":7,"born":"2019-07-03","name":"Amara","sex":"f"}"#
    );
    let wrong = r#"{"name": [1], "age": "old", "born": true, "sex": "unknown"}"#;
    assert_eq!(
        submit(&form, wrong, &[]).unwrap(),
        r#"{"age":null,"born":null,"name":null,"sex":null}"#
    );
    let page = html(&form, fits);
    for part in [
        r#"value="Amara""#,
        r#"value="7""#,
        r#"name="born-day" type="text" autocomplete="off" value="3""#,
        r#"value="f" checked"#,
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn what_was_typed_wins_over_variables_and_an_emptied_field_stays_empty() {
    let form =
        form(r#"{"type": "textfield", "key": "name", "label": "Name", "defaultValue": "nobody"}"#);
    assert_eq!(
        submit(&form, r#"{"name": "Amara"}"#, &[("name", "Joy")]).unwrap(),
        r#"{"name":"Joy"}"#
    );
    assert_eq!(
        submit(&form, r#"{"name": "Amara"}"#, &[("name", "")]).unwrap(),
        r#"{"name":null}"#
    );
    assert_eq!(submit(&form, "{}", &[]).unwrap(), r#"{"name":"nobody"}"#);
}

#[test]
fn a_draft_keeps_wrong_text_as_it_was_typed() {
    let form = form(
        r#"{"type": "datetime", "key": "seen", "label": "Seen"}, {"type": "number", "key": "age", "label": "Age"}"#,
    );
    let answers = form.parse_post(&pairs(&[
        ("seen-day", "31"),
        ("seen-month", "feb"),
        ("seen-year", "2026"),
        ("age", "seven"),
    ]));
    let stored: Answers = serde_json::from_str(&serde_json::to_string(&answers).unwrap()).unwrap();
    assert_eq!(stored, answers);
    let page = html_of_post(
        &form,
        &[("seen-day", "31"), ("seen-month", "feb"), ("age", "seven")],
        Mode::Edit,
    );
    for part in [r#"value="31""#, r#"value="feb""#, r#"value="seven""#] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        !page.contains("govuk-error-message"),
        "a draft is never blamed"
    );
}

#[test]
fn a_hidden_answer_comes_back_when_its_question_does() {
    let form = form(
        r#"{"type": "select", "key": "risk", "label": "Risk", "values": [{"value": "high", "label": "High"}, {"value": "low", "label": "Low"}]},
           {"type": "number", "key": "points", "label": "Points"},
           {"type": "textfield", "key": "plan", "label": "Plan", "conditional": {"hide": "=points < 3"}}"#,
    );
    let first = form.parse_post(&pairs(&[("points", "5"), ("plan", "Safe house")]));
    // The page without the question posts only the others.
    let second = first.merged_with(form.parse_post(&pairs(&[("points", "1")])));
    let variables = context("{}");
    assert_eq!(
        crate::sample::json(form.submit(&second, &variables, &environment()).unwrap()),
        r#"{"points":1,"risk":null}"#
    );
    let third = second.merged_with(form.parse_post(&pairs(&[("points", "4")])));
    assert_eq!(
        crate::sample::json(form.submit(&third, &variables, &environment()).unwrap()),
        r#"{"plan":"Safe house","points":4,"risk":null}"#
    );
}

#[test]
fn computed_values_follow_their_order_not_that_of_the_page() {
    let form = form(
        r#"{"type": "expression", "key": "level", "label": "Level", "expression": "=if points >= 4 then \"high\" else \"low\""},
           {"type": "expression", "key": "points", "label": "Points", "expression": "=(if threat then 3 else 0) + (if alone then 2 else 0)"},
           {"type": "checkbox", "key": "threat", "label": "Threat"}, {"type": "checkbox", "key": "alone", "label": "Alone"}"#,
    );
    let high = submit(&form, "{}", &[("threat", "true"), ("alone", "true")]).unwrap();
    assert_eq!(
        high,
        r#"{"alone":true,"level":"high","points":5,"threat":true}"#
    );
    let low = submit(
        &form,
        "{}",
        &[("threat", "true"), ("points", "99"), ("level", "high")],
    )
    .unwrap();
    assert_eq!(
        low,
        r#"{"alone":false,"level":"low","points":3,"threat":true}"#
    );
}

#[test]
fn hidden_answers_do_not_count_in_computed_values() {
    let form = form(
        r#"{"type": "checkbox", "key": "more", "label": "More"},
           {"type": "number", "key": "extra", "label": "Extra", "conditional": {"hide": "=more != true"}},
           {"type": "expression", "key": "total", "label": "Total", "expression": "=1 + (if extra = null then 0 else extra)"}"#,
    );
    assert_eq!(
        submit(&form, "{}", &[("more", "true"), ("extra", "5")]).unwrap(),
        r#"{"extra":5,"more":true,"total":6}"#
    );
    assert_eq!(
        submit(&form, "{}", &[("more", ""), ("extra", "5")]).unwrap(),
        r#"{"more":false,"total":1}"#
    );
}

#[test]
fn conditions_see_computed_values_and_only_true_hides() {
    let field = |hide: &str| {
        form(&format!(
            r#"{{"type": "expression", "key": "sum", "label": "Sum", "expression": "=1 + 1"}},
               {{"type": "textfield", "key": "a", "label": "A", "conditional": {{"hide": "{hide}"}}}}"#
        ))
    };
    let hides = |hide: &str| !submit(&field(hide), "{}", &[]).unwrap().contains("\"a\"");
    assert!(hides("=sum = 2"));
    assert!(!hides("=sum = 3"));
    assert!(!hides("=missing > 3"), "null shows");
    assert!(!hides(r#"=\"true\""#), "only true hides");
}

#[test]
fn options_may_come_from_the_data() {
    let form = form(
        r#"{"type": "select", "key": "goal", "label": "Goal", "valuesKey": "plan.goals"},
           {"type": "checklist", "key": "who", "label": "Who", "valuesExpression": "=for p in people return {value: p.id, label: p.name}"}"#,
    );
    let variables = r#"{"plan": {"goals": ["safe", {"value": 2, "label": "In school"}]}, "people": [{"id": "p1", "name": "Ngozi"}], "goal": "gone"}"#;
    let page = html(&form, variables);
    for part in [
        r#"<option value="safe">safe</option>"#,
        r#"<option value="2">In school</option>"#,
        r#"value="p1"><label"#,
        ">Ngozi</label>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_eq!(
        submit(&form, variables, &[("goal", "2"), ("who", "p1")]).unwrap(),
        r#"{"goal":2,"who":["p1"]}"#
    );
    assert_eq!(
        submit(&form, variables, &[("who", "p2")]).unwrap_err(),
        ["Who must be one of the options shown"]
    );
}

#[test]
fn bounds_may_be_feel_over_the_answers() {
    let form = form(
        r#"{"type": "number", "key": "least", "label": "Least"},
           {"type": "number", "key": "most", "label": "Most", "validate": {"min": "=least"}}"#,
    );
    assert_eq!(
        submit(&form, "{}", &[("least", "5"), ("most", "3")]).unwrap_err(),
        ["Most must be 5 or more"]
    );
    assert!(submit(&form, "{}", &[("most", "3")]).is_ok());
}

#[test]
fn read_only_fields_are_submitted_from_the_record_whatever_the_browser_sends() {
    let form = form(
        r#"{"type": "textfield", "key": "ref", "label": "Reference", "readonly": true},
           {"type": "textfield", "key": "note", "label": "Note", "readonly": "=locked"},
           {"type": "textfield", "key": "off", "label": "Off", "disabled": true, "validate": {"required": true}}"#,
    );
    let variables = r#"{"ref": "CW-1", "note": "old", "locked": true, "off": "x"}"#;
    let posted = [("ref", "CW-2"), ("note", "new"), ("off", "y")];
    assert_eq!(
        submit(&form, variables, &posted).unwrap(),
        r#"{"note":"old","ref":"CW-1"}"#
    );
    assert_eq!(
        submit(&form, r#"{"ref": "CW-1"}"#, &posted).unwrap(),
        r#"{"note":"new","ref":"CW-1"}"#
    );
    assert!(!html(&form, variables).contains("<input class=\"govuk-input"));
}

#[test]
fn labels_and_texts_may_speak_of_the_data_without_becoming_markup() {
    let form = form(
        r###"{"type": "textfield", "key": "a", "label": "When did you see {{name}}?", "description": "=\"Born \" + born"},
           {"type": "text", "text": "## About {{name}}\n\n**Bold** <script>alert(1)</script>"}"###,
    );
    let page = html(&form, r#"{"name": "*Amara* <b>", "born": "2019"}"#);
    assert!(
        page.contains("When did you see *Amara* &lt;b&gt;?"),
        "{page}"
    );
    assert!(page.contains("Born 2019"));
    assert!(page.contains("<h3>About *Amara* &lt;b&gt;</h3>"), "{page}");
    assert!(page.contains("<strong>Bold</strong>") && !page.contains("<script"));
}

#[test]
fn a_suggestion_stands_under_its_field_by_the_label_of_the_option() {
    let form = form(
        r#"{"type": "expression", "key": "suggested", "label": "Suggested", "expression": "=if points > 4 then \"high\" else \"low\""},
           {"type": "radio", "key": "level", "label": "Level", "values": [{"value": "high", "label": "High risk"}, {"value": "low", "label": "Low risk"}],
            "properties": {"widget": "decision", "suggestion": "=suggested"}}"#,
    );
    let page = html(&form, r#"{"points": 9}"#);
    assert!(
        page.contains(
            "The answers so far suggest “High risk”. You decide; say why if you choose differently."
        ),
        "{page}"
    );
    assert!(page.contains(r#"aria-describedby="level-notice""#));
}

/// A level that the decision `risk` suggests, and the question why another one was chosen.
fn advised() -> forms::Form {
    form(
        r#"{"type": "group", "label": "Decide", "path": "decided", "components": [
           {"type": "radio", "key": "level", "label": "Level", "values": [{"value": "high", "label": "High risk"}, {"value": "low", "label": "Low risk"}],
            "properties": {"widget": "decision", "suggestion": "=suggested", "decision": "risk", "reason": "why"}},
           {"type": "textarea", "key": "why", "label": "Why?", "conditional": {"hide": "=decided.level = suggested"}}]}"#,
    )
}

#[test]
fn a_page_can_say_how_a_decision_came_to_its_suggestion() {
    let variables: feel::Context = serde_json::from_str(r#"{"suggested": "high"}"#).unwrap();
    let data = forms::Data {
        variables: &variables,
        draft: None,
        errors: &[],
    };
    let mut view = advised().view(&data, &environment(), forms::Mode::Edit);
    view.explain(&|decision, suggested| {
        (decision == "risk").then(|| format!("Risk suggests {suggested}: rule 3"))
    });
    let page = RENDERER.fields(&view);
    assert!(page.contains("Risk suggests High risk: rule 3"), "{page}");
    view.explain(&|_, _| None);
    assert!(RENDERER.fields(&view).contains("rule 3"));
}

#[test]
fn what_was_chosen_instead_of_a_suggestion_and_why_is_told() {
    let told = |suggested: &str, typed: &[(&str, &str)]| {
        let variables: feel::Context = serde_json::from_str(suggested).unwrap();
        let typed: Vec<(String, String)> = typed
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let form = advised();
        form.suggestions(&form.parse_post(&typed), &variables, &environment())
    };
    let high = r#"{"suggested": "high"}"#;
    let typed = [
        ("decided.level", "low"),
        ("decided.why", " Aunt moved in. "),
    ];
    let departed = &told(high, &typed)[0];
    assert_eq!(
        (
            departed.suggested.as_str(),
            departed.chosen.as_str(),
            departed.departed
        ),
        ("High risk", "Low risk", true)
    );
    assert_eq!(departed.reason.as_deref(), Some("Aunt moved in."));
    assert_eq!(
        (departed.field.as_str(), departed.decision.as_str()),
        ("decided.level", "risk")
    );
    // An earlier reason does not count where the suggestion is followed after all.
    let followed = &told(high, &[("decided.level", "high"), typed[1]])[0];
    assert_eq!(
        (followed.departed, followed.reason.as_deref()),
        (false, None)
    );
    assert_eq!(told(high, &[]), []);
    assert_eq!(told("{}", &typed), []);
}

#[test]
fn tables_show_rows_of_the_data() {
    let form = form(
        r#"{"type": "table", "label": "Visits", "dataSource": "=visits", "columns": [{"key": "on", "label": "Date"}, {"key": "who.name", "label": "Who"}]}"#,
    );
    let page = html(
        &form,
        r#"{"visits": [{"on": "2026-11-12", "who": {"name": "<Joseph>"}}]}"#,
    );
    assert!(page.contains(r#"<th scope="row" class="govuk-table__header">12 November 2026</th><td class="govuk-table__cell">&lt;Joseph&gt;</td>"#), "{page}");
    assert!(html(&form, "{}").contains(r#"colspan="2">None"#));
}

#[test]
fn sections_say_how_far_they_are() {
    let form = form(
        r#"{"type": "group", "label": "Reason", "properties": {"section": "true"}, "components": [
             {"type": "textfield", "key": "a", "label": "A", "validate": {"required": true}}, {"type": "textfield", "key": "b", "label": "B"}]},
           {"type": "group", "label": "Home", "properties": {"section": "true"}, "components": [{"type": "textfield", "key": "c", "label": "C"}]}"#,
    );
    let states = |posted: &[(&str, &str)]| {
        let answers = form.parse_post(&pairs(posted));
        let errors = form.check(&answers, &context("{}"), &environment());
        let errors = if posted.is_empty() { &errors[..] } else { &[] };
        let view = view(&form, "{}", Some(&answers), errors, Mode::Edit);
        view.sections
            .into_iter()
            .map(|section| (section.title, section.words))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        states(&[]),
        [
            ("Reason".into(), "has a problem"),
            ("Home".into(), "not started")
        ]
    );
    assert_eq!(
        states(&[("b", "x")]),
        [
            ("Reason".into(), "not finished"),
            ("Home".into(), "not started")
        ]
    );
    assert_eq!(
        states(&[("a", "x"), ("c", "x")]),
        [("Reason".into(), "completed"), ("Home".into(), "completed")]
    );
}

#[test]
fn an_autosave_is_answered_with_the_fields_that_look_different() {
    let form = form(
        r#"{"type": "number", "key": "a", "label": "A"},
           {"type": "expression", "key": "double", "label": "Double", "expression": "=a * 2"},
           {"type": "textfield", "key": "why", "label": "Why", "conditional": {"hide": "=a < 3"}}"#,
    );
    let renderer = &*RENDERER;
    let look = |a: &str| {
        view(
            &form,
            "{}",
            Some(&form.parse_post(&pairs(&[("a", a)]))),
            &[],
            Mode::Edit,
        )
    };
    let changed = |before: &str, after: &str| renderer.fragments(&look(before), &look(after));
    assert_eq!(changed("1", "1").len(), 0);
    let fragments = changed("1", "5");
    assert_eq!(
        fragments.keys().collect::<Vec<_>>(),
        ["field-double", "field-why"]
    );
    assert!(
        fragments["field-why"].contains("<input") && fragments["field-double"].contains(">10<")
    );
    assert_eq!(
        changed("5", "1")["field-why"],
        "<div id=\"field-why\" hidden></div>\n"
    );
    assert!(matches!(look("1").fields[0].control, Control::Input(_)));
}
