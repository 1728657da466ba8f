//! The tree: elements with namespace, attributes, text and the place where each stood.

use std::ops::Range;
use std::sync::Arc;

use crate::Position;

/// A whole document: its root element, and its source for exact positions.
#[derive(Debug)]
pub struct Document {
    source: String,
    line_starts: Vec<usize>,
    root: Element,
}

/// One element, with everything inside it.
#[derive(Debug, Clone)]
pub struct Element {
    /// URI of the namespace; empty where there is none.
    pub namespace: Arc<str>,
    /// Name without prefix.
    pub name: Box<str>,
    /// In document order, without the namespace declarations.
    pub attributes: Vec<Attribute>,
    /// The elements directly inside, in document order.
    pub children: Vec<Element>,
    /// Where its start tag begins.
    pub position: Position,
    /// Its bytes in the source, from `<` to `>` of the end tag.
    pub span: Range<usize>,
    pub(crate) text: String,
    pub(crate) text_offset: usize,
    /// Whether the text was made of what stands at the offset, and is not written there itself.
    pub(crate) text_is_made: bool,
}

/// One attribute of an element.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// URI of the namespace; empty where the name has no prefix.
    pub namespace: Arc<str>,
    /// Name without prefix.
    pub name: Box<str>,
    /// The value, entities replaced.
    pub value: String,
    /// Byte in the source where the value begins, after the quote.
    pub offset: usize,
    /// Whether the value was made of what stands at the offset, and is not written there itself.
    pub is_made: bool,
}

impl Document {
    pub(crate) fn new(source: String, line_starts: Vec<usize>, root: Element) -> Document {
        Document {
            source,
            line_starts,
            root,
        }
    }

    /// The outermost element.
    pub fn root(&self) -> &Element {
        &self.root
    }

    /// The text that the document was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Line and column of a byte of the source.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.source.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = count_characters(&self.source.as_bytes()[start..offset]) + 1;
        Position {
            line: line as u32,
            column: column as u32,
        }
    }

    /// Where a byte of an attribute's value stands in the document.
    ///
    /// A value that was made of another one stands, as a whole, where that one begins.
    pub fn position_in_attribute(&self, attribute: &Attribute, byte: usize) -> Position {
        let byte = if attribute.is_made { 0 } else { byte };
        self.position_inside(attribute.offset, &attribute.value, byte)
    }

    /// Where a byte of an element's text stands in the document.
    ///
    /// A text that was made of another one stands, as a whole, where that one begins.
    pub fn position_in_text(&self, element: &Element, byte: usize) -> Position {
        let byte = if element.text_is_made { 0 } else { byte };
        self.position_inside(element.text_offset, &element.text, byte)
    }

    /// Walks the source beside the value that was read from it: an entity counts as one character.
    fn position_inside(&self, start: usize, value: &str, byte: usize) -> Position {
        let characters = value
            .char_indices()
            .take_while(|(index, _)| *index < byte)
            .count();
        let mut rest = &self.source[start.min(self.source.len())..];
        for _ in 0..characters {
            rest = skip_markup(rest);
            let length = written_length(rest);
            rest = &rest[length..];
        }
        self.position(self.source.len() - skip_markup(rest).len())
    }
}

impl Element {
    /// Whether this is the element `name` of the namespace.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        &*self.name == name && &*self.namespace == namespace
    }

    /// The value of an attribute without prefix.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_named("", name)
            .map(|attribute| attribute.value.as_str())
    }

    /// An attribute by namespace and name; the namespace of one without prefix is empty.
    pub fn attribute_named(&self, namespace: &str, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| &*attribute.name == name && &*attribute.namespace == namespace)
    }

    /// The first child of this name.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    /// All children of this name, in document order.
    pub fn children_named<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Element> {
        self.children
            .iter()
            .filter(move |child| child.is(namespace, name))
    }

    /// The text directly inside this element, entities replaced and pieces joined.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Characters in a piece of UTF-8.
pub(crate) fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

/// Steps over the marks of CDATA sections and over comments, which are not part of a value.
fn skip_markup(mut rest: &str) -> &str {
    loop {
        if let Some(after) = rest.strip_prefix("<![CDATA[") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("]]>") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.split_once("-->").map_or("", |(_, after)| after);
        } else {
            return rest;
        }
    }
}

/// How many bytes of the source the next character of a value took.
fn written_length(rest: &str) -> usize {
    if rest.starts_with('&') {
        return rest.find(';').map_or(rest.len(), |end| end + 1);
    }
    if rest.starts_with("\r\n") {
        return 2;
    }
    rest.chars().next().map_or(0, char::len_utf8)
}
