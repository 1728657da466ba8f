//! XES, the stream of events of IEEE 1849-2016: a trace an instance, an event each time something happened to an activity.

use std::io::Write;
use std::sync::Arc;

use bpmn::Catalog;
use jiff::Timestamp;
use store::{HistoryRow, Instance, Store};

use super::events::{Event, Reader};
use super::{Asked, INSTANCES_AT_ONCE, Told, reader};
use crate::reads::state;
use crate::walk::{Visitor, histories};
use crate::{Error, Result};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="trace">
    <string key="concept:name" value=""/>
    <string key="caseway:process" value=""/>
  </global>
  <global scope="event">
    <string key="concept:name" value=""/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
    <string key="lifecycle:transition" value="complete"/>
  </global>
  <classifier name="Activity" scope="event" keys="concept:name"/>
  <classifier name="Activity and transition" scope="event" keys="concept:name lifecycle:transition"/>
  <string key="lifecycle:model" value="standard"/>
"#;

/// Writes the log.
pub(super) async fn write(
    store: &Store,
    asked: &Asked,
    catalog: Arc<Catalog>,
    out: &mut dyn Write,
) -> Result<Told> {
    let mut log = Log {
        reader: reader(asked, &catalog),
        variables: asked.variables,
        told: Told::default(),
        out,
    };
    log.out.write_all(HEAD.as_bytes())?;
    let mut walk = asked.walk.clone();
    loop {
        let instances = store.walk(&walk, INSTANCES_AT_ONCE).await?;
        let Some(last) = instances.last() else { break };
        walk.after = Some(last.key);
        histories(store, &instances, &mut log).await?;
    }
    log.out.write_all(b"</log>\n")?;
    log.out.flush()?;
    Ok(log.told)
}

struct Log<'a> {
    reader: Reader,
    variables: bool,
    told: Told,
    out: &'a mut dyn Write,
}

impl Visitor for Log<'_> {
    fn begin(&mut self, instance: &Instance) -> Result<()> {
        self.told.instances += 1;
        self.reader.begin();
        writeln!(self.out, "  <trace>")?;
        let key = instance.key.to_string();
        string(self.out, 4, "concept:name", &key)?;
        string(
            self.out,
            4,
            "caseway:process",
            self.reader.process(instance),
        )?;
        let version = instance.version;
        writeln!(
            self.out,
            "    <int key=\"caseway:version\" value=\"{version}\"/>"
        )?;
        if let Some(case) = self.reader.case(instance) {
            string(self.out, 4, "caseway:case", &case)?;
        }
        if self.variables {
            for (name, value) in state(instance)?.variables().iter() {
                let text = serde_json::to_string(value).map_err(|error| Error::Bug {
                    what: error.to_string(),
                })?;
                string(self.out, 4, &format!("variable:{name}"), &text)?;
            }
        }
        Ok(())
    }

    fn row(&mut self, instance: &Instance, row: &HistoryRow) -> Result<()> {
        for event in self.reader.events(instance, row)? {
            self.told.events += 1;
            self.event(&event)?;
        }
        Ok(())
    }

    fn end(&mut self, _: &Instance) -> Result<()> {
        Ok(writeln!(self.out, "  </trace>")?)
    }
}

impl Log<'_> {
    fn event(&mut self, event: &Event) -> Result<()> {
        let out = &mut *self.out;
        writeln!(out, "    <event>")?;
        string(out, 6, "concept:name", &event.name)?;
        string(out, 6, "concept:instance", &event.visit.to_string())?;
        string(out, 6, "lifecycle:transition", event.transition)?;
        let at = time(event.at);
        writeln!(out, "      <date key=\"time:timestamp\" value=\"{at}\"/>")?;
        if let Some(resource) = &event.resource {
            string(out, 6, "org:resource", resource)?;
        }
        if let Some(group) = &event.group {
            string(out, 6, "org:group", group)?;
        }
        string(out, 6, "caseway:element", &event.element)?;
        Ok(writeln!(out, "    </event>")?)
    }
}

/// With milliseconds and the zone as an offset, which all readers know.
pub(super) fn time(at: Timestamp) -> String {
    format!("{}+00:00", at.strftime("%Y-%m-%dT%H:%M:%S.%3f"))
}

fn string(out: &mut dyn Write, indent: usize, key: &str, value: &str) -> std::io::Result<()> {
    let (key, value) = (escaped(key), escaped(value));
    writeln!(
        out,
        "{:indent$}<string key=\"{key}\" value=\"{value}\"/>",
        ""
    )
}

/// As it may stand in an attribute; what XML 1.0 cannot hold is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn a_name_stands_in_an_attribute_whatever_is_in_it() {
        check(r#"Visit "A" & <B>"#, "Visit &quot;A&quot; &amp; &lt;B&gt;");
        check("two\nlines\u{1}", "two&#10;lines\u{fffd}");
    }

    #[test]
    fn times_have_milliseconds_and_an_offset() {
        let at = "2026-03-02T09:00:00.1234Z".parse().unwrap();
        assert_eq!(time(at), "2026-03-02T09:00:00.123+00:00");
    }
}
