//! What must hold after every fault: each acknowledged deed is there once, each other one whole or not at all, the tables
//! say what the states say, the records give the states, and the chains are whole.

use std::collections::{BTreeMap, BTreeSet};

use bpmn::Status;
use jiff::Timestamp;
use runtime::{Clock, HistoryRow, Options, Runtime};
use store::{InstanceQuery, MAX_LIMIT, Store};

use super::ledger::{Deed, Fate, Kind};
use crate::harness::{self, Instance, projections};

/// Kept messages of one case that are looked at.
const LETTERS_MAX: u32 = 1_000;

/// What a check has looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checked {
    pub(super) instances: u64,
    /// Deeds without an answer that were there all the same.
    pub(super) there: u64,
    /// Deeds without an answer that were not there.
    pub(super) absent: u64,
}

/// An instance with its account.
struct Case {
    instance: Instance,
    history: Vec<HistoryRow>,
    /// The records of each row as text.
    texts: Vec<String>,
}

/// Looks at the cases of the deeds and at all that still run, in a database that nobody writes at present. `Ok(Err(..))`
/// names what is broken.
pub(super) async fn check(
    address: &str,
    deeds: &[Deed],
) -> Result<Result<Checked, String>, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let store = Store::open(address).await.map_err(|error| told(&error))?;
    // At the beginning of time nothing is due: only looking.
    let clock = Clock::test(Timestamp::UNIX_EPOCH);
    let engine = Runtime::open(store.clone(), clock, Options::default())
        .await
        .map_err(|error| told(&error))?;
    let checked = look(&store, &engine, deeds).await;
    engine.stop().await;
    checked.map_err(|error| told(&error))
}

async fn look(
    store: &Store,
    engine: &Runtime,
    deeds: &[Deed],
) -> runtime::Result<Result<Checked, String>> {
    let wanted: BTreeSet<String> = deeds
        .iter()
        .filter(|deed| !deed.case.is_empty())
        .map(|deed| deed.case.clone())
        .collect();
    let cases = cases(engine, wanted.iter().cloned().collect()).await?;
    let instances: Vec<Instance> = cases.iter().map(|case| case.instance.clone()).collect();
    if let Err(problem) = harness::check(&instances) {
        return Ok(Err(problem));
    }
    for case in &cases {
        let key = case.instance.state.key();
        if let Err(problem) = projections::check(engine, &case.instance).await? {
            return Ok(Err(format!(
                "the tables say otherwise about instance {key}: {problem}"
            )));
        }
    }
    let mut by_id: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        // A called instance has the business id of its caller.
        let state = &case.instance.state;
        if let Some(id) = state.business_id().filter(|_| state.parent().is_none()) {
            by_id.entry(id).or_default().push(case);
        }
    }
    let kept = kept(store, &wanted).await?;
    let mut checked = Checked {
        instances: cases.len() as u64,
        ..Checked::default()
    };
    for deed in deeds {
        let found = by_id.get(deed.case.as_str()).map_or(&[][..], Vec::as_slice);
        let told = match deed.kind {
            Kind::Start => Ok(found.len()),
            Kind::Complete | Kind::Print => Ok(found.iter().map(|case| case.marked(deed)).sum()),
            Kind::Letter => letter(deed, found, &kept),
            Kind::Notice => notice(deed, &cases, deeds),
        };
        let judged = told.and_then(|count| judge(deed, count, &mut checked));
        if let Err(problem) = judged {
            return Ok(Err(format!("{problem}\n  {deed:?}")));
        }
    }
    Ok(Ok(checked))
}

fn judge(deed: &Deed, count: usize, checked: &mut Checked) -> Result<(), String> {
    match (deed.fate, count) {
        (Fate::Acknowledged, 1) | (Fate::Refused, 0) => {}
        (Fate::Unknown, 0) => checked.absent += 1,
        (Fate::Unknown, 1) => checked.there += 1,
        (Fate::Acknowledged, 0) => return Err("what was acknowledged is lost".to_owned()),
        (Fate::Refused, _) => return Err(format!("what was refused is there {count} times")),
        (Fate::Acknowledged | Fate::Unknown, _) => {
            return Err(format!("what was asked once is there {count} times"));
        }
    }
    Ok(())
}

/// A letter is kept until its time is over, also when it was given to its case. One that was not given while the case waits
/// for it was forgotten.
fn letter(deed: &Deed, cases: &[&Case], kept: &BTreeMap<String, String>) -> Result<usize, String> {
    let given: usize = cases.iter().map(|case| case.marked(deed)).sum();
    let is_kept = kept.contains_key(&deed.mark);
    if given == 0 && is_kept && cases.iter().any(|case| case.waits_for_letter()) {
        return Err("a letter is kept, and the case that waits for it did not get it".to_owned());
    }
    Ok(given.max(usize::from(is_kept)))
}

/// A signal is for all who wait when it comes: nobody gets it twice, and of those who waited from before it was asked until
/// after it was answered, all get it or none.
fn notice(deed: &Deed, cases: &[Case], deeds: &[Deed]) -> Result<usize, String> {
    let (mut got, mut missed) = (0, 0);
    for case in cases {
        let count = case.marked(deed);
        if count > 1 {
            let key = case.instance.state.key();
            return Err(format!("instance {key} got a signal {count} times"));
        }
        got += count;
        if count == 0 && case.waited_throughout(deed, deeds) {
            missed += 1;
        }
    }
    if missed > 0 && (got > 0 || deed.fate == Fate::Acknowledged) {
        return Err(format!(
            "{got} cases got a signal, and {missed} that waited did not"
        ));
    }
    Ok(match deed.fate {
        // Nobody may have waited.
        Fate::Acknowledged => 1,
        Fate::Refused | Fate::Unknown => got.min(1),
    })
}

impl Case {
    /// How many rows of the history tell of a deed.
    fn marked(&self, deed: &Deed) -> usize {
        let mark = format!("\"{}\"", deed.mark);
        let rows = self.history.iter().zip(&self.texts);
        rows.filter(|(row, text)| row.command == deed.kind.command() && text.contains(&mark))
            .count()
    }

    fn waits_for_letter(&self) -> bool {
        let subscriptions = self.instance.state.subscriptions().values();
        subscriptions
            .map(|subscription| &subscription.awaits)
            .any(|awaits| matches!(awaits, bpmn::Awaited::Message { .. }))
    }

    /// Whether it was there before a signal was asked for, and its last step was not asked before the answer.
    fn waited_throughout(&self, signal: &Deed, deeds: &[Deed]) -> bool {
        let state = &self.instance.state;
        let Some(id) = state.business_id().filter(|_| state.parent().is_none()) else {
            return false;
        };
        let own = |kind| move |deed: &&Deed| deed.case == id && deed.kind == kind;
        let began = deeds
            .iter()
            .filter(own(Kind::Start))
            .any(|deed| deed.fate == Fate::Acknowledged && deed.answered < signal.asked);
        let steps = deeds.iter().filter(own(Kind::Complete));
        let early = steps.filter(|deed| deed.asked < signal.answered).count();
        // The second completion may end the case.
        began && (early < 2 || self.instance.state.status() == Status::Active)
    }
}

/// The instances with these business ids, and all that run.
async fn cases(engine: &Runtime, ids: Vec<String>) -> runtime::Result<Vec<Case>> {
    let running = InstanceQuery {
        status: Some(Status::Active),
        limit: MAX_LIMIT,
        ..InstanceQuery::default()
    };
    let mut views = BTreeMap::new();
    for view in engine.instances(&running).await? {
        views.insert(view.key, view);
    }
    for business_ids in ids.chunks(500) {
        let query = InstanceQuery {
            business_ids: business_ids.to_vec(),
            limit: MAX_LIMIT,
            ..InstanceQuery::default()
        };
        for view in engine.instances(&query).await? {
            views.insert(view.key, view);
        }
    }
    let mut cases = Vec::new();
    for (key, view) in views {
        let history = engine.history(key).await?;
        let texts = history
            .iter()
            .map(|row| serde_json::to_string(&row.records).unwrap_or_default())
            .collect();
        let records = history.iter().flat_map(|row| row.records.clone()).collect();
        cases.push(Case {
            instance: Instance {
                state: view.state,
                records,
            },
            history,
            texts,
        });
    }
    Ok(cases)
}

/// The marks of the letters that are kept, with the cases that they are for.
async fn kept(
    store: &Store,
    cases: &BTreeSet<String>,
) -> runtime::Result<BTreeMap<String, String>> {
    let pairs: Vec<(String, String)> = cases
        .iter()
        .map(|case| ("letter".to_owned(), case.clone()))
        .collect();
    let mut kept = BTreeMap::new();
    let mut unit = store.begin().await?;
    for pairs in pairs.chunks(500) {
        let found = unit
            .messages(pairs, Timestamp::UNIX_EPOCH, LETTERS_MAX)
            .await?;
        for message in found {
            if let Some(id) = message.message_id {
                kept.insert(id, message.correlation);
            }
        }
    }
    Ok(kept)
}
