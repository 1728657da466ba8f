//! Numbers for what is new: taken from the database in blocks, because other servers may take some as well.

use std::ops::RangeInclusive;

use bpmn::Key;
use store::Unit;

use crate::Result;
use crate::limits::NUMBERS_AT_ONCE;

/// The sequence that instances, definitions, files and deployments take their numbers from.
const NUMBERS: &str = "numbers";

/// The rest of the last block. What a request took that failed is not given again.
#[derive(Debug, Default)]
pub(super) struct Numbers(Option<RangeInclusive<i64>>);

impl Numbers {
    /// A key that nobody else gets.
    pub(super) async fn next(&mut self, unit: &mut Unit) -> Result<Key> {
        loop {
            if let Some(number) = self.0.as_mut().and_then(Iterator::next) {
                return Ok(Key::of_instance(number));
            }
            self.0 = Some(unit.numbers(NUMBERS, NUMBERS_AT_ONCE).await?);
        }
    }
}
