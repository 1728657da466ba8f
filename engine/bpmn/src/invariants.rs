//! What always holds, whatever the model and the commands were. For tests and simulations.

use std::collections::{BTreeMap, BTreeSet};

use crate::{JobKind, Key, ProcessInstance, Record, Status, replay};

/// Checks an instance against all records that it ever had; gives what does not hold.
pub fn check(instance: &ProcessInstance, records: &[Record]) -> Result<(), String> {
    let replayed = replay(records).ok_or("the first record is not instanceStarted")?;
    if replayed != *instance {
        return Err(format!(
            "the records lead to another state:\n{replayed:?}\nand not to:\n{instance:?}"
        ));
    }
    check_visits(instance, records)?;
    check_waits(instance)?;
    check_loops(instance)?;
    check_held(instance)?;
    instance.check_counts()?;
    instance.check_deadlines()?;
    instance.check_compensations()?;
    if instance.status() != Status::Active {
        check_nothing_left(instance)?;
    }
    Ok(())
}

/// Every visit that began is active, or completed, or terminated; exactly one of them.
fn check_visits(instance: &ProcessInstance, records: &[Record]) -> Result<(), String> {
    let mut ends: BTreeMap<Key, u32> = BTreeMap::new();
    for record in records {
        if let Record::ElementActivated { key, .. } = record {
            if ends.insert(*key, 0).is_some() {
                return Err(format!("the visit {key} began twice"));
            }
        } else if let Record::ElementCompleted { key } | Record::ElementTerminated { key } = record
        {
            let count = ends
                .get_mut(key)
                .ok_or_else(|| format!("the visit {key} ended before it began"))?;
            *count += 1;
        }
    }
    for (key, ends) in ends {
        let active = instance.elements().contains_key(&key);
        if ends + u32::from(active) != 1 {
            return Err(format!(
                "the visit {key} ended {ends} times, active: {active}"
            ));
        }
    }
    Ok(())
}

/// The items of a loop lie in its body, each number once, and the body counts them.
fn check_loops(instance: &ProcessInstance) -> Result<(), String> {
    let mut items: BTreeMap<Key, BTreeSet<u32>> = BTreeMap::new();
    for (key, visit) in instance.elements() {
        let Some(number) = visit.item() else {
            continue;
        };
        let body = instance.elements().get(&visit.scope());
        let begun = body
            .filter(|body| body.element() == visit.element())
            .and_then(|body| body.looping())
            .map_or(0, |state| state.begun());
        let numbers = items.entry(visit.scope()).or_default();
        if !(1..=begun).contains(&number) || !numbers.insert(number) {
            return Err(format!(
                "{key} is item {number} of {begun}, or a second one"
            ));
        }
    }
    for (key, visit) in instance.elements() {
        let Some(state) = visit.looping() else {
            continue;
        };
        let active = items.get(key).map_or(0, |numbers| numbers.len() as u32);
        let (begun, ended) = (state.begun(), state.completed() + state.terminated());
        if begun != active + ended || state.total().is_some_and(|total| begun > total) {
            return Err(format!(
                "{begun} items of {key} began, {active} are active, {ended} ended"
            ));
        }
    }
    Ok(())
}

/// Everything that is waited for belongs to an active visit, which knows of it.
fn check_waits(instance: &ProcessInstance) -> Result<(), String> {
    let tasks = instance
        .tasks()
        .values()
        .map(|t| (t.key, t.element_instance));
    let jobs = instance
        .jobs()
        .values()
        .map(|j| (j.key, j.element_instance));
    let timers = instance
        .timers()
        .values()
        .map(|t| (t.key, t.element_instance));
    let incidents = instance
        .incidents()
        .values()
        .map(|i| (i.key, i.element_instance));
    let subscriptions = instance
        .subscriptions()
        .values()
        .map(|s| (s.key, s.element_instance));
    let mut open = 0;
    let events = timers.chain(subscriptions);
    for (key, visit) in tasks.chain(jobs).chain(events).chain(incidents) {
        open += 1;
        let scope = instance.scope(visit);
        if !scope.is_some_and(|scope| scope.waits().contains(&key)) {
            return Err(format!(
                "{key} belongs to {visit}, which does not wait for it"
            ));
        }
    }
    let visits = instance.elements().values();
    let own = instance.scope(instance.key()).map(|scope| scope.waits());
    let waits =
        visits.map(|visit| visit.waits().len()).sum::<usize>() + own.map_or(0, <[Key]>::len);
    if waits != open {
        return Err(format!("visits wait for {waits} things, {open} are open"));
    }
    Ok(())
}

/// A task of which a change waits has the job of a listener, or an incident.
fn check_held(instance: &ProcessInstance) -> Result<(), String> {
    for task in instance.tasks().values().filter(|task| task.held.is_some()) {
        let mut jobs = instance.jobs().values();
        let mut incidents = instance.incidents().values();
        let asked = jobs.any(
            |job| matches!(job.kind, JobKind::TaskListener { task: asked, .. } if asked == task.key),
        );
        let visit = task.element_instance;
        if !asked && !incidents.any(|incident| incident.element_instance == visit) {
            return Err(format!("the task {} waits for no listener", task.key));
        }
    }
    Ok(())
}

fn check_nothing_left(instance: &ProcessInstance) -> Result<(), String> {
    let left = instance.elements().len()
        + instance.tasks().len()
        + instance.jobs().len()
        + instance.timers().len()
        + instance.deadlines().len()
        + instance.subscriptions().len()
        + instance.incidents().len();
    if left > 0 {
        return Err(format!("{left} things are left in an ended instance"));
    }
    Ok(())
}
