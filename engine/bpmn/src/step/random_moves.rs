//! Tokens moved by hand at random, between random commands: the invariants hold, and nothing is left that waits for nothing.

use proptest::prelude::*;
use serde_json::json;

use super::random::{command, everything, happening, undone};
use super::random_loops;
use crate::elements::Element;
use crate::testing::{Run, context, heard, timer_on};
use crate::{
    Activation, Ancestor, Command, ElementInstance, Key, Migration, Modification, Move,
    ProcessDefinition, ProcessInstance, ScopeVariables, Status, TimerPolicy, Which,
};

/// A modification of the main instance: one of its visits and one of the elements of its model.
fn modification(run: &Run, which: usize, number: i64) -> Modification {
    let definition = &run.catalog.latest("p").expect("deployed").definition;
    let nodes = definition.nodes();
    let element = nodes[(which * 7 + number as usize) % nodes.len()]
        .id()
        .to_owned();
    let visits: Vec<Key> = run.instance().elements().keys().copied().collect();
    let visit = visits.get(which % visits.len().max(1)).copied();
    let visit = visit.unwrap_or(run.main);
    let variables = vec![ScopeVariables {
        scope: (number % 2 == 0).then(|| element.clone()),
        variables: context(json!({"n": number})),
    }];
    let source = if number % 3 == 0 {
        let at = run.instance().elements().get(&visit);
        let element = at.map_or("s".into(), |at| at.element().to_string());
        Which::Element { element }
    } else {
        Which::Visit { key: visit }
    };
    let mut asked = Modification::default();
    match number {
        0..=2 => asked.activate.push(Activation {
            element,
            ancestor: (number == 2).then_some(visit),
            variables,
        }),
        3..=6 => asked.moves.push(Move {
            source,
            target: element,
            ancestor: match number {
                3 => Ancestor::Only,
                4 => Ancestor::Direct { key: run.main },
                5 => Ancestor::Inferred,
                _ => Ancestor::SourceParent,
            },
            variables,
        }),
        _ => asked.terminate.push(source),
    }
    asked
}

/// What is active waits for something, or holds something that does.
fn check_alive(run: &Run) -> Result<(), String> {
    for instance in run.instances.values() {
        if instance.status() != Status::Active {
            continue;
        }
        let process = run.catalog.process(instance.definition());
        let definition = &process.expect("deployed").definition;
        let own = instance.scope(instance.key()).expect("it is there");
        let listens = instance
            .jobs()
            .values()
            .any(|job| job.element_instance == instance.key());
        if own.children().is_empty()
            && own.arrivals().is_empty()
            && !listens
            && instance.incidents().is_empty()
        {
            return Err(format!("nothing is left in {}", instance.key()));
        }
        for (key, visit) in instance.elements() {
            if !is_alive(definition, instance, *key, visit) {
                return Err(format!("{key} at {} waits for nothing", visit.element()));
            }
        }
    }
    Ok(())
}

fn is_alive(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
    key: Key,
    visit: &ElementInstance,
) -> bool {
    let inner = instance.scope(key).expect("it is there");
    let element = definition
        .node(visit.element())
        .expect("in the model")
        .element();
    let open_ad_hoc = matches!(element, Element::Subprocess(inside) if inside.ad_hoc.is_some());
    let stopped = instance
        .incidents()
        .values()
        .any(|i| i.element_instance == key);
    let works = instance.jobs().values().any(|j| j.element_instance == key);
    let waits = if let Element::Subprocess(_) = element {
        // Of a subprocess, events that are awaited do not lead on.
        stopped || works
    } else if let Element::CallActivity(_)
    | Element::IntermediateThrowEvent(_)
    | Element::EndEvent(_) = element
    {
        // Its called process goes on, and throw events wait for compensation.
        true
    } else {
        !inner.waits().is_empty() || visit.waits_for_reset()
    };
    waits || open_ad_hoc || !inner.children().is_empty() || !inner.arrivals().is_empty()
}

/// The same model with another timer on a task, and without a timer that it had.
fn next_version(text: &str) -> String {
    let more = timer_on("More", "A", false, "PT3H");
    let (before, after) = text.split_once(r#"<userTask id="A""#).expect("a task A");
    let text = format!(r#"{before}{more}<userTask id="A"{after}"#);
    text.replace(r#""T1""#, r#""T1v2""#)
}

/// Back and forth between both versions.
fn migration(run: &Run, number: i64) -> Command {
    if number > 6 {
        return Command::UndoMigration;
    }
    let keys = [1, 2].map(|version| run.catalog.version("p", version).expect("deployed").key);
    let [first, second] = keys;
    let target = if run.instance().definition() == first {
        second
    } else {
        first
    };
    let timers = if number % 2 == 0 {
        TimerPolicy::Keep
    } else {
        TimerPolicy::Recompute
    };
    Command::Migrate {
        migration: Migration {
            target,
            same_ids: true,
            timers,
            ..Migration::default()
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn whatever_is_moved_by_hand_the_records_lead_to_the_same_state(
        model in 0..4_usize,
        listens in any::<bool>(),
        start in 0..9_i64,
        asked in prop::collection::vec((any::<u8>(), 0..64_usize, 0..9_i64), 1..60),
    ) {
        let models = [everything(), undone(), happening(), random_loops::model()];
        let text = if listens { heard(&models[model]) } else { models[model].clone() };
        let mut run = Run::with(&[&text], json!({"n": start}));
        for (what, which, number) in asked {
            if what % 4 == 0 {
                let modification = modification(&run, which, number);
                let asked = format!("{modification:?}");
                let done = run.command(Command::Modify { modification });
                if done.is_ok() {
                    let alive = check_alive(&run);
                    prop_assert!(alive.is_ok(), "{alive:?} after {asked}");
                }
            } else if let Some((to, command)) = command(&run, what, which, number) {
                let _ = run.send(to, command);
            }
            let alive = check_alive(&run);
            prop_assert!(alive.is_ok(), "{alive:?}");
        }
    }

    #[test]
    fn whatever_is_migrated_the_records_lead_to_the_same_state(
        model in 0..4_usize,
        listens in any::<bool>(),
        start in 0..9_i64,
        asked in prop::collection::vec((any::<u8>(), 0..64_usize, 0..9_i64), 1..60),
    ) {
        let models = [everything(), undone(), happening(), random_loops::model()];
        let (first, second) = (models[model].clone(), next_version(&models[model]));
        let texts = if listens { [heard(&first), heard(&second)] } else { [first, second] };
        let mut run = Run::with(&[&texts[0], &texts[1]], json!({"n": start}));
        for (what, which, number) in asked {
            if what % 4 == 0 {
                let before = run.instance().clone();
                let done = run.command(migration(&run, number));
                let alive = check_alive(&run);
                prop_assert!(alive.is_ok(), "{alive:?}");
                if done.is_ok() && number < 7 && run.instance().before_migration().is_some() && which % 2 == 0 {
                    run.command(Command::UndoMigration).expect("nothing has happened");
                    prop_assert_eq!(without_last_key(run.instance()), without_last_key(&before));
                }
            } else if what % 16 == 1 {
                let suspended = run.instance().suspended_at().is_some();
                let _ = run.command(if suspended { Command::Resume } else { Command::Suspend });
            } else if what % 4 == 1 && which % 8 == 0 {
                let modification = modification(&run, which, number);
                let _ = run.command(Command::Modify { modification });
            } else if let Some((to, command)) = command(&run, what, which, number) {
                let _ = run.send(to, command);
            }
            let alive = check_alive(&run);
            prop_assert!(alive.is_ok(), "{alive:?}");
        }
    }
}

/// The state as JSON without the last key that was given out, and without what it was before another migration.
fn without_last_key(instance: &ProcessInstance) -> serde_json::Value {
    let mut json = serde_json::to_value(instance).expect("state as JSON");
    let fields = json.as_object_mut().expect("an object");
    fields.remove("l");
    fields.remove("v");
    json
}
