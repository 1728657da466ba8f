//! Times as text that sorts as they do, for the fields by which documents of the database are found.

use jiff::Timestamp;

/// Seconds since 1970, with leading zeros; those before are none.
pub(crate) fn seconds(time: Timestamp) -> String {
    format!("{:012}", time.as_second().max(0))
}

/// A time of the years 0 to 9999 to the microsecond.
pub(crate) fn microseconds(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_sort_as_their_times() {
        let times = [
            "1970-01-01T00:00:09Z",
            "2001-09-09T01:46:40Z",
            "2026-03-02T06:00:00.000001Z",
        ];
        let times = times.map(|time| time.parse::<Timestamp>().unwrap());
        assert!(times.map(seconds).is_sorted());
        assert!(times.map(microseconds).is_sorted());
        assert_eq!(seconds(times[1]), "001000000000");
        assert_eq!(microseconds(times[1]), "2001-09-09T01:46:40.000000Z");
    }
}
