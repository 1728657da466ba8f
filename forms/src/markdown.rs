//! Markdown of form texts as safe HTML: raw HTML is printed as text, links go only to web pages.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

/// The HTML of a text. Headings begin at `level` (2 below the page's own).
pub(crate) fn html(source: &str, level: u8) -> String {
    let events = Parser::new_ext(
        source,
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH,
    );
    let events = events.filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        // An image becomes its description: forms load nothing from elsewhere.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            let dest_url = if is_safe(&dest_url) {
                dest_url
            } else {
                CowStr::Borrowed("#")
            };
            Some(Event::Start(Tag::Link {
                link_type: plain(link_type),
                dest_url,
                title,
                id,
            }))
        }
        Event::Start(Tag::Heading {
            level: own,
            id: _,
            classes: _,
            attrs: _,
        }) => Some(Event::Start(Tag::Heading {
            level: lowered(own, level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        })),
        Event::End(TagEnd::Heading(own)) => Some(Event::End(TagEnd::Heading(lowered(own, level)))),
        kept @ (Event::Start(_)
        | Event::End(_)
        | Event::Text(_)
        | Event::Code(_)
        | Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::FootnoteReference(_)
        | Event::SoftBreak
        | Event::HardBreak
        | Event::Rule
        | Event::TaskListMarker(_)) => Some(kept),
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

/// Text from the data as markdown that shows it as it is, line by line.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.trim().chars() {
        match letter {
            '\n' => escaped.push_str("\\\n"),
            '\r' => {}
            '\t' => escaped.push(' '),
            letter if letter.is_ascii_punctuation() => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// E-mail autolinks would get a `mailto:` of their own; as plain links they keep the checked address.
fn plain(link: LinkType) -> LinkType {
    if link == LinkType::Email {
        LinkType::Email
    } else {
        LinkType::Inline
    }
}

fn is_safe(address: &str) -> bool {
    let address = address.trim().to_ascii_lowercase();
    let scheme = address.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme.split_once(':') {
        Some((scheme, _)) => matches!(scheme, "http" | "https" | "mailto" | "tel"),
        None => !address.starts_with("//"),
    }
}

fn lowered(own: pulldown_cmark::HeadingLevel, level: u8) -> pulldown_cmark::HeadingLevel {
    let wanted = (own as usize + usize::from(level))
        .saturating_sub(1)
        .clamp(1, 6);
    pulldown_cmark::HeadingLevel::try_from(wanted).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        assert_eq!(html(source, 2).trim(), expected, "{source}");
    }

    #[test]
    fn markdown_becomes_html_with_headings_below_the_pages() {
        check(
            "**Bold** and *it*",
            "<p><strong>Bold</strong> and <em>it</em></p>",
        );
        check("# Top", "<h2>Top</h2>");
        check("## Next", "<h3>Next</h3>");
        check(
            "[Guide](https://example.org/a)",
            "<p><a href=\"https://example.org/a\">Guide</a></p>",
        );
    }

    #[test]
    fn raw_html_is_printed_as_text_and_scripts_never_run() {
        check(
            "<script>alert(1)</script>",
            "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        );
        check(
            "a <b onclick=x>b</b>",
            "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>",
        );
        check("[x](javascript:alert(1))", "<p><a href=\"#\">x</a></p>");
        check("[x](JaVaScRiPt:alert(1))", "<p><a href=\"#\">x</a></p>");
        check("[x](data:text/html,hi)", "<p><a href=\"#\">x</a></p>");
        check(
            "![a picture](https://example.org/spy.png)",
            "<p>a picture</p>",
        );
    }

    #[test]
    fn what_comes_from_the_data_never_becomes_markup() {
        for text in [
            "**x**",
            "[a](https://b)",
            "<b>",
            "# h",
            "1. x",
            "- x",
            "a\n\n# b",
            "`c`",
            "&amp;",
            "a\n---\nb",
            "a\n    b",
        ] {
            let shown = html(&escape(text), 2);
            let visible = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\n', "<br />\n");
            let shown = shown.trim().replace("\n    ", "\n");
            assert_eq!(
                shown,
                format!("<p>{}</p>", visible.replace("    ", "")),
                "{text}"
            );
        }
    }
}
