//! Dynamic lists: rows keep their ids, deletes stick, all without script.

use crate::sample::{RENDERER, context, environment, form, html, json, pairs, submit, view};
use forms::{Action, Answers, Form, Mode};

const GOALS: &str = r#"{"type": "dynamiclist", "path": "goals", "label": "Goals", "properties": {"rowLabel": "goal", "minRows": "1", "maxRows": "3"}, "components": [
    {"type": "textfield", "key": "goal", "label": "Goal", "validate": {"required": true}},
    {"type": "select", "key": "status", "label": "Status", "values": [{"value": "planned", "label": "Planned"}, {"value": "done", "label": "Done"}]},
    {"type": "textfield", "key": "how", "label": "How", "conditional": {"hide": "=this.status != \"done\""}}]}"#;

fn press(form: &Form, answers: &mut Answers, action: &str, variables: &str) -> bool {
    let action = Action::of(&pairs(&[("action", action)]));
    form.act(&action, answers, &context(variables), &environment())
}

#[test]
fn rows_are_submitted_in_order_with_their_own_conditions() {
    let posted = [
        ("goals[]", ""),
        ("goals[]", "n2"),
        ("goals[]", "n1"),
        ("goals[n1].goal", "School"),
        ("goals[n1].status", "planned"),
        ("goals[n1].how", "x"),
        ("goals[n2].goal", "Safety"),
        ("goals[n2].status", "done"),
        ("goals[n2].how", "With kin"),
    ];
    let expected = r#"{"goals":[{"goal":"Safety","how":"With kin","status":"done"},{"goal":"School","status":"planned"}]}"#;
    assert_eq!(submit(&form(GOALS), "{}", &posted).unwrap(), expected);
}

#[test]
fn a_row_that_is_not_in_the_list_of_ids_is_gone_whatever_its_fields_say() {
    let variables = r#"{"goals": [{"goal": "One"}, {"goal": "Two"}]}"#;
    let posted = [
        ("goals[]", "v2"),
        ("goals[v1].goal", "One"),
        ("goals[v2].goal", "Two changed"),
    ];
    assert_eq!(
        submit(&form(GOALS), variables, &posted).unwrap(),
        r#"{"goals":[{"goal":"Two changed","status":null}]}"#
    );
}

#[test]
fn rows_of_the_variables_prefill_and_stay_tied_to_their_row() {
    let variables = r#"{"goals": [{"goal": "One", "status": "done"}, {"goal": "Two"}]}"#;
    let form = form(GOALS);
    let page = html(&form, variables);
    assert!(
        page.contains(r#"name="goals[]" value="v1""#)
            && page.contains(r#"name="goals[]" value="v2""#)
    );
    let mut answers = Answers::default();
    assert!(press(&form, &mut answers, "remove:goals:v1", variables));
    let page = RENDERER.html(&view(&form, variables, Some(&answers), &[], Mode::Edit));
    assert!(
        page.contains(r#"value="Two""#) && !page.contains(r#"value="One""#),
        "{page}"
    );
}

#[test]
fn buttons_add_and_remove_rows_within_the_limits() {
    let form = form(GOALS);
    let mut answers = form.parse_post(&pairs(&[("goals[]", "n1"), ("goals[n1].goal", "One")]));
    assert!(press(&form, &mut answers, "add:goals", "{}"));
    assert!(press(&form, &mut answers, "add:goals", "{}"));
    assert!(
        !press(&form, &mut answers, "add:goals", "{}"),
        "maxRows is 3"
    );
    assert!(press(&form, &mut answers, "remove:goals:n2", "{}"));
    assert!(
        !press(&form, &mut answers, "remove:goals:n9", "{}"),
        "no such row"
    );
    assert!(
        !press(&form, &mut answers, "add:nothing", "{}"),
        "no such list"
    );
    assert!(!press(&form, &mut answers, "save", "{}"));
    let page = RENDERER.html(&view(&form, "{}", Some(&answers), &[], Mode::Edit));
    assert!(
        page.contains(r#"value="remove:goals:n3""#) && !page.contains("goals[n2]"),
        "{page}"
    );
    assert!(
        page.contains("Add another goal")
            && page.contains("<legend class=\"govuk-fieldset__legend\">Goal 2</legend>")
    );
}

#[test]
fn a_row_that_was_added_and_left_empty_is_dropped() {
    let posted = [
        ("goals[]", "n1"),
        ("goals[]", "n2"),
        ("goals[n1].goal", "One"),
        ("goals[n2].goal", ""),
    ];
    assert_eq!(
        submit(&form(GOALS), "{}", &posted).unwrap(),
        r#"{"goals":[{"goal":"One","status":null}]}"#
    );
    assert_eq!(
        submit(&form(GOALS), "{}", &[("goals[]", "n1")]).unwrap_err(),
        ["Add at least 1 goal"]
    );
    let half = [("goals[]", "n1"), ("goals[n1].status", "done")];
    assert_eq!(
        submit(&form(GOALS), "{}", &half).unwrap_err(),
        ["Enter goal"]
    );
}

#[test]
fn an_error_in_a_row_leads_to_the_field_of_that_row() {
    let form = form(GOALS);
    let answers = form.parse_post(&pairs(&[("goals[]", "n4"), ("goals[n4].status", "done")]));
    let errors = form.check(&answers, &context("{}"), &environment());
    assert_eq!(
        (errors[0].field.as_str(), errors[0].element.as_str()),
        ("goals[n4].goal", "goals-n4-goal")
    );
}

#[test]
fn expressions_in_rows_see_their_row_and_lists_can_be_summed() {
    let form = form(
        r#"{"type": "dynamiclist", "path": "domains", "label": "Domains", "components": [
             {"type": "number", "key": "score", "label": "Score"},
             {"type": "expression", "key": "double", "label": "Double", "expression": "=this.score * 2"},
             {"type": "expression", "key": "place", "label": "Place", "expression": "=i[1]"}]},
           {"type": "expression", "key": "total", "label": "Total", "expression": "=sum(domains.double)"}"#,
    );
    let posted = [
        ("domains[]", "n1"),
        ("domains[]", "n2"),
        ("domains[n1].score", "1"),
        ("domains[n2].score", "3"),
    ];
    let expected = r#"{"domains":[{"double":2,"place":1,"score":1},{"double":6,"place":2,"score":3}],"total":8}"#;
    assert_eq!(submit(&form, "{}", &posted).unwrap(), expected);
}

#[test]
fn names_inside_a_row_are_the_rows_own_unless_the_form_has_them() {
    let list = |top: &str| {
        form(&format!(
            r#"{top}{{"type": "dynamiclist", "path": "rows", "label": "Rows", "components": [
                 {{"type": "textfield", "key": "kind", "label": "Kind"}},
                 {{"type": "expression", "key": "seen", "label": "Seen", "expression": "=kind"}}]}}"#
        ))
    };
    let posted = [("rows[]", "n1"), ("rows[n1].kind", "mine"), ("kind", "top")];
    assert_eq!(
        submit(&list(""), r#"{"kind": "variable"}"#, &posted).unwrap(),
        r#"{"rows":[{"kind":"mine","seen":"mine"}]}"#
    );
    let top = r#"{"type": "textfield", "key": "kind", "label": "Kind"},"#;
    assert_eq!(
        submit(&list(top), "{}", &posted).unwrap(),
        r#"{"kind":"top","rows":[{"kind":"mine","seen":"top"}]}"#
    );
}

#[test]
fn lists_nest_and_groups_with_a_path_make_levels() {
    let form = form(
        r#"{"type": "group", "path": "plan", "components": [{"type": "dynamiclist", "path": "goals", "label": "Goals", "components": [
             {"type": "dynamiclist", "path": "steps", "label": "Steps", "components": [{"type": "textfield", "key": "step", "label": "Step"}]}]}]}"#,
    );
    let posted = [
        ("plan.goals[]", "n1"),
        ("plan.goals[n1].steps[]", "n1"),
        ("plan.goals[n1].steps[]", "n2"),
        ("plan.goals[n1].steps[n1].step", "a"),
        ("plan.goals[n1].steps[n2].step", "b"),
    ];
    assert_eq!(
        submit(&form, "{}", &posted).unwrap(),
        r#"{"plan":{"goals":[{"steps":[{"step":"a"},{"step":"b"}]}]}}"#
    );
    let mut answers = form.parse_post(&pairs(&posted));
    assert!(press(&form, &mut answers, "add:plan.goals[n1].steps", "{}"));
    assert!(press(
        &form,
        &mut answers,
        "remove:plan.goals[n1].steps:n1",
        "{}"
    ));
    assert_eq!(
        json(
            form.submit(&answers, &context("{}"), &environment())
                .unwrap()
        ),
        r#"{"plan":{"goals":[{"steps":[{"step":"b"}]}]}}"#
    );
}

#[test]
fn thousands_of_posted_rows_stop_at_the_limit() {
    let form = form(&GOALS.replace(r#", "maxRows": "3""#, ""));
    let posted: Vec<(String, String)> = (1..=5_000)
        .map(|row| ("goals[]".to_owned(), format!("n{row}")))
        .collect();
    let answers = form.parse_post(&posted);
    let page = RENDERER.html(&view(&form, "{}", Some(&answers), &[], Mode::Edit));
    assert_eq!(
        page.matches("<fieldset class=\"govuk-fieldset rowcard\"")
            .count(),
        forms::limits::ROWS
    );
}

#[test]
fn the_page_comes_back_to_the_new_row_or_to_the_list_that_lost_one() {
    let form = form(&format!(
        r#"{{"type": "group", "path": "plan", "components": [{GOALS}]}}"#
    ));
    let mut answers = Answers::default();
    assert!(press(&form, &mut answers, "add:plan.goals", "{}"));
    let element = |action: &str, answers: &Answers| {
        Action::of(&pairs(&[("action", action)])).element(answers)
    };
    let page = RENDERER.html(&view(&form, "{}", Some(&answers), &[], Mode::Edit));
    for action in ["add:plan.goals", "remove:plan.goals:n1"] {
        let element = element(action, &answers).unwrap();
        assert!(
            page.contains(&format!("id=\"{element}\"")),
            "{element} in {page}"
        );
    }
    assert_eq!(element("save", &answers), None);
}
