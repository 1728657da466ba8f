//! The syntax of XPath's patterns in that of the regex crate. What only one of them knows and the other takes for something else is
//! translated; the rest goes through, so that patterns which people know from elsewhere keep working.

use std::iter::Peekable;
use std::str::Chars;

/// Unicode blocks that patterns in the field name, with their first and last character.
const BLOCKS: [(&str, &str); 24] = [
    ("BasicLatin", "\\x{0}-\\x{7F}"),
    ("Latin-1Supplement", "\\x{80}-\\x{FF}"),
    ("LatinExtended-A", "\\x{100}-\\x{17F}"),
    ("LatinExtended-B", "\\x{180}-\\x{24F}"),
    ("IPAExtensions", "\\x{250}-\\x{2AF}"),
    ("CombiningDiacriticalMarks", "\\x{300}-\\x{36F}"),
    ("Greek", "\\x{370}-\\x{3FF}"),
    ("GreekandCoptic", "\\x{370}-\\x{3FF}"),
    ("Cyrillic", "\\x{400}-\\x{4FF}"),
    ("Armenian", "\\x{530}-\\x{58F}"),
    ("Hebrew", "\\x{590}-\\x{5FF}"),
    ("Arabic", "\\x{600}-\\x{6FF}"),
    ("Devanagari", "\\x{900}-\\x{97F}"),
    ("Bengali", "\\x{980}-\\x{9FF}"),
    ("Thai", "\\x{E00}-\\x{E7F}"),
    ("Georgian", "\\x{10A0}-\\x{10FF}"),
    ("Ethiopic", "\\x{1200}-\\x{137F}"),
    ("LatinExtendedAdditional", "\\x{1E00}-\\x{1EFF}"),
    ("GeneralPunctuation", "\\x{2000}-\\x{206F}"),
    ("CurrencySymbols", "\\x{20A0}-\\x{20CF}"),
    ("Hiragana", "\\x{3040}-\\x{309F}"),
    ("Katakana", "\\x{30A0}-\\x{30FF}"),
    ("CJKUnifiedIdeographs", "\\x{4E00}-\\x{9FFF}"),
    ("HangulSyllables", "\\x{AC00}-\\x{D7A3}"),
];

/// The pattern as the regex crate reads it. With `spaced` blanks outside of character classes mean nothing.
pub(super) fn translated(pattern: &str, spaced: bool) -> String {
    let mut translation = Translation {
        rest: pattern.chars().peekable(),
        spaced,
        made: String::with_capacity(pattern.len()),
    };
    while let Some(character) = translation.next() {
        match character {
            '\\' => translation.escape(false),
            '[' => translation.class(),
            other => translation.made.push(other),
        }
    }
    translation.made
}

struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    spaced: bool,
    made: String,
}

impl Translation<'_> {
    /// The next character that counts outside of classes.
    fn next(&mut self) -> Option<char> {
        while self.spaced && self.rest.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.rest.next();
        }
        self.rest.next()
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) {
        let escaped = if in_class {
            self.rest.next()
        } else {
            self.next()
        };
        match escaped {
            Some(letter @ ('p' | 'P')) if self.rest.peek() == Some(&'{') => {
                self.property(letter, in_class);
            }
            // Characters that begin and continue names in XML.
            Some('i') => self.made.push_str("[\\p{L}_:]"),
            Some('I') => self.made.push_str("[^\\p{L}_:]"),
            Some('c') => self.made.push_str("[\\p{L}\\p{M}\\p{Nd}.\\-_:·]"),
            Some('C') => self.made.push_str("[^\\p{L}\\p{M}\\p{Nd}.\\-_:·]"),
            Some(other) => self.made.extend(['\\', other]),
            None => self.made.push('\\'),
        }
    }

    /// `\p{Lu}`, `\p{IsBasicLatin}`.
    fn property(&mut self, letter: char, in_class: bool) {
        self.rest.next();
        let mut name = String::new();
        while let Some(character) = if in_class {
            self.rest.next()
        } else {
            self.next()
        } {
            if character == '}' {
                break;
            }
            name.push(character);
        }
        let block = name.strip_prefix("Is");
        let block = block.and_then(|name| BLOCKS.iter().find(|(known, _)| *known == name));
        match block {
            Some((_, range)) => {
                let not = if letter == 'P' { "^" } else { "" };
                self.made.push_str(&format!("[{not}{range}]"));
            }
            None => self.made.push_str(&format!("\\{letter}{{{name}}}")),
        }
    }

    /// The rest of a character class, whose opening bracket has been read. A class after a dash is subtracted.
    fn class(&mut self) {
        let mut open = 1;
        self.made.push('[');
        self.negation();
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape(true),
                ']' => {
                    self.made.push(']');
                    open -= 1;
                    if open == 0 {
                        return;
                    }
                }
                '-' if self.rest.peek() == Some(&'[') => {
                    self.rest.next();
                    self.made.push_str("--[");
                    self.negation();
                    open += 1;
                }
                // The regex crate has operators where XPath has plain characters.
                '&' | '~' => self.made.extend(['\\', character]),
                '[' if self.rest.peek() != Some(&':') => self.made.push_str("\\["),
                '[' => {
                    self.made.push('[');
                    open += 1;
                }
                other => self.made.push(other),
            }
        }
    }

    fn negation(&mut self) {
        if self.rest.peek() == Some(&'^') {
            self.rest.next();
            self.made.push('^');
        }
    }
}
