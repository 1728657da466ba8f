//! Other names for people and cases.

use sha2::{Digest, Sha256};

/// Bytes of a pseudonym: two people with one pseudonym are as good as impossible.
const BYTES: usize = 8;

/// Gives the same name the same pseudonym. Whoever does not have the secret cannot find out by trying names.
#[derive(Clone)]
pub struct Pseudonyms {
    secret: [u8; 32],
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms")
    }
}

impl Pseudonyms {
    /// Pseudonyms of a secret, which is random and forgotten with the log.
    pub fn new(secret: [u8; 32]) -> Pseudonyms {
        Pseudonyms { secret }
    }

    /// The pseudonym of a name of some kind, such as `resource-91f0c2d4a6b8e013`.
    pub(super) fn of(&self, kind: &str, name: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(self.secret);
        digest.update((kind.len() as u64).to_be_bytes());
        digest.update(kind);
        digest.update(name);
        let hash: [u8; 32] = digest.finalize().into();
        let hex: String = hash[..BYTES]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{kind}-{hex}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_pseudonym_in_a_log_and_another_in_the_next() {
        let (one, other) = (Pseudonyms::new([1; 32]), Pseudonyms::new([2; 32]));
        assert_eq!(one.of("resource", "grace"), one.of("resource", "grace"));
        assert_ne!(one.of("resource", "grace"), one.of("resource", "ruth"));
        assert_ne!(one.of("resource", "grace"), one.of("case", "grace"));
        assert_ne!(one.of("resource", "grace"), other.of("resource", "grace"));
        assert!(!one.of("resource", "grace").contains("grace"));
    }
}
