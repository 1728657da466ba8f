//! What decisions answer is kept, whoever asked.

use crate::support::*;
use bpmn::Key;
use feel::{Context, Value};
use runtime::{
    Act, DecisionAccount, DecisionInstance, DecisionQuery, Error, Outcome, Request, Runtime,
};

fn aged(age: i64) -> Context {
    Context::from([("age", Value::from(age))])
}

async fn answers(runtime: &Runtime) -> Vec<DecisionInstance> {
    let query = DecisionQuery {
        oldest_first: true,
        ..DecisionQuery::default()
    };
    runtime.decision_instances(&query).await.unwrap()
}

async fn with_decision(folder: &Folder) -> Runtime {
    let runtime = open(folder, &morning()).await;
    deploy(&runtime, &["decides", "risk.dmn"]).await.unwrap();
    runtime
}

#[tokio::test]
async fn what_a_business_rule_task_was_told_is_kept() {
    let folder = Folder::new();
    let runtime = with_decision(&folder).await;
    let act = Act::Start {
        process_id: "decides".into(),
        version: None,
        at: None,
        business_id: None,
        variables: aged(4),
        calendar: None,
    };
    let answer = runtime.submit(Request::by("grace").act(act)).await.unwrap();
    let instance = answer.started().unwrap();
    let kept = answers(&runtime).await;
    let [row] = kept.as_slice() else {
        panic!("one decision: {kept:?}");
    };
    let by = row.asked_by.as_ref().unwrap();
    assert_eq!((by.instance, by.element.as_str()), (instance, "decide"));
    assert_eq!(
        (row.decision_id.as_str(), row.version, row.part, row.at),
        ("risk", 1, 1, at(MORNING))
    );
    assert_eq!(
        (row.actor.as_str(), row.key.instance()),
        ("grace", instance)
    );
    let account = DecisionAccount::of(row).unwrap().evaluated;
    assert_eq!(account.matched_rules, [1]);
    assert_eq!(account.rule_outputs, [[Value::from("high")]]);
    assert_eq!(account.inputs, [("Age".to_owned(), Value::from(4))]);
    assert_eq!(account.output, Value::from("high"));
}

#[tokio::test]
async fn who_asks_without_a_process_gets_an_answer_that_is_kept_with_what_was_missing() {
    let folder = Folder::new();
    let runtime = with_decision(&folder).await;
    let ask = |decision: &str, definition: Option<Key>, variables: Context| {
        let act = Act::EvaluateDecision {
            decision: decision.into(),
            definition,
            variables,
        };
        runtime.submit(Request::by("daniel").act(act))
    };
    let answer = ask("risk", None, aged(12)).await.unwrap();
    let Some(Outcome::Decided(decided)) = answer.outcomes.first() else {
        panic!("no decision: {answer:?}");
    };
    assert_eq!(decided.value, Value::from("low"));
    let by_key = ask("", Some(decided.definition), Context::default()).await;
    assert!(matches!(
        by_key.unwrap().outcomes.first(),
        Some(Outcome::Decided(decided)) if decided.failure.is_none()
    ));
    let kept = answers(&runtime).await;
    assert_eq!(kept.len(), 2);
    assert!(
        kept.iter()
            .all(|row| row.asked_by.is_none() && row.actor == "daniel")
    );
    assert_eq!((kept[0].key, kept[0].warnings), (decided.key, 0));
    let account = DecisionAccount::of(&kept[1]).unwrap();
    assert_eq!(kept[1].warnings as usize, account.warnings.len());
    assert!(account.warnings[0].to_string().contains("age"));
    let missing = ask("nothing", None, Context::default()).await;
    assert!(
        matches!(&missing, Err(Error::NoSuchDecision { decision }) if decision == "nothing"),
        "{missing:?}"
    );
}
