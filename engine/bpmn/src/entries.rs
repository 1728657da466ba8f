//! What starts processes: the start events that wait for something before there is an instance.
//!
//! The runtime keeps the entries of the latest version of each process, and starts an instance at
//! [`Entry::element`] when what it awaits has come. Their expressions see no variables.
//!
//! At a parallel multiple start event (BPMN 2.0.2, 10.5.2) one of its definitions begins the instance, which awaits the
//! rest there. Messages and signals say which case they are about, so one of them begins it wherever there is one; times
//! and conditions are then awaited in the instance. Deviation: before that they count for nothing, however often
//! they come. A date that has passed has come, a duration or cycle counts from the beginning of the instance, and a
//! condition has to hold in it. Without message or signal the first condition begins it, without condition the first time.

use feel::{Context, Environment, Value};
use jiff::Timestamp;

use crate::definition::FlowNode;
use crate::text::{Text, plain_text};
use crate::triggers::Trigger;
use crate::{Catalog, Key, Repeat};

/// One thing that starts instances of a process.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the instance begins: [`Start::at`](crate::Start::at).
    pub element: String,
    /// Which of the definitions of a multiple event it is: [`Start::definition_of_at`](crate::Start::definition_of_at).
    pub definition: u32,
    /// What is awaited.
    pub awaits: EntryAwaits,
}

/// What an entry waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryAwaits {
    /// A message of this name, with any correlation key.
    Message {
        /// Its name.
        name: String,
    },
    /// A signal of this name.
    Signal {
        /// Its name.
        name: String,
    },
    /// A time.
    Timer {
        /// When an instance starts; in the past where the model says so.
        due: Timestamp,
        /// How it goes on: [`come`](crate::come).
        repeat: Option<Repeat>,
    },
    /// A condition that becomes true: asked with [`conditions_true`].
    Condition,
}

/// What starts instances of a deployed process when it is deployed now, and sentences about what cannot be computed.
pub fn entries(catalog: &Catalog, definition: Key, now: Timestamp) -> (Vec<Entry>, Vec<String>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let Some(deployed) = catalog.process(definition) else {
        return (found, problems);
    };
    let environment = catalog.environment(now);
    for node in deployed.definition.entries() {
        for (definition, trigger) in beginning(node) {
            match awaited(node, trigger, &environment) {
                Ok(Some(awaits)) => found.push(Entry {
                    element: node.id().to_owned(),
                    definition,
                    awaits,
                }),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
    }
    (found, problems)
}

/// The definitions of an event that begin instances, with their numbers.
fn beginning(node: &FlowNode) -> Vec<(u32, &Trigger)> {
    let triggers = node.element().triggers();
    let mut all: Vec<(u32, &Trigger)> = (0..).zip(triggers.iter()).collect();
    if triggers.all {
        let says_which = |(_, trigger): &(u32, &Trigger)| {
            matches!(trigger, Trigger::Message(_) | Trigger::Signal(_))
        };
        let is_condition =
            |(_, trigger): &(u32, &Trigger)| matches!(trigger, Trigger::Conditional(_));
        if all.iter().any(says_which) {
            all.retain(says_which);
        } else {
            let first = all.iter().position(is_condition).unwrap_or(0);
            all = vec![all[first]];
        }
    }
    all
}

/// The start events of a deployed process of which a condition is true for these variables: their ids, and
/// which of their definitions is the first that is.
pub fn conditions_true(
    catalog: &Catalog,
    definition: Key,
    variables: &Context,
    now: Timestamp,
) -> Vec<(String, u32)> {
    let Some(deployed) = catalog.process(definition) else {
        return Vec::new();
    };
    let environment = catalog.environment(now);
    let is_true = |trigger: &Trigger| {
        matches!(trigger, Trigger::Conditional(conditional)
            if conditional.condition.evaluate(variables, &environment).value == Value::Boolean(true))
    };
    let entries = deployed.definition.entries();
    let first_true = entries.filter_map(|node| {
        let mut conditions = beginning(node).into_iter();
        let (definition, _) = conditions.find(|(_, trigger)| is_true(trigger))?;
        Some((node.id().to_owned(), definition))
    });
    first_true.collect()
}

fn awaited(
    node: &FlowNode,
    trigger: &Trigger,
    environment: &Environment,
) -> Result<Option<EntryAwaits>, String> {
    let label = node.label();
    Ok(Some(match trigger {
        Trigger::Message(message) => EntryAwaits::Message {
            name: name(
                &message.name,
                &format!("The message name of \"{label}\""),
                environment,
            )?,
        },
        Trigger::Signal(signal) => EntryAwaits::Signal {
            name: name(
                &signal.name,
                &format!("The signal name of \"{label}\""),
                environment,
            )?,
        },
        Trigger::Timer(timer) => {
            let what = format!("The timer of \"{label}\"");
            let value = value(timer.text(), environment);
            let schedule = timer
                .reached(&value, environment.now, &environment.zone)
                .map_err(|problem| format!("{what}: {problem}"))?;
            EntryAwaits::Timer {
                due: schedule.due,
                repeat: schedule.repeat,
            }
        }
        Trigger::Conditional(_) => EntryAwaits::Condition,
        Trigger::Error(_)
        | Trigger::Escalation(_)
        | Trigger::Link(_)
        | Trigger::Compensation(_)
        | Trigger::Cancel
        | Trigger::Terminate => return Ok(None),
    }))
}

fn value(text: &Text, environment: &Environment) -> Value {
    match text {
        Text::Literal(text) => Value::String(text.clone()),
        Text::Feel(expression) => expression.evaluate(&(), environment).value,
    }
}

fn name(text: &Text, what: &str, environment: &Environment) -> Result<String, String> {
    let value = value(text, environment);
    plain_text(&value).ok_or_else(|| {
        format!(
            "{what} `{}` gives {} where a text is needed; there are no variables before the process starts",
            text.written(),
            value.kind()
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Run, check_problems, context, flows, process};
    use crate::{Rejection, Start, read, start};

    fn now() -> Timestamp {
        "2026-03-02T06:00:00Z".parse().expect("a moment")
    }

    fn deployed(text: &str) -> Catalog {
        let reading = read(text);
        assert!(
            reading.report.is_deployable(),
            "{:#?}",
            reading.report.problems
        );
        Catalog::default().with_process(Key(1), 1, reading.processes[0].clone())
    }

    fn start_with(definition: &str) -> String {
        let body = format!(
            r#"<startEvent id="s">{definition}</startEvent><userTask id="A"/>{}"#,
            flows("s>A")
        );
        process(&body).replace(
            "<process",
            r#"<message id="M" name="=&quot;news-&quot; + string(1 + 1)"/><signal id="S" name="=place"/><signal id="T" name="storm"/><process"#,
        )
    }

    /// One line an entry, then the problems.
    #[track_caller]
    fn check(definition: &str, expected: &[&str]) {
        let (entries, problems) = entries(&deployed(&start_with(definition)), Key(1), now());
        let shown = entries.iter().map(|entry| {
            let awaits = match &entry.awaits {
                EntryAwaits::Message { name } => format!("message {name}"),
                EntryAwaits::Signal { name } => format!("signal {name}"),
                EntryAwaits::Timer { due, repeat } => {
                    let remaining = repeat.as_ref().map(|repeat| repeat.remaining);
                    format!("timer {due} {remaining:?}")
                }
                EntryAwaits::Condition => "condition".to_owned(),
            };
            format!("{} {} {awaits}", entry.element, entry.definition)
        });
        let shown: Vec<String> = shown.chain(problems).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn messages_signals_times_and_conditions_start_processes() {
        check(
            r#"<messageEventDefinition messageRef="M"/>"#,
            &["s 0 message news-2"],
        );
        check(
            r#"<signalEventDefinition signalRef="T"/>"#,
            &["s 0 signal storm"],
        );
        let timer = |time: &str| format!("<timerEventDefinition>{time}</timerEventDefinition>");
        check(
            &timer("<timeDate>2026-04-01T09:00:00+03:00</timeDate>"),
            &["s 0 timer 2026-04-01T06:00:00Z None"],
        );
        check(
            &timer("<timeDuration>PT1H</timeDuration>"),
            &["s 0 timer 2026-03-02T07:00:00Z None"],
        );
        check(
            &timer("<timeCycle>R3/P1D</timeCycle>"),
            &["s 0 timer 2026-03-03T06:00:00Z Some(Some(2))"],
        );
        check(
            "<conditionalEventDefinition><condition>=risk &gt; 3</condition></conditionalEventDefinition>",
            &["s 0 condition"],
        );
    }

    #[test]
    fn what_cannot_be_computed_without_variables_is_a_problem() {
        check(
            r#"<signalEventDefinition signalRef="S"/>"#,
            &[
                "The signal name of \"s\" `=place` gives null where a text is needed; there are no variables before the process starts",
            ],
        );
        check(
            "<timerEventDefinition><timeDate>=day</timeDate></timerEventDefinition>",
            &[
                "The timer of \"s\": a null is not a date and time such as 2026-03-02T09:00:00+03:00",
            ],
        );
    }

    #[test]
    fn a_condition_starts_a_process_when_it_is_asked_with_variables() {
        let text = start_with(
            "<conditionalEventDefinition><condition>=risk &gt; 3</condition></conditionalEventDefinition>",
        );
        let catalog = deployed(&text);
        let ask = |variables| conditions_true(&catalog, Key(1), &context(variables), now());
        assert_eq!(ask(json!({"risk": 4})), [("s".to_owned(), 0)]);
        assert!(ask(json!({"risk": 3})).is_empty());
        assert!(ask(json!({})).is_empty());
        let begin = |at: Option<&str>| Start {
            key: Key::of_instance(1),
            definition: Key(1),
            at: at.map(str::to_owned),
            definition_of_at: 0,
            business_id: None,
            variables: context(json!({"risk": 4})),
            parent: None,
            calendar: None,
        };
        let (instance, _) = start(&catalog, begin(Some("s")), now()).expect("a start");
        assert_eq!(instance.tasks().len(), 1);
        assert!(matches!(
            start(&catalog, begin(None), now()),
            Err(Rejection::BeginsByEventOnly { .. })
        ));
    }

    const CONDITION: &str = "<conditionalEventDefinition><condition>=risk &gt; 3</condition></conditionalEventDefinition>";
    const DATE: &str = "<timerEventDefinition><timeDate>2026-04-01T09:00:00+03:00</timeDate></timerEventDefinition>";

    /// What begins instances at a parallel multiple start event with these definitions: their numbers.
    #[track_caller]
    fn check_all_of(definitions: &str, expected: &[u32]) {
        let text = start_with(definitions).replace(
            r#"<startEvent id="s">"#,
            r#"<startEvent id="s" parallelMultiple="true">"#,
        );
        let (entries, problems) = entries(&deployed(&text), Key(1), now());
        assert_eq!(problems, [""; 0]);
        let numbers = entries.iter().map(|entry| entry.definition);
        assert_eq!(numbers.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn of_a_parallel_multiple_event_what_says_which_case_it_is_about_begins_it() {
        let signal = r#"<signalEventDefinition signalRef="T"/>"#;
        check_all_of(&format!("{DATE}{signal}{CONDITION}{signal}"), &[1, 3]);
        check_all_of(&format!("{DATE}{CONDITION}{CONDITION}"), &[1]);
        check_all_of(&format!("{DATE}{DATE}"), &[0]);
    }

    #[test]
    fn of_several_conditions_that_hold_the_first_begins_one_instance() {
        let other = CONDITION.replace("3", "6");
        let catalog = deployed(&start_with(&format!("{other}{CONDITION}")));
        let ask = |risk: i64| {
            let holding =
                conditions_true(&catalog, Key(1), &context(json!({ "risk": risk })), now());
            holding.into_iter().map(|(_, number)| number).collect()
        };
        let answers: [Vec<u32>; 3] = [ask(3), ask(4), ask(7)];
        assert_eq!(answers, [vec![], vec![1], vec![0]]);
    }

    #[test]
    fn a_condition_that_is_missing_or_wrong_is_found() {
        let body = |definition: &str| {
            format!(
                r#"<startEvent id="s"/><startEvent id="c">{definition}</startEvent><task id="A"/>{}"#,
                flows("s>A c>A")
            )
        };
        check_problems(
            &body("<conditionalEventDefinition/>"),
            &["error: \"c\" has no condition"],
        );
        check_problems(
            &body(
                r#"<conditionalEventDefinition><extensionElements><z:conditionalFilter variableEvents="delete"/></extensionElements><condition>=a</condition></conditionalEventDefinition>"#,
            ),
            &["error: \"c\" looks at variables when they \"delete\""],
        );
        let run = Run::of(&body(
            "<conditionalEventDefinition><condition>=a</condition></conditionalEventDefinition>",
        ));
        assert!(run.ended());
    }
}
