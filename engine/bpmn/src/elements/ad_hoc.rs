//! Ad-hoc subprocess (BPMN 2.0.2, 10.3.5.4 and 13.3.5): what is inside is done when somebody chooses to, in any
//! order, as often as needed. `step/ad_hoc.rs` does it.
//!
//! What nothing leads to can be started: by a person ([`crate::Command::ActivateElements`]), by the model
//! (`activeElementsCollection`: ids, when the subprocess is reached), or by a worker whose job it is (with a task
//! definition; a new job whenever something was done). Each start has a scope of its own, for its variables and for
//! what its flows lead to. `ordering="Sequential"` lets one go on at a time.
//!
//! Whenever one is done, the completion condition is asked, and sees its variables and the standard's counts
//! (`numberOfCompletedInstances` ...). When it holds, the rest is cut short, or with
//! `cancelRemainingInstances="false"` done to its end. Without a condition, what the model started makes an end when
//! all of it is done; otherwise the subprocess stays open until somebody completes it
//! ([`crate::Command::CompleteAdHoc`]): the path advises, the worker decides.
//!
//! Deviations: what flows inside lead to begins by itself and is not only enabled. The collection of results has
//! those that were completed, in the order in which they were started.

use std::sync::Arc;

use feel::Expression;
use xml::Element as Xml;

use super::job::{self, JobDefinition};
use super::multi_instance::{Output, output};
use super::{Element, Subprocess};
use crate::definition::{FlowNode, Parts};
use crate::read::{BPMN, NodeReader};
use crate::{Key, ProcessDefinition, ProcessInstance};

/// How the insides of a subprocess are chosen, and when it is over.
#[derive(Debug)]
pub struct AdHoc {
    /// Whether one goes on at a time.
    pub sequential: bool,
    /// Whether the rest is cut short when it is over.
    pub cancels_remaining: bool,
    /// When it is over.
    pub(crate) condition: Option<Expression>,
    /// Ids of what is started when it is reached.
    pub(crate) elements: Option<Expression>,
    /// What becomes of the results.
    pub(crate) output: Option<Output>,
    /// The worker that chooses.
    pub job: Option<JobDefinition>,
}

impl AdHoc {
    /// Whether it stays open until a person says that it is over: neither the model nor a worker's program decides.
    pub fn is_ended_by_a_person(&self) -> bool {
        self.condition.is_none() && self.elements.is_none() && self.job.is_none()
    }
}

pub(crate) fn read(node: &mut NodeReader<'_, '_>) -> Option<Element> {
    let written = node
        .child("completionCondition")
        .filter(|condition| !condition.text().trim().is_empty());
    let condition = match written {
        Some(written) => Some(node.reader.content_expression(node.xml, written)?),
        None => None,
    };
    let zeebe = node.extension("adHoc");
    let elements = zeebe
        .and_then(|zeebe| zeebe.attribute_named("", "activeElementsCollection"))
        .filter(|written| !written.value.trim().is_empty());
    let elements = match elements {
        Some(written) => Some(node.reader.attribute_expression(node.xml, written)?),
        None => None,
    };
    let output = match zeebe {
        Some(zeebe) => output(node, zeebe, Some(zeebe))?,
        None => None,
    };
    let job = match node.extension("taskDefinition") {
        Some(_) => Some(job::read(node)?),
        None => None,
    };
    let ad_hoc = AdHoc {
        sequential: node.xml.attribute("ordering") == Some("Sequential"),
        cancels_remaining: node.xml.attribute("cancelRemainingInstances") != Some("false"),
        condition,
        elements,
        output,
        job,
    };
    Some(Element::Subprocess(Subprocess {
        event: false,
        transaction: false,
        ad_hoc: Some(Box::new(ad_hoc)),
        parts: Parts::default(),
    }))
}

/// What the standard does not allow inside: it begins and ends where somebody chooses.
pub(crate) fn is_forbidden_inside(inner: &Xml) -> bool {
    inner.is(BPMN, "startEvent") || inner.is(BPMN, "endEvent")
}

/// An ad-hoc subprocess that is open, for whoever shows what can be done.
#[derive(Debug)]
pub struct OpenAdHoc<'d> {
    /// The visit.
    pub key: Key,
    /// The ad-hoc subprocess.
    pub node: &'d FlowNode,
    /// What can be started in it now, in the order of the document.
    pub startable: Vec<&'d FlowNode>,
    /// How many that were started are not done yet.
    pub active: u32,
    /// How many were done.
    pub completed: u32,
}

/// The ad-hoc subprocesses of an instance that are open, oldest first.
pub fn open_ad_hocs<'d>(
    definition: &'d ProcessDefinition,
    instance: &ProcessInstance,
) -> Vec<OpenAdHoc<'d>> {
    let mut open = Vec::new();
    for (key, visit) in instance.elements() {
        let (Some(node), Some(state)) = (definition.node(visit.element()), visit.looping()) else {
            continue;
        };
        let Element::Subprocess(subprocess) = &node.element else {
            continue;
        };
        let Some(ad_hoc) = subprocess.ad_hoc.as_deref() else {
            continue;
        };
        // The body of a loop of ad-hoc subprocesses counts its items, and is none itself.
        let is_body = node.looping.is_some() && visit.item().is_none();
        if is_body || state.is_closed() {
            continue;
        }
        let active = state.active();
        let is_busy = ad_hoc.sequential && active > 0;
        let startable = subprocess.parts.begin.iter().filter(|_| !is_busy);
        open.push(OpenAdHoc {
            key: *key,
            node,
            startable: startable.map(|index| definition.at(*index)).collect(),
            active,
            completed: state.completed(),
        });
    }
    open
}

/// One thing that is to be started in an ad-hoc subprocess. JSON: `{"element": "visit", "variables": {...}}`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementStart {
    /// Id of the element in the model.
    pub element: Arc<str>,
    /// Variables of this start alone.
    #[serde(default)]
    pub variables: feel::Context,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{ElementStart, open_ad_hocs};
    use crate::testing::{Run, check_problems, context, flows, for_each, process, timer_on};
    use crate::{Command, Key, Rejection};

    /// An ad-hoc subprocess with two tasks and a pair, and a task behind it.
    fn model(attributes: &str, inside: &str) -> String {
        format!(
            r#"<startEvent id="s"/><adHocSubProcess id="P" {attributes}>{inside}<userTask id="A"/><userTask id="B"/>
            <userTask id="C"/>{}</adHocSubProcess><userTask id="After"/>{}"#,
            flows("B>C"),
            flows("s>P>After")
        )
    }

    fn run(attributes: &str, inside: &str, variables: Json) -> Run {
        Run::with(&[&process(&model(attributes, inside))], variables)
    }

    fn open(run: &Run) -> Option<(Key, Vec<String>)> {
        let definition = run
            .catalog
            .latest("p")
            .expect("the process")
            .definition
            .clone();
        let open = open_ad_hocs(&definition, run.instance());
        let first = open.first()?;
        let names = first.startable.iter().map(|node| node.id().to_owned());
        Some((first.key, names.collect()))
    }

    fn try_start(run: &mut Run, elements: &[(&str, Json)]) -> Result<(), Rejection> {
        let (ad_hoc, _) = open(run).expect("an open ad-hoc subprocess");
        let elements = elements.iter().map(|(element, variables)| ElementStart {
            element: (*element).into(),
            variables: context(variables.clone()),
        });
        run.command(Command::ActivateElements {
            ad_hoc,
            elements: elements.collect(),
            cancel_remaining: false,
        })
    }

    #[track_caller]
    fn start(run: &mut Run, element: &str) {
        try_start(run, &[(element, json!({}))]).expect("a start");
    }

    #[test]
    fn people_start_what_they_choose_as_often_as_they_choose_until_somebody_says_that_it_is_over() {
        let mut run = run("", "", json!({}));
        assert_eq!(open(&run).expect("open").1, ["A", "B"]);
        assert!(run.tasks().is_empty());
        start(&mut run, "A");
        start(&mut run, "A");
        start(&mut run, "B");
        assert_eq!(run.tasks(), ["A", "A", "B"]);
        run.complete("A", json!({}));
        run.complete("A", json!({}));
        run.complete("B", json!({}));
        assert_eq!(run.tasks(), ["C"]);
        run.complete("C", json!({}));
        assert!(run.tasks().is_empty());
        let (ad_hoc, _) = open(&run).expect("still open");
        run.command(Command::CompleteAdHoc { ad_hoc })
            .expect("an end");
        assert_eq!(run.tasks(), ["After"]);
        assert!(open(&run).is_none());
    }

    #[test]
    fn what_cannot_be_started_is_refused() {
        let mut run = run(r#"ordering="Sequential""#, "", json!({}));
        let refused = |element: &str| Rejection::NotStartable {
            name: "P".into(),
            element: element.into(),
        };
        assert_eq!(try_start(&mut run, &[("C", json!({}))]), Err(refused("C")));
        assert_eq!(
            try_start(&mut run, &[("After", json!({}))]),
            Err(refused("After"))
        );
        start(&mut run, "A");
        let busy = Rejection::OneAtATime { name: "P".into() };
        assert_eq!(try_start(&mut run, &[("A", json!({}))]), Err(busy));
        assert!(open(&run).expect("open").1.is_empty());
        run.complete("A", json!({}));
        start(&mut run, "A");
        let nowhere = Command::CompleteAdHoc { ad_hoc: Key(7) };
        assert!(matches!(
            run.command(nowhere),
            Err(Rejection::NoSuchAdHoc { .. })
        ));
    }

    #[test]
    fn the_model_names_what_is_started_and_it_ends_when_all_is_done() {
        let collection = r#"<extensionElements><z:adHoc activeElementsCollection="=chosen" outputCollection="results" outputElement="=result"/></extensionElements>"#;
        let mut run = run("", collection, json!({"chosen": ["A", "B"]}));
        assert_eq!(run.tasks(), ["A", "B"]);
        run.complete("B", json!({}));
        run.complete("C", json!({"result": "c"}));
        run.complete("A", json!({"result": "a"}));
        assert_eq!(run.tasks(), ["After"]);
        assert_eq!(run.variable("results"), json!(["a", "c"]));
        assert_eq!(run.variable("result"), json!(null));
    }

    #[test]
    fn elements_that_do_not_exist_are_an_incident() {
        let collection = r#"<extensionElements><z:adHoc activeElementsCollection="=chosen"/></extensionElements>"#;
        let mut run = run("", collection, json!({"chosen": ["C"]}));
        assert_eq!(
            run.incidents(),
            ["\"C\" is not an element of \"P\" that can be started"]
        );
        run.set(json!({"chosen": []}));
        run.resolve();
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn a_condition_ends_it_and_cuts_the_rest_short() {
        let condition =
            "<completionCondition>numberOfCompletedInstances = 2 or enough</completionCondition>";
        let mut run = run("", condition, json!({"enough": false}));
        try_start(
            &mut run,
            &[("A", json!({})), ("B", json!({})), ("A", json!({}))],
        )
        .expect("starts");
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B", "A"]);
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn a_condition_can_let_the_rest_be_done_but_nothing_more_be_started() {
        let condition = "<completionCondition>enough</completionCondition>";
        let mut run = run(
            r#"cancelRemainingInstances="false""#,
            condition,
            json!({"enough": true}),
        );
        try_start(&mut run, &[("A", json!({})), ("B", json!({}))]).expect("starts");
        run.complete("A", json!({}));
        assert_eq!(run.tasks(), ["B"]);
        assert!(open(&run).is_none());
        run.complete("B", json!({}));
        run.complete("C", json!({}));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn a_start_has_variables_of_its_own() {
        let output = r#"<extensionElements><z:adHoc outputCollection="results" outputElement="=who + result"/></extensionElements>"#;
        let mut run = run("", output, json!({}));
        try_start(
            &mut run,
            &[
                ("A", json!({"who": "x", "result": null})),
                ("B", json!({"who": "y", "result": null})),
            ],
        )
        .expect("starts");
        run.complete("B", json!({}));
        run.complete("C", json!({"result": 2}));
        run.set(json!({"result": "outside"}));
        assert_eq!(run.incidents(), Vec::<String>::new());
        run.complete("A", json!({"result": "1"}));
        let (ad_hoc, _) = open(&run).expect("open");
        run.command(Command::CompleteAdHoc { ad_hoc })
            .expect("an end");
        assert_eq!(run.variable("results"), json!(["x1", null]));
    }

    #[test]
    fn a_worker_chooses_and_gets_a_new_job_whenever_something_was_done() {
        let job = r#"<extensionElements><z:taskDefinition type="agent"/></extensionElements>"#;
        let mut run = run("", job, json!({}));
        let first = run.job("agent");
        let (ad_hoc, _) = open(&run).expect("open");
        let elements = run
            .instance()
            .visible_variable(ad_hoc, "adHocSubProcessElements");
        let elements = elements.expect("the elements").to_json();
        assert_eq!(elements[1]["elementId"], json!("B"));
        let choose = |job: Key, elements: &[&str], is_over: bool| Command::CompleteAdHocJob {
            job,
            variables: context(json!({"thought": "hm"})),
            elements: elements
                .iter()
                .map(|element| ElementStart {
                    element: (*element).into(),
                    variables: context(json!({})),
                })
                .collect(),
            completion_condition_fulfilled: is_over,
            cancel_remaining: false,
        };
        assert!(run.command(choose(first, &["C"], false)).is_err());
        run.command(choose(first, &["A", "B"], false))
            .expect("a choice");
        assert!(run.instance().jobs().is_empty());
        run.complete("A", json!({}));
        let second = run.job("agent");
        run.complete("B", json!({}));
        run.complete("C", json!({}));
        let third = run.job("agent");
        assert!(third > second);
        assert_eq!(run.instance().jobs().len(), 1);
        run.command(choose(third, &[], true)).expect("an end");
        assert_eq!(run.tasks(), ["After"]);
        assert_eq!(run.variable("thought"), json!("hm"));
    }

    #[test]
    fn a_boundary_event_ends_it_with_all_that_was_started() {
        let timer = format!("{}{}", timer_on("T", "P", true, "PT1H"), flows("T>After"));
        let mut run = Run::of(&format!("{}{timer}", model("", "")));
        start(&mut run, "A");
        run.fire("T");
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn an_interrupting_event_subprocess_takes_its_place() {
        let event = format!(
            r#"<subProcess id="Q" triggeredByEvent="true"><startEvent id="qs"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></startEvent><userTask id="D"/>{}</subProcess>"#,
            flows("qs>D")
        );
        let mut run = run("", &event, json!({}));
        start(&mut run, "A");
        run.fire("qs");
        assert_eq!(run.tasks(), ["D"]);
        assert!(open(&run).is_none());
        run.complete("D", json!({}));
        assert_eq!(run.tasks(), ["After"]);
    }

    #[test]
    fn ad_hoc_subprocesses_can_be_multi_instance() {
        let marker = for_each("[1, 2]", "").replace("=result", "=x");
        let mut run = run("", &marker, json!({}));
        start(&mut run, "A");
        run.complete("A", json!({}));
        for _ in 0..2 {
            let (ad_hoc, names) = open(&run).expect("open");
            assert_eq!(names, ["A", "B"]);
            run.command(Command::CompleteAdHoc { ad_hoc })
                .expect("an end");
        }
        assert_eq!(run.tasks(), ["After"]);
        assert_eq!(run.variable("results"), json!([1, 2]));
    }

    #[test]
    fn wrong_insides_are_found() {
        check_problems(
            &format!(
                r#"<startEvent id="s"/><adHocSubProcess id="P"><startEvent id="ps"/></adHocSubProcess>{}"#,
                flows("s>P")
            ),
            &[
                "error: \"P\" has nothing that can be started",
                "error: \"ps\" lies in an ad-hoc subprocess",
                "warning: \"ps\" is never reached",
            ],
        );
    }
}
