//! Browser assets: built by `cargo assets` into `api/assets/dist`, carried inside the program, cached for ever.
//!
//! `dist/manifest.json` maps the name that a template uses to the name of the file, which holds a hash of its content:
//! `{"app.css": "app-3f2a91c0.css"}`. A file that ends in `.gz` is the compressed twin of the one without.

use crate::error::Error;
use crate::random::hex;
use crate::state::AppState;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;

/// What is said when there are none.
pub const MISSING: &str = "browser assets are missing: run `cargo assets` (needs Node 20 or later)";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets/dist"]
#[allow_missing = true]
struct Files;

/// The names of the assets; the files themselves are in the program.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    manifest: BTreeMap<String, String>,
}

impl Assets {
    /// Reads the manifest.
    ///
    /// # Errors
    /// A sentence with the way out, where the assets have not been built.
    pub fn load() -> Result<Assets, String> {
        let file = Files::get("manifest.json").ok_or(MISSING)?;
        let manifest = serde_json::from_slice(&file.data).map_err(|problem| {
            format!("api/assets/dist/manifest.json: {problem}: run `cargo assets` again")
        })?;
        Ok(Assets { manifest })
    }

    /// The address of an asset by the name that templates use.
    pub(crate) fn address(&self, name: &str) -> String {
        format!(
            "/assets/{}",
            self.manifest.get(name).map_or(name, String::as_str)
        )
    }
}

/// `/assets/{file}`: open to everybody.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/assets/{*file}", get(serve))
}

async fn serve(
    State(_): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let file = Files::get(&name).ok_or_else(|| Error::NotFound(format!("the file {name}")))?;
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let takes_gzip = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains("gzip"));
    let compressed = headers
        .get(header::ACCEPT_ENCODING)
        .filter(|value| takes_gzip(value));
    let compressed = compressed.and_then(|_| Files::get(&format!("{name}.gz")));
    let encoding = compressed.is_some().then_some("gzip");
    let mut response = Response::new(Body::from(compressed.unwrap_or(file).data.into_owned()));
    let map = response.headers_mut();
    map.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(&name)),
    );
    map.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    map.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    map.insert(
        header::ETAG,
        HeaderValue::from_str(&tag).expect("hex digits in quotes are a header value"),
    );
    if let Some(encoding) = encoding {
        map.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some(_) | None => "application/octet-stream",
    }
}
