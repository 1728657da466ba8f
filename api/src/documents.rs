//! Files that belong to cases: letters, reports, photographs. What is known of one is a document of the database, its bytes lie in
//! a folder or a bucket, under a name that nobody chose.
//!
//! Bytes are written before what is known of them, and go after it: so what the database names is there. Bytes never change.

mod bucket;
mod folder;
pub(crate) mod inventory;
mod links;
mod place;

use crate::random;
use crate::sortable::microseconds;
use bpmn::Key;
use jiff::{SignedDuration, Timestamp};
use runtime::{Act, Expect, Match, Put, Query, Request, Runtime};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use bucket::Address as BucketAddress;
pub(crate) use links::{is_signed, signed};
pub(crate) use place::{Address, Place, Whole};

/// What stores may be called. There is one, by either name: documents can be moved from a folder into a bucket, and stay what they are.
pub(crate) const STORES: &[&str] = &["disk", "s3"];
/// Bytes of one document.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Documents of one request.
pub(crate) const DOCUMENTS_AT_ONCE: usize = 50;
/// Bytes of what is said about a document.
pub(crate) const METADATA_BYTES_MAX: usize = 64 * 1024;

const COLLECTION: &str = "files";
const EXPIRES: &str = "expires";
const INSTANCE: &str = "instance";
/// The longest id and the longest file name, in bytes.
const LONGEST_NAME: usize = 200;
/// Expired documents that are deleted at a time.
const EXPIRED_AT_ONCE: u32 = 100;

/// What is known of a document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Known {
    #[serde(skip)]
    pub(crate) id: String,
    /// Where its bytes lie.
    pub(crate) blob: String,
    pub(crate) sha256: String,
    pub(crate) size: u64,
    pub(crate) content_type: String,
    pub(crate) file_name: String,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) process_definition_id: Option<String>,
    pub(crate) process_instance_key: Option<Key>,
    pub(crate) custom_properties: Map<String, Value>,
    pub(crate) created_by: String,
    /// Whether that is the name of a program, which may be a user's too.
    #[serde(default)]
    pub(crate) by_program: bool,
}

/// Whether an id may be one: letters, digits, and a few signs.
pub(crate) fn is_id(id: &str) -> bool {
    let may = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    !id.is_empty() && id.len() <= LONGEST_NAME && id.chars().all(may) && !id.starts_with('.')
}

/// The last part of a file name that somebody gave, without what could mean something to a system.
pub(crate) fn plain_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut plain: String = last.chars().filter(|letter| !letter.is_control()).collect();
    while plain.len() > LONGEST_NAME {
        plain.pop();
    }
    let plain = plain.trim().trim_start_matches('.').to_owned();
    Some(plain).filter(|plain| !plain.is_empty())
}

/// An id that nobody has, and a name for bytes.
pub(crate) fn random_name() -> String {
    random::digits::<16>()
}

/// A document that is there and has not expired.
pub(crate) async fn find(runtime: &Runtime, id: &str) -> runtime::Result<Option<Known>> {
    if !is_id(id) {
        return Ok(None);
    }
    let document = runtime.document(COLLECTION, id).await?;
    let known = document.and_then(read);
    let now = runtime.now();
    Ok(known.filter(|known| known.expires_at.is_none_or(|at| at > now)))
}

/// Writes what is known of a new document.
pub(crate) async fn add(runtime: &Runtime, known: &Known) -> runtime::Result<()> {
    let body = serde_json::to_value(known).expect("what is known is data");
    let mut fields = Vec::new();
    if let Some(at) = known.expires_at {
        fields.push((EXPIRES, microseconds(at)));
    }
    if let Some(key) = known.process_instance_key {
        fields.push((INSTANCE, key.to_string()));
    }
    let put = Act::Put(Put {
        collection: COLLECTION,
        id: known.id.clone(),
        expect: Expect::Absent,
        body,
        fields,
    });
    let request = Request::by(&known.created_by).act(put);
    runtime
        .submit(request.act(note("create", &known.id)))
        .await?;
    Ok(())
}

/// Deletes a document: first what is known of it, then its bytes.
pub(crate) async fn remove(
    runtime: &Runtime,
    place: &Place,
    known: &Known,
    actor: &str,
) -> runtime::Result<()> {
    let delete = Act::Delete {
        collection: COLLECTION,
        id: known.id.clone(),
        expect: Expect::Any,
    };
    let request = Request::by(actor).act(delete);
    runtime
        .submit(request.act(note("delete", &known.id)))
        .await?;
    place.remove(&known.blob).await;
    Ok(())
}

/// A line for the audit trail.
pub(crate) fn note(action: &str, id: &str) -> Act {
    Act::audit(action, format!("documents/{id}"), None)
}

/// Deletes documents whose time is over, and what uploads left behind that were broken off; gives how many documents.
pub(crate) async fn tidy(runtime: &Runtime, place: &Place) -> runtime::Result<usize> {
    place.tidy(SignedDuration::from_hours(24)).await;
    let expired = Query {
        limit: EXPIRED_AT_ONCE,
        ..Query::by(
            COLLECTION,
            EXPIRES,
            Match::Range(String::new(), microseconds(runtime.now())),
        )
    };
    let mut deleted = 0;
    loop {
        let page = runtime.documents(&expired).await?;
        let before = deleted;
        for known in page.into_iter().filter_map(read) {
            remove(runtime, place, &known, "retention").await?;
            deleted += 1;
        }
        if deleted == before {
            return Ok(deleted);
        }
    }
}

fn read(document: runtime::Document) -> Option<Known> {
    let known: Result<Known, _> = serde_json::from_value(document.body);
    match known {
        Ok(known) => Some(Known {
            id: document.id,
            ..known
        }),
        Err(problem) => {
            tracing::error!(%problem, document = document.id, "what is known of a document cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use runtime::{Clock, Options};
    use store::Store;

    #[tokio::test]
    async fn a_document_goes_with_its_bytes_when_its_time_is_over() {
        let path = std::env::temp_dir().join(format!("caseway-documents-{}", std::process::id()));
        let place = Place::open(&Address::Folder(path.clone())).unwrap();
        let mut incoming = place.begin().await.unwrap();
        assert!(incoming.take(Bytes::from("letter")).await.unwrap());
        let whole = incoming.end().await.unwrap();
        let address = format!("sqlite:{}", path.join("test.db").display());
        let store = Store::open(&address).await.unwrap();
        let clock = Clock::test("2026-03-02T09:00:00Z".parse().unwrap());
        let runtime = Runtime::open(store, clock.clone(), Options::default());
        let runtime = runtime.await.unwrap();
        let known = Known {
            id: "letter".into(),
            blob: whole.blob.clone(),
            sha256: whole.sha256.clone(),
            size: whole.size,
            content_type: "text/plain".into(),
            file_name: "letter.txt".into(),
            expires_at: Some("2026-03-03T09:00:00Z".parse().unwrap()),
            process_definition_id: None,
            process_instance_key: None,
            custom_properties: Map::new(),
            created_by: "grace".into(),
            by_program: false,
        };
        whole.keep().await.unwrap();
        add(&runtime, &known).await.unwrap();
        let blob = known.blob.as_str();
        assert_eq!(tidy(&runtime, &place).await.unwrap(), 0);
        assert!(place.stream(blob, 6).await.is_ok());
        assert!(place.stream(blob, 7).await.is_err(), "not as many as said");
        clock.advance(SignedDuration::from_hours(25));
        runtime.wait_idle().await;
        assert_eq!(tidy(&runtime, &place).await.unwrap(), 1);
        assert!(place.stream(blob, 6).await.is_err());
        runtime.stop().await;
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn an_id_leads_nowhere() {
        for id in ["a", "7f-3_b.pdf", "A..b"] {
            assert!(is_id(id), "{id}");
        }
        for id in [
            "", ".", "..", "../a", "a/b", "a\\b", ".a", "a b", "a%2fb", "ä", "a\0",
        ] {
            assert!(!is_id(id), "{id}");
        }
        assert!(!is_id(&"a".repeat(LONGEST_NAME + 1)));
    }

    #[test]
    fn a_file_name_is_plain() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(plain_name(name).as_deref(), expected, "{name:?}");
        };
        check("letter.pdf", Some("letter.pdf"));
        check("../../etc/passwd", Some("passwd"));
        check("C:\\letters\\Grüße.pdf", Some("Grüße.pdf"));
        check("a\r\nb\".pdf", Some("ab\".pdf"));
        check(".htaccess", Some("htaccess"));
        check("/", None);
        check("..", None);
        let long = plain_name(&"ü".repeat(300)).unwrap();
        assert_eq!(long.len(), LONGEST_NAME);
    }
}
