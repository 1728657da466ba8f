//! Passwords: hashed with argon2id (RFC 9106) away from the threads that serve requests.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The shortest password that is accepted for a user.
pub const SHORTEST: usize = 10;
/// The longest that is looked at.
pub const LONGEST: usize = 200;
/// Each hash takes 19 MiB and all of a core for some hundredths of a second.
const AT_ONCE: usize = 4;
/// The hash of no password: checked when there is no such user, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGtub3dzIGl0$wOWbpDTKRHbBwEFAK8+dVzRs2jKY0hC4XB+GJ7sTQbY";

/// How long a program that sends its password with every request is believed without a new check.
const BELIEVED: SignedDuration = SignedDuration::from_mins(5);
/// How many such programs are remembered.
const REMEMBERED: usize = 1_000;

/// Checks passwords, a few at once.
pub(crate) struct Passwords {
    at_once: Semaphore,
    /// Until when a pair of hash and password is believed, by the SHA-256 of both.
    believed: Mutex<HashMap<[u8; 32], Timestamp>>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords {
            at_once: Semaphore::new(AT_ONCE),
            believed: Mutex::default(),
        }
    }
}

impl Passwords {
    /// Like [`Passwords::fits`], and remembers for some minutes that it did.
    pub(crate) async fn fits_again(
        &self,
        password: &str,
        hash: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let pair: [u8; 32] =
            Sha256::digest(format!("{}\0{password}", hash.unwrap_or_default())).into();
        let believed = || self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        if hash.is_some() && believed().get(&pair).is_some_and(|until| now < *until) {
            return true;
        }
        let fits = self.fits(password, hash).await;
        if fits {
            let mut believed = believed();
            believed.retain(|_, until| now < *until);
            if believed.len() < REMEMBERED {
                believed.insert(pair, now.saturating_add(BELIEVED).unwrap_or(Timestamp::MAX));
            }
        }
        fits
    }

    /// Whether `password` is the one behind `hash`; without a hash it is not, and takes as long to say so.
    pub(crate) async fn fits(&self, password: &str, hash: Option<&str>) -> bool {
        if password.len() > LONGEST {
            return false;
        }
        let _permit = self.at_once.acquire().await;
        let (password, known) = (password.to_owned(), hash.is_some());
        let hash = hash.unwrap_or(NOBODY).to_owned();
        let checked = spawn_blocking(move || {
            Argon2::default()
                .verify_password(password.as_bytes(), &*hash)
                .is_ok()
        });
        checked.await.unwrap_or(false) && known
    }
}

/// The hash of a new password, with a salt of its own.
///
/// # Errors
/// A sentence for whoever chose the password.
pub fn hash(password: &str) -> Result<String, String> {
    if password.chars().count() < SHORTEST {
        return Err(format!(
            "the password is too short; it needs at least {SHORTEST} characters"
        ));
    }
    if password.len() > LONGEST {
        return Err(format!(
            "the password is too long; it may have {LONGEST} bytes"
        ));
    }
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .expect("the length is checked, the salt random");
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let passwords = Passwords::default();
        let hash = hash("correct horse").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(passwords.fits("correct horse", Some(&hash)).await);
        assert!(!passwords.fits("correct house", Some(&hash)).await);
        assert!(!passwords.fits("correct horse", None).await);
    }

    #[tokio::test]
    async fn a_program_is_believed_for_some_minutes_and_a_new_password_at_once() {
        let passwords = Passwords::default();
        let (before, after) = (
            hash("correct horse").unwrap(),
            hash("another horse").unwrap(),
        );
        let now = Timestamp::UNIX_EPOCH;
        assert!(
            passwords
                .fits_again("correct horse", Some(&before), now)
                .await
        );
        assert!(
            passwords
                .fits_again("correct horse", Some(&before), now)
                .await
        );
        assert!(
            !passwords
                .fits_again("correct house", Some(&before), now)
                .await
        );
        assert!(
            !passwords
                .fits_again("correct horse", Some(&after), now)
                .await
        );
        assert!(!passwords.fits_again("correct horse", None, now).await);
    }

    #[tokio::test]
    async fn an_unknown_user_costs_a_whole_check() {
        let parsed = argon2::password_hash::phc::PasswordHash::new(NOBODY).unwrap();
        let real = hash("correct horse").unwrap();
        let real = argon2::password_hash::phc::PasswordHash::new(&real).unwrap();
        assert_eq!(parsed.params, real.params);
        assert_eq!(
            parsed.hash.map(|hash| hash.len()),
            real.hash.map(|hash| hash.len())
        );
    }

    #[test]
    fn a_short_or_endless_password_is_refused() {
        assert!(
            hash("short")
                .unwrap_err()
                .contains("at least 10 characters")
        );
        assert!(hash(&"x".repeat(201)).unwrap_err().contains("too long"));
    }
}
