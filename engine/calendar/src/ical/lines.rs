//! The lines of an iCalendar text (RFC 5545, 3.1): unfolded, split into name, parameters and value.

/// One content line.
pub(super) struct Line<'t> {
    /// Where it begins in the text.
    pub(super) offset: usize,
    /// In capitals.
    pub(super) name: String,
    /// Names in capitals.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) value: String,
    /// The line as it is written, as far as its first end.
    pub(super) written: &'t str,
}

impl Line<'_> {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value as a text: escapes are undone (3.3.11).
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut letters = self.value.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => match letters.next() {
                    Some('n' | 'N') => text.push(' '),
                    Some(escaped) => text.push(escaped),
                    None => {}
                },
                letter => text.push(letter),
            }
        }
        text.trim().to_owned()
    }
}

/// All lines, and the places of those that are none.
pub(super) fn lines(text: &str) -> (Vec<Line<'_>>, Vec<usize>) {
    let mut folded: Vec<(usize, &str, String)> = Vec::new();
    let mut offset = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end_matches(['\r', '\n']);
        match (line.strip_prefix([' ', '\t']), folded.last_mut()) {
            (Some(rest), Some((_, _, whole))) => whole.push_str(rest),
            (_, _) if line.trim().is_empty() => {}
            (_, _) => folded.push((offset, line, line.to_owned())),
        }
        offset += raw.len();
    }
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    for (offset, written, whole) in folded {
        match split(&whole) {
            Some((name, parameters, value)) => lines.push(Line {
                offset,
                name,
                parameters,
                value,
                written,
            }),
            None => wrong.push(offset),
        }
    }
    (lines, wrong)
}

type Parts = (String, Vec<(String, String)>, String);

/// Name, parameters, value: `DTSTART;VALUE=DATE:20260101`. A parameter in quotes may hold colons and semicolons.
fn split(line: &str) -> Option<Parts> {
    let mut quoted = false;
    let colon = line.char_indices().find_map(|(at, letter)| {
        quoted ^= letter == '"';
        (letter == ':' && !quoted).then_some(at)
    })?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let mut quoted = false;
    let mut parts = head.split(|letter: char| {
        quoted ^= letter == '"';
        letter == ';' && !quoted
    });
    let name = parts.next()?.trim().to_uppercase();
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if name.is_empty() || !name.chars().all(word) {
        return None;
    }
    let mut parameters = Vec::new();
    for part in parts {
        let (key, value) = part.split_once('=')?;
        parameters.push((key.to_uppercase(), value.trim_matches('"').to_owned()));
    }
    Some((name, parameters, value.to_owned()))
}
