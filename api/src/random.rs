//! Randomness of the operating system, and bytes as text.

/// Bytes that nobody can guess.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

/// Such bytes in hexadecimal digits, two for each.
pub(crate) fn digits<const N: usize>() -> String {
    hex(&bytes::<N>())
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_two_digits() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
        assert_eq!(digits::<16>().len(), 32);
        assert_ne!(digits::<16>(), digits::<16>());
    }
}
