//! Signatures as Standard Webhooks 1.0 has them: HMAC-SHA256 over id, time and body.

use crate::random;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use runtime::Secret;
use sha2::Sha256;

/// How a secret begins.
const PREFIX: &str = "whsec_";
/// How many bytes a secret has.
const BYTES: usize = 32;

/// A secret that nobody knows yet.
pub(crate) fn new_secret() -> Secret {
    Secret {
        text: format!(
            "{PREFIX}{}",
            BASE64_STANDARD.encode(random::bytes::<BYTES>())
        ),
        until: None,
    }
}

/// The secrets after a change: the new one, and the one before for so long.
pub(crate) fn rotated(secrets: &[Secret], now: Timestamp, overlap: SignedDuration) -> Vec<Secret> {
    let until = now.saturating_add(overlap).unwrap_or(Timestamp::MAX);
    let before = secrets.first().filter(|_| until > now).cloned();
    let before = before.map(|secret| Secret {
        until: Some(until),
        ..secret
    });
    [new_secret()].into_iter().chain(before).collect()
}

/// The value of `webhook-signature`: one signature for each secret that counts, with spaces between.
pub(super) fn of(secrets: &[Secret], id: &str, now: Timestamp, body: &str) -> String {
    let signed = format!("{id}.{}.{body}", now.as_second());
    let counting = secrets
        .iter()
        .filter(|secret| secret.until.is_none_or(|until| now < until));
    let signatures: Vec<String> = counting
        .filter_map(|secret| {
            BASE64_STANDARD
                .decode(secret.text.strip_prefix(PREFIX)?)
                .ok()
        })
        .map(|key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key may have any length");
            mac.update(signed.as_bytes());
            format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
        })
        .collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_others_compute() {
        // Computed with Python's hmac module.
        let secrets = [Secret {
            text: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into(),
            until: None,
        }];
        let now = Timestamp::from_second(1_772_431_200).unwrap();
        let signature = of(&secrets, "1-2-3", now, r#"{"id":"1-2-3"}"#);
        assert_eq!(signature, "v1,QJdYXEG6fsrsdWwLP82GENqxdhU+nwQ1rrHmj/prKzQ=");
    }

    #[test]
    fn both_secrets_sign_while_the_old_one_counts() {
        let now = Timestamp::from_second(1_772_431_200).unwrap();
        let old = [new_secret()];
        let both = rotated(&old, now, SignedDuration::from_hours(1));
        assert_eq!(both[1].text, old[0].text);
        assert_eq!(of(&both, "i", now, "b").split(' ').count(), 2);
        let later = now + SignedDuration::from_hours(1);
        assert_eq!(of(&both, "i", later, "b").split(' ').count(), 1);
        assert_eq!(rotated(&both, now, SignedDuration::ZERO).len(), 1);
    }
}
