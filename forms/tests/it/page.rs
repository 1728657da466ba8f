//! The page: labels, hints and errors are tied to their inputs, nothing is inline, answers can be checked.

use crate::sample::{RENDERER, context, environment, form, html, html_of_post, pairs, view};
use forms::{Form, Mode};
use std::collections::BTreeSet;

const EVERYTHING: &str = include_str!("everything.json");

fn everything() -> Form {
    Form::read(EVERYTHING).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let opening = format!(" {name}=\"");
    html.split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

/// What must hold of any page: unique ids, labels and descriptions that exist, no inline style or script.
fn assert_sound(html: &str) {
    let ids = attributes(html, "id");
    let unique: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id is there twice: {ids:?}");
    for name in ["for", "aria-describedby", "aria-labelledby"] {
        for target in attributes(html, name)
            .iter()
            .flat_map(|value| value.split(' '))
        {
            assert!(
                unique.contains(target),
                "{name}={target} leads nowhere in {html}"
            );
        }
    }
    let labelled: BTreeSet<_> = attributes(html, "for").into_iter().collect();
    for tag in ["<input ", "<select ", "<textarea "] {
        for part in html.split(tag).skip(1) {
            let part = format!(" {}", part.split('>').next().unwrap());
            if part.contains("type=\"hidden\"") {
                continue;
            }
            let id = attributes(&part, "id")[0];
            assert!(labelled.contains(id), "{tag} {id} has no label");
        }
    }
    assert!(
        !html.contains(" style=") && !html.contains("<script") && !html.contains(" onclick="),
        "{html}"
    );
}

#[test]
fn every_kind_of_field_has_a_label_and_sound_references() {
    let form = everything();
    assert_sound(&html(&form, "{}"));
    let answers = form.parse_post(&pairs(&[
        ("goals[]", "n1"),
        ("goals[]", "n2"),
        ("age", "x"),
        ("seen", "yes"),
    ]));
    let errors = form.check(&answers, &context("{}"), &environment());
    assert!(errors.len() > 5, "{errors:?}");
    let page = RENDERER.html(&view(&form, "{}", Some(&answers), &errors, Mode::Edit));
    assert_sound(&page);
    let ids: BTreeSet<_> = attributes(&page, "id").into_iter().collect();
    for error in &errors {
        assert!(
            ids.contains(error.element.as_str()),
            "{} is not on the page",
            error.element
        );
        assert!(page.contains(&format!("<a href=\"#{}\">", error.element)));
    }
    for mode in [Mode::Check, Mode::Read] {
        assert_sound(&RENDERER.html(&view(&form, "{}", Some(&answers), &[], mode)));
    }
}

#[test]
fn hint_error_and_count_are_read_with_their_input() {
    let form = form(
        r#"{"type": "textarea", "key": "story", "label": "Story", "description": "In their words", "validate": {"required": true, "maxLength": 3000}}"#,
    );
    let answers = form.parse_post(&[]);
    let errors = form.check(&answers, &context("{}"), &environment());
    let page = RENDERER.html(&view(&form, "{}", Some(&answers), &errors, Mode::Edit));
    for part in [
        r#"aria-describedby="story-hint story-error story-count""#,
        r#"<label class="govuk-label" for="story">Story</label>"#,
        r#"<div class="govuk-hint" id="story-hint">In their words</div>"#,
        r#"<span class="govuk-visually-hidden">Error:</span> Enter story"#,
        r##"<li><a href="#story">Enter story</a></li>"##,
        r#"data-max-length="3000""#,
        "You have 3,000 characters remaining",
        r#"aria-invalid="true""#,
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn a_date_is_three_labelled_fields_and_the_error_marks_the_missing_part() {
    let form = form(r#"{"type": "datetime", "key": "seen", "label": "Date seen"}"#);
    let answers = form.parse_post(&pairs(&[
        ("seen-day", "12"),
        ("seen-month", ""),
        ("seen-year", "2026"),
    ]));
    let errors = form.check(&answers, &context("{}"), &environment());
    let page = RENDERER.html(&view(&form, "{}", Some(&answers), &errors, Mode::Edit));
    assert!(
        page.contains(r##"<a href="#seen-month">Date seen must include a month</a>"##),
        "{page}"
    );
    assert!(page.contains(r#"govuk-input--error" id="seen-month""#));
    assert!(!page.contains(r#"govuk-input--error" id="seen-day""#));
    assert!(page.contains(
        r#"<fieldset class="govuk-fieldset" role="group" aria-describedby="seen-error">"#
    ));
}

#[test]
fn a_question_behind_one_option_stands_under_it_with_a_test_for_the_browser() {
    let form = form(
        r#"{"type": "radio", "key": "seen", "label": "Seen?", "values": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]},
           {"type": "datetime", "key": "on", "label": "When?", "conditional": {"hide": "=seen != \"yes\""}},
           {"type": "group", "label": "Why", "conditional": {"hide": "=seen != \"no\""}, "components": [{"type": "textfield", "key": "why", "label": "Why?"}]}"#,
    );
    let page = html(&form, "{}");
    let under_yes = page.find("govuk-radios__conditional closed").unwrap();
    assert!(
        under_yes < page.find("id=\"on-day\"").unwrap()
            && page.find("id=\"on-day\"").unwrap() < page.find("value=\"no\"").unwrap(),
        "{page}"
    );
    assert!(
        page.contains(
            r#"data-show-if="{&quot;eq&quot;:[&quot;yes&quot;],&quot;k&quot;:&quot;seen&quot;}""#
        ),
        "{page}"
    );
    assert!(
        page.contains("id=\"why\""),
        "without script the page shows what may be needed"
    );
    let chosen = html_of_post(&form, &[("seen", "yes")], Mode::Edit);
    assert!(
        chosen.contains("<div class=\"govuk-radios__conditional\">"),
        "{chosen}"
    );
}

#[test]
fn a_condition_that_only_the_server_decides_leaves_an_empty_place_and_a_button_without_script() {
    let form = form(
        r#"{"type": "number", "key": "a", "label": "A"}, {"type": "textfield", "key": "b", "label": "B", "conditional": {"hide": "=a < 3"}}"#,
    );
    let page = html_of_post(&form, &[("a", "1")], Mode::Edit);
    assert!(
        page.contains("<div id=\"field-b\" hidden></div>") && !page.contains("name=\"b\""),
        "{page}"
    );
    assert!(page.contains("<noscript><button") && page.contains("value=\"update\""));
    assert!(
        !html(
            &crate::sample::form(r#"{"type": "number", "key": "a", "label": "A"}"#),
            "{}"
        )
        .contains("<noscript>")
    );
}

#[test]
fn enter_in_a_field_saves_and_never_removes_a_row() {
    let page = html(&everything(), "{}");
    let first = page.split("type=\"submit\"").nth(1).unwrap();
    assert!(
        first.starts_with(" name=\"action\" value=\"save\""),
        "{first}"
    );
}

#[test]
fn answers_are_checked_in_words_with_change_links() {
    let form = everything();
    let posted = [
        ("name", "Amara"),
        ("age", "7"),
        ("seen", "yes"),
        ("seen_on-day", "12"),
        ("seen_on-month", "11"),
        ("seen_on-year", "2026"),
        ("needs", ""),
        ("needs", "school"),
        ("needs", "health"),
        ("goals[]", "n1"),
        ("goals[n1].goal", "Safe <home>"),
        ("story", "Line one\nline two"),
        ("urgent", ""),
    ];
    let answers = form.parse_post(&pairs(&posted));
    let mut check = view(
        &form,
        r#"{"name": "Amina"}"#,
        Some(&answers),
        &[],
        Mode::Check,
    );
    check.edit_url = "/tasks/7".to_owned();
    let page = RENDERER.html(&check);
    for part in [
        "<dd class=\"govuk-summary-list__value\">12 November 2026</dd>",
        "Line one<br>line two",
        "School<br>Health",
        "Safe &lt;home&gt;",
        "Goal 1</h",
        "<a class=\"govuk-link\" href=\"/tasks/7#field-name\">Change<span class=\"govuk-visually-hidden\"> Name</span></a>",
        "<span class=\"sub\">Changed: was “Amina”</span>",
        "<span class=\"muted\">Not answered</span>",
        "<span class=\"muted small\">Worked out</span>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let read = RENDERER.html(&view(&form, "{}", Some(&answers), &[], Mode::Read));
    assert!(!read.contains("Change<span") && read.contains("12 November 2026"));
}

#[test]
fn typed_text_is_escaped_wherever_it_stands() {
    let attack = "\"><script>alert(1)</script>";
    for mode in [Mode::Edit, Mode::Check, Mode::Read] {
        let page = html_of_post(
            &everything(),
            &[
                ("name", attack),
                ("story", attack),
                ("age", attack),
                ("seen", attack),
            ],
            mode,
        );
        assert!(!page.contains("<script"), "{page}");
    }
}

#[test]
fn a_textarea_keeps_a_first_line_that_is_empty() {
    let form = form(r#"{"type": "textarea", "key": "a", "label": "A"}"#);
    let page = html_of_post(&form, &[("a", "\nsecond")], Mode::Edit);
    assert!(page.contains(">\n\nsecond</textarea>"), "{page}");
}

#[test]
fn sections_are_chips_with_words_and_anchors() {
    let form = everything();
    let view = view(&form, "{}", None, &[], Mode::Edit);
    let chips = RENDERER.sections(&view);
    let anchor = &view.sections[0].anchor;
    assert!(chips.contains(&format!("href=\"#{anchor}\">About the child<span class=\"govuk-visually-hidden\"> not started</span>")), "{chips}");
    assert!(html(&form, "{}").contains(&format!("id=\"{anchor}\"")));
}

#[test]
fn the_browser_is_not_asked_to_watch_what_it_cannot_change() {
    let form = form(
        r#"{"type": "radio", "key": "seen", "label": "Seen?", "readonly": true, "values": [{"value": "yes", "label": "Yes"}]},
           {"type": "textfield", "key": "a", "label": "A", "conditional": {"hide": "=seen != \"yes\""}},
           {"type": "textfield", "key": "b", "label": "B", "conditional": {"hide": "=risk != \"high\""}}"#,
    );
    let page = html(&form, r#"{"seen": "yes", "risk": "high"}"#);
    assert!(
        page.contains("id=\"a\"") && page.contains("id=\"b\"") && !page.contains("data-show-if"),
        "{page}"
    );
}

#[test]
fn a_summary_has_no_heading_without_words_and_says_yes_and_no() {
    let form = form(
        r#"{"type": "group", "components": [{"type": "expression", "key": "young", "label": "Under five", "expression": "=age < 5"}]},
           {"type": "group", "label": "Hidden", "components": [{"type": "textfield", "key": "a", "label": "A", "conditional": {"hide": "=age < 5"}}]},
           {"type": "dynamiclist", "path": "rows", "label": "People", "components": [{"type": "textfield", "key": "b", "label": "B"}]}"#,
    );
    let page = RENDERER.html(&view(&form, r#"{"age": 3}"#, None, &[], Mode::Check));
    assert!(
        page.contains("govuk-summary-list__value\">Yes</dd>"),
        "{page}"
    );
    assert!(!page.contains("></h") && !page.contains("Hidden"), "{page}");
    assert!(
        page.contains(">People</h2>\n<p class=\"govuk-body\">None</p>"),
        "{page}"
    );
}

#[test]
fn the_parts_that_a_date_lacks_are_marked_and_all_where_it_is_not_real() {
    let form = form(
        r#"{"type": "datetime", "key": "d", "label": "Date", "validate": {"required": true}}"#,
    );
    let marked = |day: &str, month: &str, year: &str| {
        let posted = pairs(&[("d-day", day), ("d-month", month), ("d-year", year)]);
        let answers = form.parse_post(&posted);
        let errors = form.check(&answers, &context("{}"), &environment());
        let page = RENDERER.html(&view(&form, "{}", Some(&answers), &errors, Mode::Edit));
        let parts = ["day", "month", "year"];
        parts.map(|part| page.contains(&format!("govuk-input--error\" id=\"d-{part}\"")))
    };
    assert_eq!(marked("12", "11", "2026"), [false, false, false]);
    assert_eq!(marked("", "", ""), [true, true, true]);
    assert_eq!(marked("31", "2", "2026"), [true, true, true]);
    assert_eq!(marked("", "11", "2026"), [true, false, false]);
    assert_eq!(marked("12", "", ""), [false, true, true]);
    assert_eq!(marked("soon", "", ""), [true, true, true]);
}

#[test]
fn a_row_that_the_record_names_has_that_name_as_its_title() {
    let form = form(
        r#"{"type": "dynamiclist", "path": "domains", "label": "Domains", "allowAddRemove": false, "properties": {"rowLabel": "domain"}, "components": [
             {"type": "textfield", "key": "domain", "label": "Domain", "readonly": true}, {"type": "number", "key": "score", "label": "Score"}]}"#,
    );
    let page = html(&form, r#"{"domains": [{"domain": "Safety"}]}"#);
    assert!(
        page.contains("<legend class=\"govuk-fieldset__legend\">Domain 1: Safety</legend>"),
        "{page}"
    );
    assert!(
        !page.contains("From the record") && !page.contains("Domains <span class=\"optional\">"),
        "{page}"
    );
    assert_eq!(
        crate::sample::submit(&form, r#"{"domains": [{"domain": "Safety"}]}"#, &[]).unwrap(),
        r#"{"domains":[{"domain":"Safety","score":null}]}"#
    );
}
