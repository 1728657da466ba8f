//! What is read, what is refused, and where the refusal points.

use super::*;

fn read(text: &str) -> Document {
    parse(text, &Limits::default()).expect("a document")
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let problem = parse(text, &Limits::default()).expect_err("a refusal");
    assert_eq!(problem.to_string(), expected);
}

#[test]
fn names_are_resolved_to_namespaces() {
    let document = read(r#"<a:x xmlns:a="urn:a" xmlns="urn:d"><y k="1" a:k="2"/></a:x>"#);
    let root = document.root();
    assert!(root.is("urn:a", "x"));
    let y = root.child("urn:d", "y").expect("y");
    assert_eq!(y.attribute("k"), Some("1"));
    assert_eq!(
        y.attribute_named("urn:a", "k").map(|a| a.value.as_str()),
        Some("2")
    );
    assert_eq!(&document.source()[y.span.clone()], r#"<y k="1" a:k="2"/>"#);
}

#[test]
fn entities_do_not_split_text() {
    let document = read("<c>=a &lt; 3 and b &gt;<![CDATA[ 4 & ]]>&#65;&amp;</c>");
    assert_eq!(document.root().text(), "=a < 3 and b > 4 & A&");
}

#[test]
fn positions_count_lines_and_characters() {
    let document = read("<a>\n  <é/><b/>\n</a>");
    let positions: Vec<_> = document
        .root()
        .children
        .iter()
        .map(|c| c.position)
        .collect();
    assert_eq!(
        positions,
        [
            Position { line: 2, column: 3 },
            Position { line: 2, column: 7 }
        ]
    );
}

#[test]
fn a_place_inside_a_value_is_found_in_the_source() {
    let document = read("<a k=\"x &lt; yy\">\n one &amp; two<![CDATA[!]]></a>");
    let root = document.root();
    let attribute = root.attribute_named("", "k").expect("k");
    assert_eq!(
        document.position_in_attribute(attribute, 4),
        Position {
            line: 1,
            column: 14
        }
    );
    assert_eq!(
        document.position_in_text(root, 8),
        Position {
            line: 2,
            column: 12
        }
    );
    assert_eq!(
        document.position_in_text(root, 11),
        Position {
            line: 2,
            column: 24
        }
    );
}

#[test]
fn what_is_not_xml_is_refused() {
    for text in [
        "",
        "   ",
        "hello",
        "{\"id\": 1}",
        "\u{0}\u{1}",
        "<",
        "<a",
        "&lt;",
    ] {
        let problem = parse(text, &Limits::default()).expect_err(text);
        assert_eq!(problem.message, "This is not an XML document", "{text:?}");
    }
}

#[test]
fn a_dtd_is_refused() {
    refused(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "line 2, column 1: error: The document has a document type definition (DTD); \
         remove the <!DOCTYPE ...> part; models do not need it",
    );
}

#[test]
fn damage_is_named_with_its_place() {
    refused(
        "<a>\n <b></c></a>",
        "line 2, column 5: error: </c> closes <b>; \
         export the model again, or correct the file at this place",
    );
    refused(
        "<a>\n <b>",
        "line 2, column 2: error: <b> is never closed; \
         the file is cut off or damaged: export it again from the modeler",
    );
    refused(
        "<a>&lol9;</a>",
        "line 1, column 4: error: &lol9; is not an entity of XML; \
         write the character itself, or &amp; for an ampersand",
    );
    refused(
        "<a/>\n<b/>",
        "line 2, column 1: error: The document has a second outermost element; keep one root element",
    );
    refused(
        "<a x:b=\"\"/>",
        "line 1, column 1: error: The prefix \"x\" is not declared; \
         declare it with xmlns:x=\"...\" on the root element",
    );
    assert!(parse("<a b=1/>", &Limits::default()).is_err());
    assert!(parse("<a b='1' b='2'/>", &Limits::default()).is_err());
    assert!(parse("<a b='&x;'/>", &Limits::default()).is_err());
}

#[test]
fn ten_thousand_levels_are_refused_without_a_crash() {
    let text = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    refused(
        &text,
        "line 1, column 769: error: Elements are nested deeper than 256 levels (max_depth); flatten the model",
    );
}

#[test]
fn fifty_megabytes_are_refused_at_once() {
    let text = vec![b' '; 50 * 1024 * 1024];
    let problem = parse(&text, &Limits::default()).expect_err("a refusal");
    assert_eq!(
        problem.message,
        "The document has 52428800 bytes; the limit is 10485760 (max_bytes)"
    );
}

#[test]
fn many_elements_and_attributes_are_refused() {
    let many = format!("<a>{}</a>", "<b/>".repeat(250_000));
    let problem = parse(&many, &Limits::default()).expect_err("a refusal");
    assert!(problem.message.contains("max_elements"), "{problem}");

    let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    let problem = parse(format!("<a{attributes}/>"), &Limits::default()).expect_err("a refusal");
    assert!(problem.message.contains("max_attributes"), "{problem}");
}

#[test]
fn other_encodings_are_refused_by_name() {
    let limits = Limits::default();
    let utf16 = parse([0xFF, 0xFE, b'<', 0], &limits).expect_err("a refusal");
    assert_eq!(utf16.message, "The document is encoded in UTF-16");
    let latin1 = parse(b"<a>\n \xE9</a>", &limits).expect_err("a refusal");
    assert_eq!((latin1.line, latin1.column), (2, 2));
    assert!(parse(b"\xEF\xBB\xBF<a/>", &limits).is_ok());
}
