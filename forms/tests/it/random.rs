//! Whatever is posted: no panic, no lost word, and a page that posts back what it shows.

use crate::sample::{RENDERER, context, environment, pairs};
use forms::{Answers, Data, Form, Mode};
use proptest::prelude::*;

const EVERYTHING: &str = include_str!("everything.json");

const NAMES: &[&str] = &[
    "name",
    "age",
    "seen",
    "seen_on-day",
    "seen_on-month",
    "seen_on-year",
    "urgent",
    "urgent_why",
    "at",
    "reported-day",
    "reported-month",
    "reported-year",
    "reported-time",
    "needs",
    "tags",
    "level",
    "story",
    "points",
    "goals[]",
    "goals[n1].goal",
    "goals[n2].goal",
    "goals[v1].who",
    "goals[n1].them",
    "home.town",
    "ref",
    "signed-agreed",
    "signed-name",
    "goals[",
    "[]",
    "goals[n1]",
    "action",
    "",
];

const TEXTS: &[&str] = &[
    "",
    "n1",
    "n2",
    "v1",
    "yes",
    "no",
    "true",
    "12",
    "31",
    "feb",
    "2026",
    "99999999999999999999999999999999",
    "-0",
    "1e9",
    "16:10",
    "4pm",
    "12/11/26",
    "none",
    "school",
    "<b>",
    "\u{0}",
    "é",
    "٣",
    "\r\n",
    "a\nb",
    "{{name}}",
    "=1+1",
    "add:goals",
    "remove:goals:n1",
];

fn posted() -> impl Strategy<Value = Vec<(String, String)>> {
    let name =
        prop_oneof![9 => prop::sample::select(NAMES).prop_map(str::to_owned), 1 => ".{0,12}"];
    let text =
        prop_oneof![4 => prop::sample::select(TEXTS).prop_map(str::to_owned), 1 => ".{0,24}"];
    prop::collection::vec((name, text), 0..40)
}

/// What a browser would post back: the inputs of the page with what stands in them.
fn post_back(html: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
        rest.split('"').next().map(unescape)
    };
    let mut back = Vec::new();
    let mut rest = html;
    let mut select = String::new();
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = tag_end(rest);
        let (tag, after) = rest.split_at(end);
        let named = attribute(tag, "name");
        if let Some(name) = named.clone().filter(|_| tag.starts_with("<input")) {
            let button = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
            if !button || tag.ends_with(" checked") || tag.contains(" checked ") {
                back.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        } else if let Some(name) = named.clone().filter(|_| tag.starts_with("<textarea")) {
            let text = after
                .strip_prefix('>')
                .unwrap()
                .split("</textarea>")
                .next()
                .unwrap();
            back.push((name, unescape(text.strip_prefix('\n').unwrap_or(text))));
        } else if tag.starts_with("<select") {
            select = named.unwrap_or_default();
        } else if tag.starts_with("<option") && tag.ends_with(" selected") {
            back.push((select.clone(), attribute(tag, "value").unwrap_or_default()));
        }
        rest = after;
    }
    back
}

/// The end of a tag: the first `>` outside quotes.
fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    html.find(|letter| {
        quoted ^= letter == '"';
        letter == '>' && !quoted
    })
    .unwrap_or(html.len())
}

fn unescape(text: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x60;", "`"),
        ("&#x3D;", "="),
        ("&amp;", "&"),
    ];
    named.iter().fold(text.to_owned(), |text, (name, letter)| {
        text.replace(name, letter)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_posts_never_panic_and_stay_within_the_form(posted in posted(), more in posted()) {
        let form = Form::read(EVERYTHING).unwrap();
        let variables = context(r#"{"goals": [{"goal": "One"}], "name": 3, "visits": 7}"#);
        let mut answers = form.parse_post(&posted).merged_with(form.parse_post(&more));
        form.act(&forms::Action::of(&more), &mut answers, &variables, &environment());
        let stored: Answers = serde_json::from_str(&serde_json::to_string(&answers).unwrap()).unwrap();
        prop_assert_eq!(&stored, &answers);
        let errors = form.check(&answers, &variables, &environment());
        match form.submit(&answers, &variables, &environment()) {
            Ok(submitted) => {
                prop_assert!(errors.is_empty());
                for (name, _) in submitted.iter() {
                    prop_assert!(!["action", "visits", ""].contains(&name), "{}", name);
                }
            }
            Err(found) => prop_assert_eq!(found, errors.clone()),
        }
        for mode in [Mode::Edit, Mode::Check, Mode::Read] {
            let view = form.view(&Data { variables: &variables, draft: Some(&answers), errors: &errors }, &environment(), mode);
            RENDERER.html(&view);
        }
    }

    #[test]
    fn what_a_page_shows_is_what_it_posts_back(posted in posted()) {
        let form = Form::read(EVERYTHING).unwrap();
        let variables = context("{}");
        let show = |answers: &Answers| {
            let data = Data { variables: &variables, draft: Some(answers), errors: &[] };
            RENDERER.html(&form.view(&data, &environment(), Mode::Edit))
        };
        // Once through a browser: line ends are normal and single answers single.
        let first = form.parse_post(&post_back(&show(&form.parse_post(&posted))));
        let again = form.parse_post(&post_back(&show(&first)));
        prop_assert_eq!(&again, &first);
        prop_assert_eq!(
            form.submit(&again, &variables, &environment()),
            form.submit(&first, &variables, &environment())
        );
    }

    #[test]
    fn any_text_is_either_a_form_or_refused_with_problems(text in "\\PC{0,200}") {
        if let Err(problems) = Form::read(&text) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn a_damaged_form_never_panics(cut in 0..EVERYTHING.len(), letter in prop::sample::select(&[b'{', b'}', b'"', b'0', b',', b'[', b'='][..])) {
        let mut bytes = EVERYTHING.as_bytes().to_vec();
        bytes[cut] = letter;
        if let Err(problems) = Form::read(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(!problems.is_empty());
            let _ = pairs(&[]);
        }
    }
}
