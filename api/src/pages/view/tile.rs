//! The numbers above a list that narrow it, and the line that says what was just done.

use serde::Serialize;

/// A number above a list; following it shows only what it counts.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tile {
    /// The colour of its edge.
    pub(crate) kind: &'static str,
    pub(crate) number: usize,
    pub(crate) text: String,
    pub(crate) href: String,
    /// Whether the list shows only this now.
    pub(crate) current: bool,
    /// Whether it counts nothing.
    pub(crate) zero: bool,
}

impl Tile {
    /// A tile; one that is current leads back to the whole list.
    pub(crate) fn new(
        kind: &'static str,
        number: usize,
        text: &str,
        current: bool,
        href: String,
    ) -> Tile {
        Tile {
            kind,
            number,
            text: text.into(),
            href,
            current,
            zero: number == 0,
        }
    }
}

/// A line that says what was done, or what stands in the way.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Notice {
    pub(crate) kind: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) text: String,
    pub(crate) href: String,
    pub(crate) link: String,
}

impl Notice {
    /// It was done.
    pub(crate) fn done(text: impl Into<String>) -> Notice {
        Notice {
            kind: "green",
            icon: "check",
            text: text.into(),
            href: String::new(),
            link: String::new(),
        }
    }

    /// Something to know.
    pub(crate) fn told(text: impl Into<String>) -> Notice {
        Notice {
            kind: "amber",
            icon: "info",
            ..Notice::done(text)
        }
    }

    /// With a way to go on.
    pub(crate) fn link(self, href: impl Into<String>, link: impl Into<String>) -> Notice {
        Notice {
            href: href.into(),
            link: link.into(),
            ..self
        }
    }
}
