//! Text to tree, without recursion.

use std::sync::Arc;

use quick_xml::XmlVersion;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::document::{Attribute, Document, Element, count_characters};
use crate::{Limits, Position, Problem};

/// Reads a document in UTF-8.
///
/// Refused, each with position and way out: text that is not well-formed XML, a document type
/// definition, unknown entities, and whatever passes a limit.
pub fn parse(text: impl AsRef<[u8]>, limits: &Limits) -> Result<Document, Problem> {
    let bytes = text.as_ref();
    if bytes.len() > limits.max_bytes {
        return Err(Problem::error(
            Position::START,
            format!(
                "The document has {} bytes; the limit is {} (max_bytes)",
                bytes.len(),
                limits.max_bytes
            ),
            "split the model, or take embedded images and data out of it",
        ));
    }
    let source = decode(bytes)?;
    let (root, line_starts) = Parser::new(source, limits).run()?;
    Ok(Document::new(source.to_owned(), line_starts, root))
}

/// The text without byte order mark; other encodings than UTF-8 are refused by name.
fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    let way_out = "save the file in UTF-8 and upload it again";
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Problem::error(
            Position::START,
            "The document is encoded in UTF-16",
            way_out,
        ));
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        let line_start = valid
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let position = Position {
            line: valid.iter().filter(|byte| **byte == b'\n').count() as u32 + 1,
            column: count_characters(&valid[line_start..]) as u32 + 1,
        };
        Problem::error(position, "The document is not encoded in UTF-8", way_out)
    })
}

struct Parser<'a> {
    source: &'a str,
    limits: &'a Limits,
    reader: NsReader<&'a [u8]>,
    /// The namespaces seen, so that equal ones share memory.
    namespaces: Vec<Arc<str>>,
    /// The elements that are open, outermost first.
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    line_starts: Vec<usize>,
    /// A place already counted: positions are asked in document order.
    counted: (usize, Position),
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, limits: &'a Limits) -> Parser<'a> {
        let mut reader = NsReader::from_str(source);
        reader.config_mut().expand_empty_elements = false;
        let line_starts = std::iter::once(0)
            .chain(source.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Parser {
            source,
            limits,
            reader,
            namespaces: vec!["".into()],
            open: Vec::new(),
            root: None,
            elements: 0,
            line_starts,
            counted: (0, Position::START),
        }
    }

    fn run(mut self) -> Result<(Element, Vec<usize>), Problem> {
        loop {
            let start = self.reader.buffer_position() as usize;
            let event = self.reader.read_event().map_err(|e| self.malformed(&e))?;
            match event {
                Event::Start(tag) => self.open(&tag, start)?,
                Event::Empty(tag) => {
                    self.open(&tag, start)?;
                    self.close();
                }
                Event::End(_) => self.close(),
                Event::Text(text) => self.text(&text.xml10_content(), start)?,
                Event::CData(text) => self.text(&text.xml10_content(), start)?,
                Event::GeneralRef(reference) => self.reference(&reference, start)?,
                Event::DocType(_) => {
                    return Err(self.problem(
                        start,
                        "The document has a document type definition (DTD)",
                        "remove the <!DOCTYPE ...> part; models do not need it",
                    ));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => return self.finish(),
            }
        }
    }

    fn finish(mut self) -> Result<(Element, Vec<usize>), Problem> {
        if let Some(element) = self.open.pop() {
            return Err(Problem::error(
                element.position,
                format!("<{}> is never closed", element.name),
                "the file is cut off or damaged: export it again from the modeler",
            ));
        }
        let end = self.source.len();
        match self.root.take() {
            Some(root) => Ok((root, self.line_starts)),
            None => Err(self.not_xml(end.min(1))),
        }
    }

    fn open(&mut self, tag: &BytesStart<'a>, start: usize) -> Result<(), Problem> {
        if self.open.len() >= self.limits.max_depth {
            let message = format!(
                "Elements are nested deeper than {} levels (max_depth)",
                self.limits.max_depth
            );
            return Err(self.problem(start, message, "flatten the model"));
        }
        self.elements += 1;
        if self.elements > self.limits.max_elements {
            let message = format!(
                "The document has more than {} elements (max_elements)",
                self.limits.max_elements
            );
            return Err(self.problem(start, message, "split the model"));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(self.problem(
                start,
                "The document has a second outermost element",
                "keep one root element",
            ));
        }
        let position = self.position(start);
        let (namespace, name) = self.reader.resolver().resolve_element(tag.name());
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => Some(namespace.0.to_owned()),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(prefix) => return Err(self.unknown_prefix(start, &prefix)),
        };
        let name = name.into_inner().into();
        let attributes = self.attributes(tag, start)?;
        let namespace = self.shared(namespace.as_deref().unwrap_or_default());
        self.open.push(Element {
            namespace,
            name,
            attributes,
            children: Vec::new(),
            position,
            span: start..start,
            text: String::new(),
            text_offset: self.reader.buffer_position() as usize,
            text_is_made: false,
        });
        Ok(())
    }

    fn attributes(
        &mut self,
        tag: &BytesStart<'a>,
        start: usize,
    ) -> Result<Vec<Attribute>, Problem> {
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| {
                let message = format!("An attribute of <{}> is malformed: {error}", tag.name().0);
                self.problem(start, message, "correct the attribute")
            })?;
            if attributes.len() >= self.limits.max_attributes {
                let message = format!(
                    "<{}> has more than {} attributes (max_attributes)",
                    tag.name().0,
                    self.limits.max_attributes
                );
                return Err(self.problem(start, message, "remove some"));
            }
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let offset = self.offset_of(&attribute.value).unwrap_or(start);
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| self.malformed_at(offset, &error))?
                .into_owned();
            let (namespace, name) = self.reader.resolver().resolve_attribute(attribute.key);
            let namespace = match namespace {
                ResolveResult::Bound(namespace) => namespace.0.to_owned(),
                ResolveResult::Unbound => String::new(),
                ResolveResult::Unknown(prefix) => return Err(self.unknown_prefix(start, &prefix)),
            };
            attributes.push(Attribute {
                name: name.into_inner().into(),
                namespace: self.shared(&namespace),
                value,
                offset,
                is_made: false,
            });
        }
        Ok(attributes)
    }

    fn close(&mut self) {
        let Some(mut element) = self.open.pop() else {
            return;
        };
        element.span.end = self.reader.buffer_position() as usize;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str, start: usize) -> Result<(), Problem> {
        match self.open.last_mut() {
            Some(element) => {
                if element.text.is_empty() {
                    element.text_offset = start;
                }
                element.text.push_str(text);
                Ok(())
            }
            None if text.trim().is_empty() => Ok(()),
            None => Err(self.not_xml(start)),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>, start: usize) -> Result<(), Problem> {
        let character = reference
            .resolve_char_ref()
            .map_err(|error| self.malformed_at(start, &error))?;
        if let Some(character) = character {
            return self.text(character.encode_utf8(&mut [0; 4]), start);
        }
        match resolve_predefined_entity(reference) {
            Some(text) => self.text(text, start),
            None => {
                let message = format!("&{}; is not an entity of XML", &**reference);
                let way_out = "write the character itself, or &amp; for an ampersand";
                Err(self.problem(start, message, way_out))
            }
        }
    }

    /// Where a slice of the source begins; `None` for text that is not from the source.
    fn offset_of(&self, slice: &str) -> Option<usize> {
        let offset = (slice.as_ptr() as usize).checked_sub(self.source.as_ptr() as usize)?;
        (offset <= self.source.len()).then_some(offset)
    }

    fn shared(&mut self, namespace: &str) -> Arc<str> {
        if let Some(known) = self.namespaces.iter().find(|known| &***known == namespace) {
            return known.clone();
        }
        let namespace: Arc<str> = namespace.into();
        // Real documents have about ten; a hostile one shall not make this list long.
        if self.namespaces.len() < 64 {
            self.namespaces.push(namespace.clone());
        }
        namespace
    }

    fn position(&mut self, offset: usize) -> Position {
        let (counted, position) = self.counted;
        let passed = &self.source.as_bytes()[counted..offset];
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        let column = match passed.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => count_characters(&passed[newline + 1..]) + 1,
            None => position.column as usize + count_characters(passed),
        };
        let position = Position {
            line: position.line + lines as u32,
            column: column as u32,
        };
        self.counted = (offset, position);
        position
    }

    fn problem(&self, offset: usize, message: impl Into<String>, way_out: &str) -> Problem {
        let offset = offset.min(self.source.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let position = Position {
            line: line as u32,
            column: count_characters(&self.source.as_bytes()[start..offset]) as u32 + 1,
        };
        Problem::error(position, message, way_out)
    }

    fn not_xml(&self, offset: usize) -> Problem {
        self.problem(
            offset.saturating_sub(1),
            "This is not an XML document",
            "upload the .bpmn or .dmn file that the modeler saves",
        )
    }

    fn unknown_prefix(&self, start: usize, prefix: &str) -> Problem {
        self.problem(
            start,
            format!("The prefix \"{prefix}\" is not declared"),
            &format!("declare it with xmlns:{prefix}=\"...\" on the root element"),
        )
    }

    fn malformed(&self, error: &Error) -> Problem {
        if self.open.is_empty() && self.root.is_none() {
            return self.not_xml(1);
        }
        self.malformed_at(self.reader.error_position() as usize, error)
    }

    fn malformed_at(&self, offset: usize, error: &Error) -> Problem {
        let message =
            if let Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) = error {
                format!("</{found}> closes <{expected}>")
            } else if let Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) = error {
                format!("</{found}> closes an element that was not opened")
            } else {
                format!("The XML is damaged: {error}")
            };
        let way_out = "export the model again, or correct the file at this place";
        self.problem(offset, message, way_out)
    }
}

#[cfg(test)]
mod tests;
