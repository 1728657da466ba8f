//! Walks a whole installation: is the hash chain of each instance whole, do its records lead to its state, and do the
//! tables say what the records say?
//!
//! Instances are looked at in groups, each group at one moment, so it may be done while servers work. What cannot be found
//! here: a history that was rewritten from the first row to the last together with the row of its instance.

mod account;
mod rows;

use std::collections::BTreeMap;

use bpmn::Key;
use store::{HistoryRow, Instance, Projections, Store, Walk};

use crate::Result;
use crate::walk::{Visitor, histories};
use account::Account;

/// Instances that are looked at together.
const INSTANCES_AT_ONCE: u32 = 50;

/// Breaks that are told; more are only counted.
pub const BREAKS_TOLD: usize = 20;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Instances that were looked at.
    pub instances: u64,
    /// Their commands: rows of history.
    pub commands: u64,
    /// The records of these.
    pub records: u64,
    /// Rows of tasks, timers, subscriptions, jobs, deadlines and incidents.
    pub rows: u64,
    /// What does not fit.
    pub breaks: u64,
    /// The first of these.
    pub first: Vec<Break>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The instance.
    pub instance: Key,
    /// The command, from 1, where it is one.
    pub position: Option<i64>,
    /// What is wrong, without what people wrote.
    pub what: String,
}

impl Verified {
    /// Whether everything fits.
    pub fn is_whole(&self) -> bool {
        self.breaks == 0
    }

    fn add(&mut self, instance: Key, position: Option<i64>, what: impl Into<String>) {
        self.breaks += 1;
        if self.first.len() < BREAKS_TOLD {
            self.first.push(Break {
                instance,
                position,
                what: what.into(),
            });
        }
    }
}

/// Looks at everything. `told` hears what was found so far, after each group of instances.
///
/// # Errors
/// Where the database fails; what does not fit is no error.
pub async fn verify(store: &Store, mut told: impl FnMut(&Verified)) -> Result<Verified> {
    let mut found = Verified::default();
    let mut walk = Walk::default();
    loop {
        store.renew().await?;
        let instances = store.walk(&walk, INSTANCES_AT_ONCE).await?;
        let Some(last) = instances.last() else { break };
        walk.after = Some(last.key);
        group(store, &instances, &mut found).await?;
        told(&found);
    }
    for orphan in store.orphans().await? {
        let what = format!("{} has a row without its owner", orphan.table);
        found.add(orphan.instance, None, what);
    }
    Ok(found)
}

/// Instances of one moment, the oldest first.
async fn group(store: &Store, instances: &[Instance], found: &mut Verified) -> Result<()> {
    let keys: Vec<Key> = instances.iter().map(|instance| instance.key).collect();
    let mut group = Group {
        projections: by_instance(store.projections(&keys).await?),
        account: Account::default(),
        found,
    };
    histories(store, instances, &mut group).await
}

struct Group<'a> {
    projections: BTreeMap<Key, Projections>,
    account: Account,
    found: &'a mut Verified,
}

impl Visitor for Group<'_> {
    fn begin(&mut self, _: &Instance) -> Result<()> {
        self.account = Account::default();
        Ok(())
    }

    fn row(&mut self, instance: &Instance, row: &HistoryRow) -> Result<()> {
        self.account.next(instance.key, row, self.found);
        Ok(())
    }

    fn end(&mut self, instance: &Instance) -> Result<()> {
        let rows = self.projections.remove(&instance.key).unwrap_or_default();
        self.found.instances += 1;
        std::mem::take(&mut self.account).finish(instance, rows, self.found);
        Ok(())
    }
}

fn by_instance(all: Projections) -> BTreeMap<Key, Projections> {
    let mut split: BTreeMap<Key, Projections> = BTreeMap::new();
    let mut of_task = BTreeMap::new();
    for row in all.tasks {
        of_task.insert(row.key, row.instance);
        split.entry(row.instance).or_default().tasks.push(row);
    }
    for row in all.candidates {
        if let Some(instance) = of_task.get(&row.task) {
            split.entry(*instance).or_default().candidates.insert(row);
        }
    }
    for row in all.timers {
        split.entry(row.instance).or_default().timers.push(row);
    }
    for row in all.subscriptions {
        split
            .entry(row.instance)
            .or_default()
            .subscriptions
            .push(row);
    }
    for row in all.jobs {
        split.entry(row.instance).or_default().jobs.push(row);
    }
    for row in all.deadlines {
        split.entry(row.instance).or_default().deadlines.push(row);
    }
    for row in all.incidents {
        split.entry(row.instance).or_default().incidents.push(row);
    }
    split
}
