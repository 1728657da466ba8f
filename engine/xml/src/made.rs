//! Elements and attributes that nobody wrote: a reader makes them of what is written, and they stand where that stands.

use std::sync::Arc;

use crate::{Attribute, Element};

impl Element {
    /// A new element that stands where `origin` stands.
    pub fn made(namespace: &str, name: &str, origin: &Element) -> Element {
        Element {
            namespace: Arc::from(namespace),
            name: name.into(),
            attributes: Vec::new(),
            children: Vec::new(),
            position: origin.position,
            span: origin.span.clone(),
            text: String::new(),
            text_offset: origin.text_offset,
            text_is_made: true,
        }
    }

    /// The same element without the elements inside it.
    pub fn without_children(&self) -> Element {
        Element {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            attributes: self.attributes.clone(),
            children: Vec::new(),
            position: self.position,
            span: self.span.clone(),
            text: self.text.clone(),
            text_offset: self.text_offset,
            text_is_made: self.text_is_made,
        }
    }

    /// Byte in the source where the text begins.
    pub fn text_offset(&self) -> usize {
        self.text_offset
    }

    /// Gives it a text that was made of the one that it has.
    pub fn set_made_text(&mut self, text: impl Into<String>) {
        self.text = text.into();
        self.text_is_made = true;
    }

    /// Gives it an attribute without prefix that was made of what stands at a byte of the source;
    /// one of the same name is replaced.
    pub fn set_made(&mut self, name: &str, value: impl Into<String>, offset: usize) {
        let value = value.into();
        let present = self.attributes.iter_mut();
        let mut present = present.filter(|a| &*a.name == name && a.namespace.is_empty());
        if let Some(attribute) = present.next() {
            attribute.value = value;
            attribute.is_made = true;
            return;
        }
        self.attributes.push(Attribute {
            namespace: Arc::from(""),
            name: name.into(),
            value,
            offset,
            is_made: true,
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::{Element, Limits, parse};

    #[test]
    fn what_is_made_stands_where_its_origin_stands() {
        let document = parse("<a>\n  <b x=\"one\">two</b></a>", &Limits::default()).expect("XML");
        let b = &document.root().children[0];
        let mut made = Element::made("n", "c", b);
        made.set_made("y", "=much longer than before", b.attributes[0].offset);
        made.set_made("y", "=replaced", 0);
        made.set_made_text("=also longer");
        assert!(made.is("n", "c"));
        assert_eq!(made.attribute("y"), Some("=replaced"));
        let attribute = &made.attributes[0];
        let position = document.position_in_attribute(attribute, 7);
        assert_eq!((position.line, position.column), (2, 9));
        let position = document.position_in_text(&made, 9);
        assert_eq!((position.line, position.column), (2, 14));
        assert_eq!(made.position, b.position);
    }
}
