//! What an endpoint wants, and in which version it is served.

use crate::Refusal;
use events::{CATALOGUE, CatalogueEntry, Event};
use values::Date;

/// What an endpoint wants: event types by name, or groups of them up to a major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    types: Vec<String>,
    version: u32,
}

/// How one event is served to one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// As this type.
    Send(&'static CatalogueEntry),
    /// It asks for a version that is no longer sent.
    Retired(&'static CatalogueEntry),
}

/// The highest major version of any event.
#[must_use]
pub fn newest_version() -> u32 {
    CATALOGUE
        .iter()
        .map(CatalogueEntry::major)
        .max()
        .unwrap_or(1)
}

impl Subscription {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// Every entry that names nothing, and every version that is no longer sent.
    pub fn read(types: &[String], version: u32, today: Date) -> Result<Self, Vec<Refusal>> {
        let mut refused = Vec::new();
        if types.is_empty() {
            let message = "name at least one event type, or * for everything";
            refused.push(Refusal::field("no_event_type", "types", message));
        }
        for (index, wanted) in types.iter().enumerate() {
            if let Err(message) = check(wanted, today) {
                let field = format!("types[{index}]");
                refused.push(Refusal::field("unknown_event_type", &field, message));
            }
        }
        if version == 0 || version > newest_version() {
            let message = format!(
                "version {version} is none: major versions go from 1 to {}",
                newest_version()
            );
            refused.push(Refusal::field("unknown_version", "version", message));
        }
        if refused.is_empty() {
            Ok(Self::stored(types.to_vec(), version))
        } else {
            Err(refused)
        }
    }

    /// What was read before.
    #[must_use]
    pub fn stored(types: Vec<String>, version: u32) -> Self {
        Self { types, version }
    }

    /// How an event of this type is served on a day: not at all, as one type, or as several when
    /// several of its versions are named.
    #[must_use]
    pub fn choose(&self, type_name: &str, today: Date) -> Vec<Choice> {
        let Some(newest) = Event::newest(type_name).and_then(CatalogueEntry::of) else {
            return Vec::new();
        };
        let versions: Vec<&'static CatalogueEntry> = CATALOGUE
            .iter()
            .filter(|entry| entry.stem() == newest.stem())
            .collect();
        let mut chosen: Vec<&'static CatalogueEntry> = versions
            .iter()
            .copied()
            .filter(|entry| self.types.iter().any(|wanted| wanted == entry.type_name))
            .collect();
        if chosen.is_empty() && self.types.iter().any(|wanted| covers(wanted, newest)) {
            chosen.extend(
                versions
                    .into_iter()
                    .filter(|entry| entry.major() <= self.version)
                    .max_by_key(|entry| entry.major()),
            );
        }
        chosen
            .into_iter()
            .map(|entry| match entry.is_sent_on(today) {
                true => Choice::Send(entry),
                false => Choice::Retired(entry),
            })
            .collect()
    }
}

/// Whether a group covers an event.
fn covers(wanted: &str, entry: &CatalogueEntry) -> bool {
    wanted == "*"
        || wanted
            .strip_suffix('*')
            .is_some_and(|start| start.ends_with('.') && entry.type_name.starts_with(start))
}

fn check(wanted: &str, today: Date) -> Result<(), String> {
    if let Some(entry) = CatalogueEntry::of(wanted) {
        return match entry.deprecation {
            Some(end) if !entry.is_sent_on(today) => Err(format!(
                "{wanted} is no longer sent since {}; ask for {}",
                end.retired, end.instead
            )),
            _ => Ok(()),
        };
    }
    if CATALOGUE.iter().any(|entry| covers(wanted, entry)) {
        return Ok(());
    }
    Err(format!(
        "{:?} is no event type; use a name of the catalogue such as com.tieout.billing.invoice.issued.v1, a group such as com.tieout.billing.*, or *",
        wanted.chars().take(100).collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "com.tieout.payment.payment.failed.v1";
    const SECOND: &str = "com.tieout.payment.payment.failed.v2";
    const INVOICE: &str = "com.tieout.billing.invoice.issued.v1";

    fn day(text: &str) -> Date {
        values::parse_date(text).unwrap()
    }

    fn named(types: &[&str], version: u32, event: &str, today: &str) -> Vec<String> {
        let types: Vec<String> = types.iter().map(|one| (*one).to_owned()).collect();
        Subscription::stored(types, version)
            .choose(event, day(today))
            .into_iter()
            .map(|choice| match choice {
                Choice::Send(entry) => entry.type_name.to_owned(),
                Choice::Retired(entry) => format!("retired {}", entry.type_name),
            })
            .collect()
    }

    #[test]
    fn two_versions_are_served_side_by_side() {
        let today = "2026-12-24";
        // Whatever version was stored, each endpoint gets the one that it reads.
        for stored in [FIRST, SECOND] {
            assert_eq!(named(&["*"], 1, stored, today), [FIRST]);
            assert_eq!(named(&["*"], 2, stored, today), [SECOND]);
            assert_eq!(named(&["com.tieout.payment.*"], 2, stored, today), [SECOND]);
            assert_eq!(named(&[FIRST, SECOND], 1, stored, today), [SECOND, FIRST]);
            assert_eq!(named(&["*", FIRST], 2, stored, today), [FIRST]);
        }
        assert_eq!(named(&["*"], 1, INVOICE, today), [INVOICE]);
        assert_eq!(named(&["com.tieout.payment.*"], 2, INVOICE, today), [""; 0]);
        assert_eq!(named(&["com.tieout.bill*"], 2, INVOICE, today), [""; 0]);
    }

    #[test]
    fn a_version_is_sent_until_its_last_day_and_not_after() {
        assert_eq!(named(&["*"], 1, SECOND, "2027-12-31"), [FIRST]);
        let retired = format!("retired {FIRST}");
        assert_eq!(
            named(&["*"], 1, SECOND, "2028-01-01"),
            std::slice::from_ref(&retired)
        );
        assert_eq!(named(&[FIRST], 2, SECOND, "2028-01-01"), [retired]);
        assert_eq!(named(&["*"], 2, FIRST, "2028-01-01"), [SECOND]);
        let types = [FIRST.to_owned()];
        let told = Subscription::read(&types, 1, day("2028-01-01")).unwrap_err();
        assert!(told[0].message.contains(SECOND), "{}", told[0].message);
        assert!(Subscription::read(&types, 1, day("2027-12-31")).is_ok());
    }

    #[test]
    fn what_names_nothing_is_refused_with_its_field() {
        let types = [
            "*".to_owned(),
            "com.tieout.invoice".to_owned(),
            "com.tieout.nothing.*".to_owned(),
        ];
        let told = Subscription::read(&types, 9, day("2026-12-24")).unwrap_err();
        let fields: Vec<_> = told
            .iter()
            .map(|refusal| refusal.field.as_deref())
            .collect();
        assert_eq!(
            fields,
            [Some("types[1]"), Some("types[2]"), Some("version")]
        );
        assert!(Subscription::read(&[], 1, day("2026-12-24")).is_err());
    }
}
