//! What is said of a model, held against what the core does: an instance of a sound process never waits for ever, and
//! never does a task twice at once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::random::cases;
use crate::testing::{Run, process};
use crate::{IncidentKind, SoundnessResult, read};

/// What is drawn: kinds of nodes, flows between them by number, and timers on tasks.
#[derive(Debug, Clone)]
struct Drawing {
    nodes: Vec<u8>,
    flows: Vec<(usize, usize, bool)>,
    timers: Vec<(usize, usize, bool)>,
}

fn drawing() -> impl Strategy<Value = Drawing> {
    (3..10_usize).prop_flat_map(|count| {
        let nodes = prop::collection::vec(0..8_u8, count);
        let flow = (0..count, 0..count, prop::bool::weighted(0.1));
        let flows = prop::collection::vec(flow, count..count + count / 2 + 1);
        let timer = (0..count, 0..count, any::<bool>());
        let timers = prop::collection::vec(timer, 0..2);
        (nodes, flows, timers).prop_map(|(nodes, flows, timers)| Drawing {
            nodes,
            flows,
            timers,
        })
    })
}

/// The model. Every flow back leads over a task, so that nothing goes round without waiting; what leads nowhere ends.
fn model(drawing: &Drawing) -> String {
    let count = drawing.nodes.len();
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut xml = r#"<startEvent id="s"/><endEvent id="e"/>"#.to_owned();
    let name = |number: usize| format!("n{number}");
    out.insert("s".into(), vec![name(0)]);
    for (from, to, back) in &drawing.flows {
        let (from, to) = if *back {
            (to, from)
        } else {
            (from.min(to), from.max(to))
        };
        if from <= to || *to == 0 {
            if from < to {
                out.entry(name(*from)).or_default().push(name(*to));
            }
            continue;
        }
        let between = format!("b{from}_{to}");
        if out.insert(between.clone(), vec![name(*to)]).is_none() {
            xml += &format!(r#"<userTask id="{between}"/>"#);
            out.entry(name(*from)).or_default().push(between);
        }
    }
    for (number, (at, to, interrupting)) in drawing.timers.iter().enumerate() {
        if drawing.nodes[*at] < 4 && at < to {
            xml +=
                &crate::testing::timer_on(&format!("t{number}"), &name(*at), *interrupting, "PT1H");
            out.insert(format!("t{number}"), vec![name(*to)]);
        }
    }
    for number in 0..count {
        let id = name(number);
        let targets = out.entry(id.clone()).or_default();
        targets.sort();
        targets.dedup();
        if targets.is_empty() {
            targets.push("e".into());
        }
        let kind = match drawing.nodes[number] {
            0..=3 => "userTask",
            4 => "parallelGateway",
            5 | 6 => "exclusiveGateway",
            _ => "inclusiveGateway",
        };
        let chooses = drawing.nodes[number] > 4 && targets.len() > 1;
        let default = chooses.then(|| format!(r#" default="{id}-{}""#, targets[0]));
        xml += &format!(r#"<{kind} id="{id}"{}/>"#, default.unwrap_or_default());
    }
    for (from, targets) in &out {
        let number = from
            .strip_prefix('n')
            .and_then(|number| number.parse::<usize>().ok());
        let chooses = number.is_some_and(|number| drawing.nodes[number] > 4) && targets.len() > 1;
        for (at, to) in targets.iter().enumerate() {
            let condition = match chooses && at > 0 {
                true => format!(
                    "<conditionExpression>=modulo(pick, {}) = 0</conditionExpression>",
                    at + 1
                ),
                false => String::new(),
            };
            xml += &format!(
                r#"<sequenceFlow id="{from}-{to}" sourceRef="{from}" targetRef="{to}">{condition}</sequenceFlow>"#
            );
        }
    }
    process(&xml)
}

/// What an instance does that no instance of a sound process does.
fn fault(run: &Run) -> Option<String> {
    let stuck = run.instance().incidents().values();
    if let Some(incident) = stuck
        .into_iter()
        .find(|incident| incident.kind == IncidentKind::Deadlock)
    {
        return Some(incident.message.clone());
    }
    let mut tasks = run.tasks();
    tasks.sort();
    let twice = tasks.windows(2).find(|pair| pair[0] == pair[1]);
    twice.map(|pair| format!("{} is open twice", pair[0]))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: cases() / 2, ..ProptestConfig::default() })]

    #[test]
    fn no_instance_of_a_sound_process_waits_for_ever(
        drawing in drawing(),
        picks in prop::collection::vec((0..60_i64, 0..8_usize, prop::bool::weighted(0.2)), 1..25),
    ) {
        let text = model(&drawing);
        let report = read(&text).report;
        prop_assert!(report.is_deployable(), "{:?}", report.problems);
        let dead = |problem: &xml::Problem| problem.message.contains("never be executed");
        let only_dead = report.soundness[0].findings.iter().all(dead);
        prop_assume!(report.soundness[0].result == SoundnessResult::Sound || only_dead);
        let mut run = Run::with(&[&text], json!({"pick": picks[0].0}));
        for (pick, which, fire) in picks {
            prop_assert_eq!(fault(&run), None, "{}", text);
            if run.ended() {
                break;
            }
            run.set(json!({"pick": pick}));
            let timers = run.timers();
            if fire && !timers.is_empty() {
                let timer = timers[which % timers.len()].clone();
                run.fire(timer.split(' ').next().unwrap_or_default());
                continue;
            }
            let tasks = run.tasks();
            prop_assert!(!tasks.is_empty(), "nothing is open: {}", text);
            run.complete(&tasks[which % tasks.len()], json!({}));
        }
    }
}
