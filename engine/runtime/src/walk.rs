//! Reads the histories of some instances, one after the other, without holding more than a piece of them.

use bpmn::Key;
use store::{HistoryRow, Instance, Store};

use crate::Result;

/// History rows that are read at once.
const ROWS_AT_ONCE: u32 = 500;

/// Who looks at instances and their histories.
pub(crate) trait Visitor {
    /// An instance begins.
    fn begin(&mut self, instance: &Instance) -> Result<()>;
    /// The next row of its history.
    fn row(&mut self, instance: &Instance, row: &HistoryRow) -> Result<()>;
    /// Its history has ended.
    fn end(&mut self, instance: &Instance) -> Result<()>;
}

/// Shows instances, which are in the order of their keys, with their histories.
pub(crate) async fn histories(
    store: &Store,
    instances: &[Instance],
    visitor: &mut dyn Visitor,
) -> Result<()> {
    let keys: Vec<Key> = instances.iter().map(|instance| instance.key).collect();
    let mut left = instances.iter();
    let Some(mut present) = left.next() else {
        return Ok(());
    };
    visitor.begin(present)?;
    let mut after = (Key(i64::MIN), 0);
    loop {
        let rows = store.accounts(&keys, after, ROWS_AT_ONCE).await?;
        for row in &rows {
            after = (row.instance, row.sequence);
            while present.key != row.instance {
                let Some(next) = left.next() else { break };
                visitor.end(present)?;
                visitor.begin(next)?;
                present = next;
            }
            visitor.row(present, row)?;
        }
        if rows.len() < ROWS_AT_ONCE as usize {
            break;
        }
    }
    visitor.end(present)?;
    for instance in left {
        visitor.begin(instance)?;
        visitor.end(instance)?;
    }
    Ok(())
}
