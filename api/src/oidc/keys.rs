//! The keys that an issuer publishes: found through its discovery document, remembered, and asked for again when a token names one
//! that is not known.

use super::Unreachable;
use crate::fetch::{self, Fetcher};
use axum::http::Uri;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};
use tokio::sync::Mutex;

/// For how long keys are remembered.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How often the issuer is asked at most, whatever tokens name.
const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// How many keys are looked at.
const KEYS_MAX: usize = 100;

pub(super) struct Keys {
    issuer: String,
    fetcher: Fetcher,
    known: RwLock<Known>,
    /// When the issuer was asked last, also in vain. Held by who asks.
    asked: Mutex<Option<Timestamp>>,
}

/// What is remembered.
#[derive(Default)]
struct Known {
    keys: Vec<Jwk>,
    /// When the keys were told; never, where absent.
    told: Option<Timestamp>,
}

/// What matters of the discovery document.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Published {
    /// One by one, because an issuer may publish kinds of keys that nobody here knows.
    keys: Vec<Value>,
}

impl Keys {
    pub(super) fn new(issuer: String, fetcher: Fetcher) -> Keys {
        Keys {
            issuer,
            fetcher,
            known: RwLock::default(),
            asked: Mutex::default(),
        }
    }

    /// The key of a token, if the issuer has one for such signatures. While somebody asks for keys, whose key is known goes on with
    /// that one, and all others wait for the answer.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Option<DecodingKey>, Unreachable> {
        let (found, told) = self.known(id, algorithm);
        let is_old = |at: Timestamp| now.duration_since(at) >= KNOWN_FOR;
        if found.is_some() && told.is_some_and(|at| !is_old(at)) {
            return Ok(found);
        }
        let mut asked = match self.asked.try_lock() {
            Ok(asked) => asked,
            Err(_) if found.is_some() => return Ok(found),
            Err(_) => self.asked.lock().await,
        };
        let rests = |at: Timestamp| now.duration_since(at) < ASKED_EVERY;
        if !asked.is_some_and(rests) {
            *asked = Some(now);
            self.learn(now).await;
        }
        match self.known(id, algorithm) {
            (_, None) => Err(Unreachable),
            // Old keys are better than none: an issuer that is down for an hour locks nobody out.
            (found, Some(_)) => Ok(found),
        }
    }

    /// The key, as far as is known, and when all of them were told.
    fn known(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> (Option<DecodingKey>, Option<Timestamp>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (chosen(&known.keys, id, algorithm), known.told)
    }

    async fn learn(&self, now: Timestamp) {
        match self.published().await {
            Ok(keys) => {
                let told = Some(now);
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *known = Known { keys, told };
            }
            Err(problem) => tracing::warn!(
                "the issuer {} does not tell its keys: {problem}",
                self.issuer
            ),
        }
    }

    async fn published(&self) -> Result<Vec<Jwk>, String> {
        let base = self.issuer.trim_end_matches('/');
        let address = format!("{base}/.well-known/openid-configuration");
        let address: Uri = address.parse().map_err(|_| "its address is none")?;
        let discovery: Discovery = self.fetcher.json(&address).await?;
        if discovery.issuer != self.issuer {
            return Err(format!("it calls itself {}", discovery.issuer));
        }
        let address: Uri = discovery.jwks_uri.parse().map_err(|_| "jwks_uri is none")?;
        if !fetch::is_safe(&address) {
            return Err(format!("jwks_uri {address} is not https"));
        }
        let published: Published = self.fetcher.json(&address).await?;
        let keys = published.keys.into_iter().take(KEYS_MAX);
        Ok(keys
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect())
    }
}

/// The key with this id, or the only one, where the token names none, if it is for such signatures.
fn chosen(keys: &[Jwk], id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let mut fitting = keys.iter().filter(|key| {
        fits(key, algorithm) && id.is_none_or(|id| key.common.key_id.as_deref() == Some(id))
    });
    let key = fitting.next()?;
    if id.is_none() && fitting.next().is_some() {
        return None;
    }
    DecodingKey::from_jwk(key).ok()
}

/// Whether a key is for signatures of this kind: its own algorithm, where it names one, and its kind.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let same = common.key_algorithm.is_none_or(|own: KeyAlgorithm| {
        Algorithm::from_str(&own.to_string()).is_ok_and(|own| own == algorithm)
    });
    let kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(
            algorithm,
            Algorithm::RS256
                | Algorithm::RS384
                | Algorithm::RS512
                | Algorithm::PS256
                | Algorithm::PS384
                | Algorithm::PS512
        ),
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => algorithm == Algorithm::ES256,
            EllipticCurve::P384 => algorithm == Algorithm::ES384,
            EllipticCurve::P521 | EllipticCurve::Ed25519 | _ => false,
        },
        AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
        AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => false,
    };
    signs && same && kind
}
