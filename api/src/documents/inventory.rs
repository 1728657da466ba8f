//! `caseway documents`: are the bytes of every document there, and what lies there that no document names? A server that was killed
//! while it kept a document leaves such bytes, and so does a database that was restored from an older backup.

use super::{COLLECTION, Known, Place, read};
use crate::config::Settings;
use crate::terminal::{complain, say};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use store::{AuditRow, Query, Store};

/// What lies there so long and is not named is not an upload that goes on.
const UNNAMED_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// How much of what is wrong is told.
const TOLD: usize = 20;
/// Documents that are read at a time.
const READ_AT_ONCE: u32 = 1_000;

/// What a place and a database know of each other.
#[derive(Debug, Default, PartialEq, Eq)]
struct Compared {
    documents: usize,
    /// Documents, by their ids, whose bytes are not there, or not as many as they were.
    incomplete: Vec<String>,
    /// Names of bytes that no document has had for a day.
    unnamed: Vec<String>,
}

/// Says what was found; deletes what no document names, where that is wanted.
///
/// # Errors
/// One line, where bytes are missing, or something cannot be read.
pub(crate) async fn run(settings: &Settings, delete_unnamed: bool) -> Result<(), String> {
    let place = Place::open(&settings.documents)?;
    let store = Store::snapshot(&settings.database).await;
    let mut store = store.map_err(|problem| problem.to_string())?;
    let compared = compare(&mut store, &place, settings.clock().now()).await;
    store.close().await;
    let compared = compared?;
    let Compared {
        documents,
        incomplete,
        unnamed,
    } = &compared;
    for id in incomplete.iter().take(TOLD) {
        complain(format!(
            "document {id}: its bytes are missing, or not as many as they were"
        ));
    }
    say(format!(
        "{documents} documents, {} of them incomplete, {} files that no document names",
        incomplete.len(),
        unnamed.len()
    ));
    if delete_unnamed && !unnamed.is_empty() {
        note(settings, unnamed.len()).await?;
        for name in unnamed {
            place
                .delete(name)
                .await
                .map_err(|problem| format!("{name}: {problem}"))?;
        }
        say(format!("{} deleted", unnamed.len()));
    }
    if incomplete.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} documents are incomplete (the first {TOLD} are above): copy their files from a backup of the place of documents",
        incomplete.len()
    ))
}

/// First what the place has, then what the database names: what is uploaded meanwhile is named and young.
async fn compare(store: &mut Store, place: &Place, now: Timestamp) -> Result<Compared, String> {
    let before = known(store).await?;
    let blobs = place.blobs().await;
    let blobs = blobs.map_err(|problem| {
        let problem = problem.to_string().replace('\n', " ");
        format!("the place of documents: {problem}")
    })?;
    store.renew().await.map_err(|problem| problem.to_string())?;
    // What is deleted meanwhile is missing in one of them only.
    let mut named = known(store).await?;
    let documents = named.len();
    let mut unnamed = Vec::new();
    for blob in blobs {
        let one = named.remove(&blob.name);
        match one {
            Some(known) if known.size == blob.size => {}
            Some(known) => drop(named.insert(blob.name, known)),
            None if before.contains_key(&blob.name) => {}
            None if now.duration_since(blob.written_at) > UNNAMED_AFTER => unnamed.push(blob.name),
            None => {}
        }
    }
    // Those that came after the place was asked are no loss.
    named.retain(|name, _| before.contains_key(name));
    Ok(Compared {
        documents,
        incomplete: named.into_values().map(|known| known.id).collect(),
        unnamed,
    })
}

/// What is known of all documents, by the name of their bytes.
async fn known(store: &Store) -> Result<BTreeMap<String, Known>, String> {
    let mut query = Query {
        limit: READ_AT_ONCE,
        ..Query::all(COLLECTION)
    };
    let mut known = BTreeMap::new();
    loop {
        let page = store.documents(&query).await;
        let page = page.map_err(|problem| problem.to_string())?;
        let Some(last) = page.last().map(|last| last.id.clone()) else {
            return Ok(known);
        };
        query.after = Some((last.clone(), last));
        for document in page {
            let id = document.id.clone();
            // What cannot be read would make its bytes look unnamed.
            let one = read(document).ok_or_else(|| format!("document {id} cannot be read"))?;
            known.insert(one.blob.clone(), one);
        }
    }
}

async fn note(settings: &Settings, number: usize) -> Result<(), String> {
    let line = AuditRow {
        sequence: 0,
        at: settings.clock().now(),
        actor: "system".into(),
        on_behalf_of: None,
        action: "delete-unnamed".into(),
        subject: "documents".into(),
        detail: Some(format!("files: {number}")),
        reason: None,
    };
    let noted = Store::note(&settings.database, &line).await;
    noted.map_err(|problem| format!("this cannot be noted in the audit trail: {problem}"))
}
