//! Elements in the order in which they are written. Escaping is the library's.

use quick_xml::Writer as Xml;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io::Error;
use values::Money;

pub(super) struct Writer {
    xml: Xml<Vec<u8>>,
}

pub(super) type Written = Result<(), Error>;

impl Writer {
    pub(super) fn new() -> Self {
        Self {
            xml: Xml::new_with_indent(Vec::new(), b' ', 2),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.xml.into_inner();
        bytes.push(b'\n');
        bytes
    }

    pub(super) fn root(
        &mut self,
        name: &str,
        namespace: &str,
        inside: impl FnOnce(&mut Self) -> Written,
    ) -> Written {
        let declaration = BytesDecl::new("1.0", Some("UTF-8"), None);
        self.xml.write_event(Event::Decl(declaration))?;
        let mut start = BytesStart::new(name);
        start.push_attribute(("xmlns", namespace));
        start.push_attribute(("xmlns:cac", super::CAC));
        start.push_attribute(("xmlns:cbc", super::CBC));
        self.xml.write_event(Event::Start(start))?;
        inside(self)?;
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with others inside.
    pub(super) fn group(
        &mut self,
        name: &str,
        inside: impl FnOnce(&mut Self) -> Written,
    ) -> Written {
        self.xml.write_event(Event::Start(BytesStart::new(name)))?;
        inside(self)?;
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with text; left out when there is none.
    pub(super) fn text(&mut self, name: &str, text: &str) -> Written {
        self.with(name, &[], text)
    }

    /// An element with attributes and text; left out when there is no text.
    pub(super) fn with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> Written {
        let text = clean(text);
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let mut start = BytesStart::new(name);
        for attribute in attributes {
            start.push_attribute(*attribute);
        }
        self.xml.write_event(Event::Start(start))?;
        self.xml.write_event(Event::Text(BytesText::new(text)))?;
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An amount with its currency.
    pub(super) fn amount(&mut self, name: &str, money: Money) -> Written {
        let code = money.currency;
        let text = money.decimal().to_string();
        self.with(name, &[("currencyID", code.code())], &text)
    }
}

/// Without the control characters that XML does not know.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && !matches!(c, '\n' | '\t') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}
