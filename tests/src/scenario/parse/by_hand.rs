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
    } else if words.take("migrate") {
        migration(words)?
    } else if words.take("undo") {
        if !words.take("migration") {
            return Err(words.missing("`migration`"));
        }
        ByHand::UndoMigration
    } else if words.take("suspend instance") {
        ByHand::Suspend
    } else if words.take("resume instance") {
        ByHand::Resume
    } else {
        return Ok(None);
    }))
}

fn migration(words: &mut Words<'_>) -> Result<ByHand, String> {
    let process = required(words, "to", "the process")?;
    if !words.take("version") {
        return Err(words.missing("`version` and a number"));
    }
    let version = words.number()?;
    let (mut pairs, mut without, mut timers_anew) = (Vec::new(), Vec::new(), false);
    while !words.is_empty() {
        if words.take("map") {
            let from = words.quoted("the element")?;
            pairs.push((from, required(words, "to", "the other element")?));
        } else if words.take("without") {
            without.push(words.quoted("the element")?);
        } else if words.take("timers anew") {
            timers_anew = true;
        } else {
            return Err(words.missing("`map`, `without` or `timers anew`"));
        }
    }
    Ok(ByHand::Migrate {
        process,
        version,
        pairs,
        without,
        timers_anew,
    })
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
