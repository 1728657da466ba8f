//! The lines with which somebody changes what runs.

use super::{optional, required};
use crate::scenario::words::Words;
use crate::scenario::{ByHand, Change};

pub(super) fn act(words: &mut Words<'_>) -> Result<Option<ByHand>, String> {
    Ok(Some(if words.take("modify") {
        let mut changes = vec![change(words)?];
        while words.take("and") {
            changes.push(change(words)?);
        }
        ByHand::Modify {
            changes,
            variables: words.with()?,
        }
    } else {
        return Ok(None);
    }))
}

fn change(words: &mut Words<'_>) -> Result<Change, String> {
    if words.take("activate") {
        let element = words.quoted("the element")?;
        let scope = optional(words, "in", "the scope")?;
        Ok(Change::Activate { element, scope })
    } else if words.take("move") {
        let from = words.quoted("the element")?;
        let to = required(words, "to", "the other element")?;
        Ok(Change::Move { from, to })
    } else if words.take("terminate") {
        let element = words.quoted("the element")?;
        Ok(Change::Terminate { element })
    } else {
        Err(words.missing("`activate`, `move` or `terminate`"))
    }
}
