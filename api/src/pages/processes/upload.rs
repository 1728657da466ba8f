//! Uploading models, the deployment report, and deploying.

use super::report::page;
use crate::error::{self, Error};
use crate::page::Page;
use crate::pages::calendars::{HREF, changes};
use crate::report::{File, Report};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use runtime::{Act, Answer, Expect, Outcome, Put};
use store::{DefinitionKind, Document, Match, Query};

const COLLECTION: &str = "uploads";
/// The most files in one upload.
const MOST_FILES: usize = 40;
/// The most bytes of one file: each is kept as a document, where the runtime has a limit.
const FILE_LIMIT_BYTES: usize = 3 * 1024 * 1024;
/// The most files of earlier uploads that one upload removes.
const REMOVED: u32 = 200;

/// Takes the files, keeps them, and leads to the report.
pub(super) async fn take(
    State(state): State<AppState>,
    user: SignedIn,
    multipart: Multipart,
) -> Result<Redirect, Error> {
    let files = read(multipart).await?;
    let upload = keep(&state, &user, files).await?;
    Ok(Redirect::to(&format!("/processes/uploads/{upload}")))
}

/// Keeps files as an upload, in place of what the same user uploaded before; gives its id.
pub(crate) async fn keep(
    state: &AppState,
    user: &SignedIn,
    files: Vec<File>,
) -> Result<String, Error> {
    let upload = error::reference();
    let mut acts = earlier(state, user).await?;
    for (number, file) in files.iter().enumerate() {
        acts.push(Act::Put(Put {
            collection: COLLECTION,
            id: format!("{upload}/{number:02}"),
            expect: Expect::Absent,
            body: serde_json::to_value(file).expect("a file is plain data"),
            fields: vec![("by", user.name.clone()), ("upload", upload.clone())],
        }));
    }
    state.submit(user, acts).await?;
    Ok(upload)
}

/// The report, and the button to deploy where nothing is wrong.
pub(super) async fn show(
    State(state): State<AppState>,
    Path(upload): Path<String>,
) -> Result<Page, Error> {
    let files = find(&state, &upload)
        .await?
        .into_iter()
        .map(|(_, file)| file)
        .collect();
    let report = Report::beside(&state.runtime, files).await?;
    let changes = changes(&state, &report).await?;
    Ok(page(&upload, &report, changes))
}

/// Deploys all files of the upload, or none.
pub(super) async fn deploy(
    State(state): State<AppState>,
    user: SignedIn,
    Path(upload): Path<String>,
) -> Result<Response, Error> {
    let (ids, files): (Vec<String>, Vec<File>) = find(&state, &upload).await?.into_iter().unzip();
    let mut report = Report::beside(&state.runtime, files).await?;
    if !report.is_deployable() {
        return Ok(page(&upload, &report, None)
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let mut acts = vec![Act::Deploy {
        resources: std::mem::take(&mut report.resources),
    }];
    acts.extend(ids.into_iter().map(removed));
    Ok(Redirect::to(&place(&state.submit(&user, acts).await?)).into_response())
}

/// Where to see what is live now.
fn place(answer: &Answer) -> String {
    let deployed = answer.outcomes.iter().find_map(|outcome| {
        if let Outcome::Deployed(deployed) = outcome {
            Some(deployed)
        } else {
            None
        }
    });
    let mut definitions = deployed.iter().flat_map(|deployed| &deployed.definitions);
    let process = definitions.find(|definition| definition.kind == DefinitionKind::Process);
    let calendar = |kind| kind == DefinitionKind::Calendar;
    let mut kinds = deployed.iter().flat_map(|deployed| &deployed.definitions);
    match process {
        Some(process) => format!("/processes/{}", process.id),
        None if kinds.any(|definition| calendar(definition.kind)) => HREF.into(),
        None => "/processes".into(),
    }
}

/// One file of the upload, for the diagram on the report.
pub(super) async fn model(
    State(state): State<AppState>,
    Path((upload, number)): Path<(String, usize)>,
) -> Result<Response, Error> {
    let file = find(&state, &upload).await?.into_iter().nth(number);
    let text = file.and_then(|(_, file)| file.text);
    let text = text.ok_or_else(|| Error::NotFound("this file of the upload".into()))?;
    Ok((
        [(header::CONTENT_TYPE, "application/xml; charset=utf-8")],
        text,
    )
        .into_response())
}

/// The files of an upload in their order, with the ids of their documents.
async fn find(state: &AppState, upload: &str) -> Result<Vec<(String, File)>, Error> {
    let query = Query::by(COLLECTION, "upload", Match::Equals(upload.to_owned()));
    let found = state.runtime.documents(&query).await?;
    if found.is_empty() {
        return Err(Error::NotFound(
            "this upload: it has been deployed, or replaced by a newer one".into(),
        ));
    }
    let file = |document: Document| match serde_json::from_value(document.body) {
        Ok(file) => Ok((document.id, file)),
        Err(problem) => Err(Error::Bug(format!("upload {}: {problem}", document.id))),
    };
    found.into_iter().map(file).collect()
}

/// Removes what the same user uploaded before and did not deploy.
async fn earlier(state: &AppState, user: &SignedIn) -> Result<Vec<Act>, Error> {
    let query = Query {
        limit: REMOVED,
        ..Query::by(COLLECTION, "by", Match::Equals(user.name.clone()))
    };
    Ok(state
        .runtime
        .documents(&query)
        .await?
        .into_iter()
        .map(|document| removed(document.id))
        .collect())
}

fn removed(id: String) -> Act {
    Act::Delete {
        collection: COLLECTION,
        id,
        expect: Expect::Any,
    }
}

async fn read(mut multipart: Multipart) -> Result<Vec<File>, Error> {
    let broken =
        |problem: axum::extract::multipart::MultipartError| Error::Invalid(problem.body_text());
    let mut files = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        // A browser sends an empty name where no file was chosen.
        let name = field
            .file_name()
            .and_then(|name| name.rsplit(['/', '\\']).next())
            .unwrap_or_default()
            .to_owned();
        if name.is_empty() {
            continue;
        }
        if files.len() == MOST_FILES {
            return Err(Error::Invalid(format!(
                "One upload may have {MOST_FILES} files."
            )));
        }
        let bytes = field.bytes().await.map_err(broken)?;
        if bytes.len() > FILE_LIMIT_BYTES {
            let limit = FILE_LIMIT_BYTES / (1024 * 1024);
            return Err(Error::Invalid(format!(
                "The file {name} is too large; one file may have {limit} MiB."
            )));
        }
        files.push(File::new(&name, bytes.into()));
    }
    if files.is_empty() {
        return Err(Error::Invalid("No file was chosen.".into()));
    }
    Ok(files)
}
