//! Documents that come: one, or several at once, streamed to where they lie.

use crate::access::ANY;
use crate::access::words::{CREATE, DOCUMENT, READ_PROCESS_INSTANCE};
use crate::documents::{
    self, DOCUMENT_BYTES_MAX, DOCUMENTS_AT_ONCE, Known, METADATA_BYTES_MAX, STORES, Whole, is_id,
    plain_name, random_name,
};
use crate::error::{self, Error};
use crate::rest::auth::rights::check;
use crate::rest::auth::{Caller, Identity, Kind};
use crate::rest::search::{self, Time};
use crate::state::AppState;
use axum::Json;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use bpmn::Key;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const OCTETS: &str = "application/octet-stream";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    pub(super) store_id: Option<String>,
    document_id: Option<String>,
    pub(super) content_hash: Option<String>,
}

/// What somebody says about a document.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    content_type: Option<String>,
    file_name: Option<String>,
    expires_at: Option<String>,
    process_definition_id: Option<String>,
    process_instance_key: Option<Value>,
    custom_properties: Option<Map<String, Value>>,
}

/// A file that came, and what its part said of it.
struct Came {
    file_name: String,
    content_type: String,
    bytes: Result<Whole, Error>,
}

/// `POST /v2/documents?documentId=..` with the parts `file` and `metadata`.
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let wanted = asked.document_id.as_deref();
    caller
        .rights()
        .need(DOCUMENT, CREATE, wanted.unwrap_or(ANY))?;
    is_ours(asked.store_id.as_deref())?;
    let id = asked.document_id.unwrap_or_else(random_name);
    if !is_id(&id) {
        let rule = "documentId has up to 200 letters, digits, dots, hyphens and underscores, and begins with no dot.";
        return Err(Error::Invalid(rule.into()));
    }
    let (mut files, mut metadata) = received(&state, request, "file", "metadata").await?;
    if files.len() != 1 || metadata.len() > 1 {
        let rule = "Send one part with the name file, and at most one with the name metadata.";
        return Err(Error::Invalid(rule.into()));
    }
    let came = files.remove(0);
    let known = stored(&state, &caller, id, came, metadata.pop()).await?;
    Ok((StatusCode::CREATED, Json(reference(&state, &known))))
}

/// `POST /v2/documents/batch` with the parts `files` and as many `metadataList`, or none; one part may hold all of them. 207 where
/// some could not be kept.
pub(super) async fn create_several(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    caller.rights().need(DOCUMENT, CREATE, ANY)?;
    is_ours(asked.store_id.as_deref())?;
    let (files, said) = received(&state, request, "files", "metadataList").await?;
    let metadata: Vec<Value> = said
        .into_iter()
        .flat_map(|said| {
            if let Value::Array(several) = said {
                several
            } else {
                vec![said]
            }
        })
        .collect();
    if files.is_empty() || (!metadata.is_empty() && metadata.len() != files.len()) {
        let rule = "Send parts with the name files, and as many metadataList as files, or none.";
        return Err(Error::Invalid(rule.into()));
    }
    let mut said = metadata.into_iter();
    let (mut created, mut failed) = (Vec::new(), Vec::new());
    for came in files {
        let name = came.file_name.clone();
        match stored(&state, &caller, random_name(), came, said.next()).await {
            Ok(known) => created.push(reference(&state, &known)),
            Err(problem) => {
                let told = error::told(&problem);
                failed.push(json!({
                    "fileName": name, "status": told.status.as_u16(),
                    "title": told.status.canonical_reason().unwrap_or("Error"), "detail": told.detail,
                }));
            }
        }
    }
    let status = if failed.is_empty() {
        StatusCode::CREATED
    } else {
        StatusCode::MULTI_STATUS
    };
    let told = json!({ "createdDocuments": created, "failedDocuments": failed });
    Ok((status, Json(told)))
}

/// Refuses what is asked of another store.
pub(super) fn is_ours(store: Option<&str>) -> Result<(), Error> {
    match store {
        None | Some("") => Ok(()),
        Some(store) if STORES.contains(&store) => Ok(()),
        Some(other) => Err(Error::Invalid(format!(
            "There is no document store {other:?}; leave storeId out."
        ))),
    }
}

/// The files that came, in their order, and what was said of them.
async fn received(
    state: &AppState,
    request: Request,
    files: &str,
    metadata: &str,
) -> Result<(Vec<Came>, Vec<Value>), Error> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(Error::UnsupportedType(
            "Documents come as multipart/form-data.".into(),
        ));
    }
    let mut multipart = Multipart::from_request(request, state)
        .await
        .map_err(|problem| Error::Invalid(problem.body_text()))?;
    let (mut came, mut said) = (Vec::new(), Vec::new());
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == files {
            has_room(&came)?;
            came.push(one(state, field).await?);
        } else if name == metadata {
            has_room(&said)?;
            said.push(json_of(field).await?);
        }
    }
    Ok((came, said))
}

fn has_room<T>(parts: &[T]) -> Result<(), Error> {
    if parts.len() < DOCUMENTS_AT_ONCE {
        return Ok(());
    }
    let rule = format!("One request has at most {DOCUMENTS_AT_ONCE} documents.");
    Err(Error::Invalid(rule))
}

fn broken(problem: MultipartError) -> Error {
    Error::Invalid(problem.body_text())
}

/// Writes a file as it comes. One that is too long is read to its end, so that the others can be kept.
async fn one(state: &AppState, mut field: Field<'_>) -> Result<Came, Error> {
    let file_name = field.file_name().and_then(plain_name).unwrap_or_default();
    let content_type = field.content_type().unwrap_or(OCTETS).to_owned();
    let mut incoming = Some(state.documents.begin().await.map_err(Error::Documents)?);
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if let Some(taking) = &mut incoming
            && !taking.take(chunk).await.map_err(Error::Documents)?
        {
            incoming = None;
        }
    }
    let bytes = match incoming {
        Some(incoming) => incoming.end().await.map_err(Error::Documents),
        None => Err(Error::TooLarge {
            limit_bytes: usize::try_from(DOCUMENT_BYTES_MAX).unwrap_or(usize::MAX),
        }),
    };
    Ok(Came {
        file_name,
        content_type,
        bytes,
    })
}

async fn json_of(mut field: Field<'_>) -> Result<Value, Error> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        text.extend_from_slice(&chunk);
        if text.len() > METADATA_BYTES_MAX {
            let rule = format!("Metadata has at most {METADATA_BYTES_MAX} bytes.");
            return Err(Error::Invalid(rule));
        }
    }
    serde_json::from_slice(&text)
        .map_err(|problem| Error::Invalid(format!("The metadata cannot be read: {problem}.")))
}

/// Keeps a file under an id; where that fails, its bytes go.
async fn stored(
    state: &AppState,
    caller: &Identity,
    id: String,
    came: Came,
    said: Option<Value>,
) -> Result<Known, Error> {
    let whole = came.bytes?;
    let (name, kind) = (came.file_name, came.content_type);
    let known = described(state, caller, id, (name, kind), &whole, said)?;
    if let Some(instance) = known.process_instance_key {
        is_there(state, caller, instance).await?;
    }
    let state = state.clone();
    // To its end, also when the client is gone: else bytes could stay that nothing names.
    let kept = tokio::spawn(async move {
        let kept = kept(&state, whole, &known).await;
        if kept.is_err() {
            state.documents.remove(&known.blob).await;
        }
        kept.map(|()| known)
    });
    kept.await
        .map_err(|_| Error::Bug("the keeping of a document broke off".into()))?
}

/// Refuses an instance that the caller does not see: a document in it would be read by those who do.
async fn is_there(state: &AppState, caller: &Identity, instance: Key) -> Result<(), Error> {
    let what = format!("the process instance {instance}");
    check(state, caller, &[READ_PROCESS_INSTANCE], instance, &what).await?;
    let found = state.runtime.instance(instance).await?;
    found.map(drop).ok_or(Error::NotFound(what))
}

async fn kept(state: &AppState, whole: Whole, known: &Known) -> Result<(), Error> {
    whole.keep().await.map_err(Error::Documents)?;
    match documents::add(&state.runtime, known).await {
        Err(runtime::Error::Conflict { .. }) => Err(Error::Conflict {
            message: format!("There is a document {} already.", known.id),
            way_out: "Choose another documentId, or leave it out.".into(),
        }),
        other => Ok(other?),
    }
}

fn described(
    state: &AppState,
    caller: &Identity,
    id: String,
    (name, kind): (String, String),
    whole: &Whole,
    said: Option<Value>,
) -> Result<Known, Error> {
    let said: Metadata = match said {
        None | Some(Value::Null) => Metadata::default(),
        Some(said) => serde_json::from_value(said).map_err(|problem| {
            Error::Invalid(format!("The metadata cannot be read: {problem}."))
        })?,
    };
    let expires_at = said.expires_at.filter(|text| !text.is_empty());
    let expires_at: Option<Timestamp> = expires_at
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| Error::Invalid("expiresAt is a time such as 2026-03-02T09:00:00Z.".into()))?;
    if expires_at.is_some_and(|at| at <= state.runtime.now()) {
        return Err(Error::Invalid("expiresAt is over already.".into()));
    }
    let content_type = said.content_type.filter(|kind| !kind.is_empty());
    let content_type = content_type.unwrap_or(kind);
    if HeaderValue::from_str(&content_type).is_err() {
        return Err(Error::Invalid("contentType is no media type.".into()));
    }
    let said_name = said.file_name.as_deref().and_then(plain_name);
    let file_name = said_name.or(Some(name).filter(|name| !name.is_empty()));
    let key = search::equal_key(&said.process_instance_key, "processInstanceKey")?;
    Ok(Known {
        file_name: file_name.unwrap_or_else(|| id.clone()),
        id,
        blob: whole.blob.clone(),
        sha256: whole.sha256.clone(),
        size: whole.size,
        content_type,
        expires_at,
        process_definition_id: said.process_definition_id,
        process_instance_key: key,
        custom_properties: said.custom_properties.unwrap_or_default(),
        created_by: String::from(caller),
        by_program: caller.kind() == Kind::Client,
    })
}

/// A document as clients keep it in variables.
fn reference(state: &AppState, known: &Known) -> Value {
    json!({
        "camunda.document.type": "camunda", "storeId": state.documents.store_id(), "documentId": known.id, "contentHash": known.sha256,
        "metadata": {
            "contentType": known.content_type, "fileName": known.file_name, "expiresAt": known.expires_at.map(Time),
            "size": known.size, "processDefinitionId": known.process_definition_id,
            "processInstanceKey": known.process_instance_key.map(|key| key.to_string()),
            "customProperties": known.custom_properties,
        },
    })
}
