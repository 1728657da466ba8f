//! Form schemas: check, fill, validate, and render as HTML.
