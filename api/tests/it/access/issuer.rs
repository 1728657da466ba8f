//! An issuer of access tokens on a port of this machine: discovery document, published keys, and a hand that signs whatever it is told.

use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Keys that sign nothing but the tokens of these tests.
const FIRST: &[u8] = include_bytes!("keys/first.der");
const SECOND: &[u8] = include_bytes!("keys/second.der");

/// For whom tokens are made here.
pub(crate) const AUDIENCE: &str = "caseway";

/// A key pair with its name.
pub(crate) struct Key {
    name: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Elliptic(EcdsaKeyPair),
}

impl Key {
    pub(crate) fn first() -> Key {
        Key::rsa("first", FIRST)
    }

    pub(crate) fn second() -> Key {
        Key::rsa("second", SECOND)
    }

    fn rsa(name: &'static str, bytes: &[u8]) -> Key {
        let pair = Pair::Rsa(RsaKeyPair::from_der(bytes).unwrap());
        Key { name, pair }
    }

    /// A new key on the curve P-256.
    pub(crate) fn elliptic() -> Key {
        let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let bytes = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, bytes.as_ref(), &random).unwrap();
        let pair = Pair::Elliptic(pair);
        Key {
            name: "elliptic",
            pair,
        }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Elliptic(_) => "ES256",
        }
    }

    /// The half that everybody may know, as it is published.
    pub(crate) fn public(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let PublicKeyComponents { n, e } =
                    PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "kid": self.name, "use": "sig", "n": encoded(&n), "e": encoded(&e) })
            }
            Pair::Elliptic(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC", "crv": "P-256", "kid": self.name, "alg": "ES256",
                    "x": encoded(x), "y": encoded(y),
                })
            }
        }
    }

    /// A token with these claims, and the header that belongs to the key.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm(), "kid": self.name, "typ": "at+jwt" });
        self.token_with(&header, claims)
    }

    /// A token with any header, signed by this key.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    message.as_bytes(),
                    &mut signature,
                )
                .unwrap();
                signature
            }
            Pair::Elliptic(pair) => {
                let signature = pair.sign(&random, message.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
        };
        format!("{message}.{}", encoded(&signature))
    }
}

/// Header and claims, as they are signed.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| encoded(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The server.
pub(crate) struct Issuer {
    pub(crate) address: String,
    keys: Arc<Mutex<Vec<Value>>>,
    asked: Arc<AtomicUsize>,
    /// Held while it does not answer.
    open: Arc<tokio::sync::Mutex<()>>,
}

impl Issuer {
    /// One that publishes these keys.
    pub(crate) async fn with(keys: &[&Key]) -> Issuer {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/realms/work", listener.local_addr().unwrap());
        let issuer = Issuer {
            address: address.clone(),
            keys: Arc::default(),
            asked: Arc::default(),
            open: Arc::default(),
        };
        issuer.publish(keys);
        let (keys, asked, open) = (
            issuer.keys.clone(),
            issuer.asked.clone(),
            issuer.open.clone(),
        );
        let discovery = json!({ "issuer": address, "jwks_uri": format!("{address}/keys") });
        let known = get(|| async { Json(discovery) });
        let published = get(|| async move {
            asked.fetch_add(1, Ordering::SeqCst);
            drop(open.lock().await);
            Json(json!({ "keys": *keys.lock().unwrap() }))
        });
        let router = Router::new()
            .route("/realms/work/.well-known/openid-configuration", known)
            .route("/realms/work/keys", published);
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        issuer
    }

    /// From now on it publishes these keys.
    pub(crate) fn publish(&self, keys: &[&Key]) {
        let mut published: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        // A kind that nobody knows must not hide the others.
        published.insert(0, json!({ "kty": "LATTICE", "kid": "strange" }));
        *self.keys.lock().unwrap() = published;
    }

    /// It takes questions and does not answer while this is held.
    pub(crate) async fn hang(&self) -> tokio::sync::OwnedMutexGuard<()> {
        self.open.clone().lock_owned().await
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// The claims of a good token of a user, at 2026-03-02 06:00.
    pub(crate) fn claims(&self, user: &str) -> Value {
        let now = 1_772_431_200;
        json!({
            "iss": self.address, "aud": AUDIENCE, "preferred_username": user,
            "iat": now, "exp": now + 300, "groups": ["helpline"], "roles": ["supervisor", "auditor"],
        })
    }
}
