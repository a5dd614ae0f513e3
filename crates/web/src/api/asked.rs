//! What a question asks: the parts of its path and its query string, read strictly.

use super::QueryRoute;
use crate::problem::{Code, Problem};
use app::query::{ExceptionFilter, ListFilter};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Rows of a page when nothing is said.
pub const ROWS: u16 = 50;
/// Most rows of a page.
pub const ROWS_MOST: u16 = 200;

/// The parameters of one question.
#[derive(Debug, Clone)]
pub struct Asked {
    path: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
}

fn wrong(field: &str, message: String) -> Problem {
    Problem::new(Code::InvalidParameter, message.clone()).with_field(field, message)
}

impl Asked {
    /// Reads a query string; a parameter that the question does not take is refused, because a
    /// misspelled filter would silently answer something else.
    ///
    /// # Errors
    /// Which parameter is unknown, doubled or missing.
    pub(super) fn read(
        route: &QueryRoute,
        path: BTreeMap<String, String>,
        text: &str,
    ) -> Result<Asked, Problem> {
        let paging: &[&str] = if route.paged {
            &["cursor", "limit"]
        } else {
            &[]
        };
        let known: Vec<&str> = route
            .parameters
            .iter()
            .map(|it| it.name)
            .chain(paging.iter().copied())
            .collect();
        let mut query = BTreeMap::new();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text)
            .map_err(|error| wrong("query", format!("the query string cannot be read: {error}")))?;
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                let takes = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                return Err(wrong(
                    &name,
                    format!("there is no parameter {name:?} here; known: {takes}"),
                ));
            }
            if value.is_empty() {
                continue;
            }
            if query.insert(name.clone(), value).is_some() {
                return Err(wrong(
                    &name,
                    format!("the parameter {name:?} is given twice"),
                ));
            }
        }
        for parameter in route.parameters.iter().filter(|it| it.required) {
            if !query.contains_key(parameter.name) {
                let message = format!(
                    "the parameter {:?} is needed: {}",
                    parameter.name, parameter.about
                );
                return Err(wrong(parameter.name, message));
            }
        }
        Ok(Asked { path, query })
    }

    /// A part of the path.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A parameter of the path or the query string as a value.
    ///
    /// # Errors
    /// Which parameter cannot be read, and why.
    pub fn value<T>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.path.get(name).or_else(|| self.query.get(name));
        text.map(|text| {
            text.parse()
                .map_err(|error: T::Err| wrong(name, error.to_string()))
        })
        .transpose()
    }

    /// Where the page goes on.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.text("cursor")
    }

    /// How many rows a page has at most.
    ///
    /// # Errors
    /// When it is not a number from 1 to [`ROWS_MOST`].
    pub fn limit(&self) -> Result<u16, Problem> {
        let Some(text) = self.text("limit") else {
            return Ok(ROWS);
        };
        text.parse()
            .ok()
            .filter(|rows| (1..=ROWS_MOST).contains(rows))
            .ok_or_else(|| {
                wrong(
                    "limit",
                    format!("{text:?} cannot be a limit; use a number from 1 to {ROWS_MOST}"),
                )
            })
    }

    /// The filter of a list.
    ///
    /// # Errors
    /// When the month cannot be read.
    pub fn list_filter(&self) -> Result<ListFilter, Problem> {
        Ok(ListFilter {
            entity: self.text("entity").map(str::to_owned),
            customer: self.text("customer").map(str::to_owned),
            status: self.text("status").map(str::to_owned),
            month: self.value("month")?,
        })
    }

    /// The filter of the exception inbox.
    #[must_use]
    pub fn exception_filter(&self) -> ExceptionFilter {
        ExceptionFilter {
            class: self.text("class").map(str::to_owned),
            owner: self.text("owner").map(str::to_owned),
            status: self.text("status").map(str::to_owned),
            group: self.text("group").map(str::to_owned),
            with: self.text("with").map(str::to_owned),
            with_role: None,
            incident: self.text("incident").map(str::to_owned),
            entity: self.text("entity").map(str::to_owned),
            overdue: self.text("overdue") == Some("true"),
        }
    }
}
