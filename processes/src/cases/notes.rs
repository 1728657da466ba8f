//! Case notes: what somebody saw, heard or did outside of a step.

use crate::error::{Result, body, json};
use crate::numbers;
use jiff::Timestamp;
use runtime::{Act, Expect, Put, Request, Runtime};
use serde::{Deserialize, Serialize};
use store::{Match, Query};

/// The collection of documents.
pub const NOTES: &str = "notes";

const CASE: &str = "case";

/// A note on a case. JSON as the document's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// `CP-2026-0001/3`; also the document's id.
    pub id: String,
    /// The number among the notes of the case, from 1.
    pub number: u32,
    /// The reference of the case.
    pub case: String,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: String,
    /// What it says.
    pub text: String,
}

/// Writes a note on a case.
pub async fn add_note(runtime: &Runtime, actor: &str, reference: &str, text: &str) -> Result<Note> {
    if text.trim().is_empty() {
        return Err(crate::Error::Invalid("Write the note first.".into()));
    }
    super::by_reference(runtime, reference).await?;
    for _ in 0..numbers::ATTEMPTS {
        let number = numbers::next(runtime, NOTES, reference).await?;
        let note = Note {
            id: format!("{reference}/{number}"),
            number,
            case: reference.to_owned(),
            at: runtime.now(),
            by: actor.to_owned(),
            text: text.trim().to_owned(),
        };
        let put = Put {
            collection: NOTES,
            id: note.id.clone(),
            expect: Expect::Absent,
            body: json(&note),
            fields: vec![
                (CASE, reference.to_owned()),
                (numbers::SERIAL, numbers::serial(reference, number)),
            ],
        };
        match runtime.submit(Request::by(actor).act(Act::Put(put))).await {
            Ok(_) => return Ok(note),
            Err(error) if numbers::taken(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(runtime::Error::Busy.into())
}

/// The notes of a case, the oldest first.
pub async fn notes(runtime: &Runtime, reference: &str) -> Result<Vec<Note>> {
    let mut query = Query::by(NOTES, CASE, Match::Equals(reference.to_owned()));
    query.limit = store::MAX_LIMIT;
    let documents = runtime.documents(&query).await?;
    let mut notes = documents
        .into_iter()
        .map(body)
        .collect::<Result<Vec<Note>>>()?;
    notes.sort_by_key(|note| note.number);
    Ok(notes)
}
