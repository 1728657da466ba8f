//! Links to documents that need no sign-in: signed, and good for some time.

use super::Known;
use crate::random;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use runtime::{Act, Error, Expect, Put, Request, Runtime};
use serde_json::json;
use sha2::Sha256;

const COLLECTION: &str = "secrets";
const ID: &str = "document-links";

/// What stands behind the address of a document: `expires=..&signature=..`.
pub(crate) async fn signed(
    runtime: &Runtime,
    known: &Known,
    expires_at: Timestamp,
) -> runtime::Result<String> {
    let key = key(runtime).await?;
    let expires = expires_at.as_second();
    let signature =
        BASE64_URL_SAFE_NO_PAD.encode(mac(&key, known, expires).finalize().into_bytes());
    Ok(format!("expires={expires}&signature={signature}"))
}

/// Whether we have signed this, and it is still good.
pub(crate) async fn is_signed(
    runtime: &Runtime,
    known: &Known,
    expires: i64,
    signature: &str,
) -> runtime::Result<bool> {
    let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else {
        return Ok(false);
    };
    let key = key(runtime).await?;
    let is_ours = mac(&key, known, expires).verify_slice(&signature).is_ok();
    Ok(is_ours && runtime.now().as_second() < expires)
}

/// The name of the bytes is signed: a link does not lead to another document that gets the same id later.
fn mac(key: &str, known: &Known, expires: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key.as_bytes()).expect("a key may have any length");
    mac.update(format!("{}\n{}\n{expires}", known.id, known.blob).as_bytes());
    mac
}

/// The key of this installation, made when it is first needed.
async fn key(runtime: &Runtime) -> runtime::Result<String> {
    loop {
        if let Some(document) = runtime.document(COLLECTION, ID).await?
            && let Some(key) = document.body["key"].as_str()
        {
            return Ok(key.to_owned());
        }
        let bytes = random::bytes::<32>();
        let put = Act::Put(Put {
            collection: COLLECTION,
            id: ID.to_owned(),
            expect: Expect::Absent,
            body: json!({ "key": BASE64_URL_SAFE_NO_PAD.encode(bytes) }),
            fields: Vec::new(),
        });
        match runtime.submit(Request::by("caseway").act(put)).await {
            // Somebody else was first.
            Ok(_) | Err(Error::Conflict { .. }) => {}
            Err(problem) => return Err(problem),
        }
    }
}
