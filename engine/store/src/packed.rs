//! States and records as they are stored: JSON, packed with the help of a dictionary.
//!
//! Both say the same few words again and again, and a general packer would have to learn them anew in each row. The dictionary
//! has them, so that a row of 700 bytes becomes one of 250, in about a microsecond. The first byte says how the rest is to be
//! read: a dictionary never changes, a better one gets the next number, and JSON that is stored as it is begins with its own
//! bracket. What is hashed is the text and not its packing.

use lz4_flex::block::{compress_with_dict, decompress_with_dict};

/// The words of states and records, the most frequent last: near ones are found first.
const DICTIONARY: &[u8] = include_bytes!("packed/dictionary-1.txt");

/// The first byte of what is packed with it. No JSON begins so.
const NUMBER: u8 = 1;

/// No text becomes smaller than one part in this many.
const RATIO_MAX: usize = 255;

/// The bytes of a text.
pub(crate) fn pack(text: &str) -> Vec<u8> {
    let Ok(length) = u32::try_from(text.len()) else {
        return text.as_bytes().to_vec();
    };
    let packed = compress_with_dict(text.as_bytes(), DICTIONARY);
    let mut bytes = Vec::with_capacity(5 + packed.len());
    bytes.push(NUMBER);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&packed);
    bytes
}

/// The text of bytes; `Err` says what is wrong with them.
pub(crate) fn unpack(bytes: Vec<u8>) -> Result<String, String> {
    let text = match bytes.split_first() {
        Some((&NUMBER, rest)) => {
            let (length, packed) = rest.split_first_chunk().ok_or("packed, and cut off")?;
            let length = u32::from_le_bytes(*length) as usize;
            if length > packed.len().saturating_mul(RATIO_MAX) {
                return Err(format!("packed {length} bytes cannot be so few"));
            }
            let text = decompress_with_dict(packed, length, DICTIONARY)
                .map_err(|error| error.to_string())?;
            if text.len() != length {
                return Err(format!("packed {} bytes, not {length}", text.len()));
            }
            text
        }
        Some((b'{' | b'[', _)) => bytes,
        Some((other, _)) => return Err(format!("packed in the way {other}, which is not known")),
        None => return Err("nothing is there".to_owned()),
    };
    String::from_utf8(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str) -> usize {
        let packed = pack(text);
        let length = packed.len();
        assert_eq!(unpack(packed).as_deref(), Ok(text));
        length
    }

    #[test]
    fn what_is_packed_is_read_as_it_was() {
        for text in ["[]", "{}", "[\"\\u0000\"]", "{\"ሰላም\":\"🙂\"}"] {
            check(text);
        }
        let long = format!("[{}]", "\"child\",".repeat(100_000));
        assert!(check(&long) < long.len() / 100);
    }

    #[test]
    fn usual_records_become_a_third() {
        let records = r#"[{"type":"taskCompleted","task":1052770316,"by":"grace"},{"type":"elementCompleted","key":1052770314},{"type":"flowTaken","flow":"f7","scope":1052770304},{"type":"elementActivated","key":1052770317,"element":"assessment","scope":1052770304},{"type":"taskCreated","task":{"key":1052770319,"element":"assessment","elementInstance":1052770317,"name":"Assess the risk","candidateGroups":["caseworkers"],"due":"2026-12-20T16:17:47.262096Z","priority":50}}]"#;
        assert!(check(records) * 5 < records.len() * 2);
    }

    #[test]
    fn json_as_it_is_is_read_as_well() {
        assert_eq!(unpack(b"[1]".to_vec()).as_deref(), Ok("[1]"));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let mut long = pack("[1]");
        long[4] = 0x7f;
        let mut longer = pack("[1]");
        longer[1] += 1;
        let mut damaged = pack(r#"[{"type":"taskCompleted"}]"#);
        damaged.truncate(8);
        for bytes in [
            Vec::new(),
            vec![NUMBER],
            vec![9, 9],
            long,
            longer,
            damaged,
            b"[\xff]".to_vec(),
        ] {
            assert!(unpack(bytes.clone()).is_err(), "{bytes:?}");
        }
    }
}
