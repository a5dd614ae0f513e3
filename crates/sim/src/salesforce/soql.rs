//! SOQL: reads a query, resolves its names against the schema, and runs it.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::fault::Refusal;
use super::schema::{self, FieldKind};
use crate::civil;
use crate::decimal::parse_scaled;
use crate::filter::{Comparison, Condition, Literal, Malformed, Quoting, Reader, like};
use crate::tables::Tables;

/// The way to a field: relationship names, then the field, as the system writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Path {
    names: Vec<String>,
    kind: FieldKind,
}

#[derive(Debug)]
enum Selected {
    Field(Path),
    Children {
        name: &'static str,
        field: &'static str,
        query: Query,
    },
}

#[derive(Debug)]
struct Sorting {
    path: Path,
    descending: bool,
    nulls_last: bool,
}

/// A query whose names are resolved.
#[derive(Debug)]
pub(super) struct Query {
    sobject: &'static str,
    counts: bool,
    selected: Vec<Selected>,
    condition: Option<Condition<Path>>,
    order: Vec<Sorting>,
    limit: Option<usize>,
    offset: usize,
}

/// What a query gives.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) total: usize,
    pub(super) records: Vec<Value>,
}

/// How the answer is to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rendering<'a> {
    /// `v62.0`.
    pub(super) version: &'a str,
    /// Deleted records too (`queryAll`).
    pub(super) deleted: bool,
}

pub(super) fn parse(tables: &Tables, text: &str) -> Result<Query, Refusal> {
    let mut reader =
        Reader::new(text, Quoting::Backslash).map_err(|fault| malformed(text, &fault))?;
    let raw = RawQuery::read(&mut reader).map_err(|fault| malformed(text, &fault))?;
    if reader.peek().is_some() {
        return Err(malformed(
            text,
            &reader.unexpected("expecting the end of the query"),
        ));
    }
    raw.resolve(tables, None)
}

fn malformed(text: &str, fault: &Malformed) -> Refusal {
    let message = format!(
        "\n{text}\n{}^\nERROR at Row:1:Column:{}\n{}",
        " ".repeat(fault.at),
        fault.at + 1,
        fault.message
    );
    Refusal::bad("MALFORMED_QUERY", message)
}

/// A query as it is written.
struct RawQuery {
    from: String,
    counts: bool,
    fields: Vec<String>,
    children: Vec<RawQuery>,
    condition: Option<Condition<String>>,
    order: Vec<(String, bool, Option<bool>)>,
    limit: Option<usize>,
    offset: usize,
}

impl RawQuery {
    fn read(reader: &mut Reader) -> Result<RawQuery, Malformed> {
        reader.expect_keyword("SELECT")?;
        let (mut fields, mut children, mut counts) = (Vec::new(), Vec::new(), false);
        loop {
            if reader.mark('(') {
                children.push(RawQuery::read(reader)?);
                reader.expect_mark(')')?;
            } else {
                let name = reader.name()?;
                if name.eq_ignore_ascii_case("COUNT") && reader.mark('(') {
                    reader.expect_mark(')')?;
                    counts = true;
                } else {
                    fields.push(name);
                }
            }
            if !reader.mark(',') {
                break;
            }
        }
        if counts && !(fields.is_empty() && children.is_empty()) {
            return Err(reader.unexpected("COUNT() stands alone"));
        }
        reader.expect_keyword("FROM")?;
        let from = reader.name()?;
        let condition = if reader.keyword("WHERE") {
            Some(reader.condition(false)?)
        } else {
            None
        };
        let order = if reader.keyword("ORDER") {
            read_order(reader)?
        } else {
            Vec::new()
        };
        let limit = if reader.keyword("LIMIT") {
            Some(reader.whole_number()?)
        } else {
            None
        };
        let offset = if reader.keyword("OFFSET") {
            reader.whole_number()?
        } else {
            0
        };
        Ok(RawQuery {
            from,
            counts,
            fields,
            children,
            condition,
            order,
            limit,
            offset,
        })
    }

    fn resolve(self, tables: &Tables, parent: Option<&'static str>) -> Result<Query, Refusal> {
        let unsupported = |name: &str| {
            Refusal::bad(
                "INVALID_TYPE",
                format!("sObject type '{name}' is not supported."),
            )
        };
        let sobject = match parent {
            None => schema::type_named(&self.from).ok_or_else(|| unsupported(&self.from))?,
            Some(parent) => schema::children(parent, &self.from)
                .map(|(child, _, _)| child)
                .ok_or_else(|| {
                    let message = format!(
                        "Didn't understand relationship '{}' in FROM part of query call.",
                        self.from
                    );
                    Refusal::bad("INVALID_TYPE", message)
                })?,
        };
        let mut selected = Vec::new();
        for name in &self.fields {
            let path = resolve_path(tables, sobject, name)?;
            if selected
                .iter()
                .any(|other| matches!(other, Selected::Field(known) if *known == path))
            {
                return Err(Refusal::bad(
                    "MALFORMED_QUERY",
                    format!("duplicate field selected: {name}"),
                ));
            }
            selected.push(Selected::Field(path));
        }
        for child in self.children {
            let (_, field, name) =
                schema::children(sobject, &child.from).ok_or_else(|| unsupported(&child.from))?;
            if parent.is_some() {
                return Err(Refusal::bad(
                    "MALFORMED_QUERY",
                    "A subquery cannot hold another.".to_owned(),
                ));
            }
            selected.push(Selected::Children {
                name,
                field,
                query: child.resolve(tables, Some(sobject))?,
            });
        }
        let condition = self
            .condition
            .map(|condition| resolve_condition(tables, sobject, condition))
            .transpose()?;
        let mut order = Vec::new();
        for (name, descending, nulls_last) in self.order {
            let path = resolve_path(tables, sobject, &name)?;
            order.push(Sorting {
                path,
                descending,
                nulls_last: nulls_last.unwrap_or(descending),
            });
        }
        Ok(Query {
            sobject,
            counts: self.counts,
            selected,
            condition,
            order,
            limit: self.limit,
            offset: self.offset,
        })
    }
}

fn read_order(reader: &mut Reader) -> Result<Vec<(String, bool, Option<bool>)>, Malformed> {
    reader.expect_keyword("BY")?;
    let mut order = Vec::new();
    loop {
        let name = reader.name()?;
        let descending = !reader.keyword("ASC") && reader.keyword("DESC");
        let nulls_last = if reader.keyword("NULLS") {
            let last = reader.keyword("LAST");
            if !last {
                reader.expect_keyword("FIRST")?;
            }
            Some(last)
        } else {
            None
        };
        order.push((name, descending, nulls_last));
        if !reader.mark(',') {
            return Ok(order);
        }
    }
}

fn resolve_path(tables: &Tables, sobject: &str, name: &str) -> Result<Path, Refusal> {
    let mut names = Vec::new();
    let mut at = sobject.to_owned();
    let parts: Vec<&str> = name.split('.').collect();
    let (last, relationships) = parts.split_last().unwrap_or((&"", &[]));
    // The own name of the sObject may stand in front: `Opportunity.Name FROM Opportunity`.
    let own = relationships
        .first()
        .is_some_and(|first| first.eq_ignore_ascii_case(sobject));
    let skipped = usize::from(own && schema::parent(tables, sobject, sobject).is_none());
    for relationship in &relationships[skipped..] {
        let (field, target) = schema::parent(tables, &at, relationship).ok_or_else(|| {
            let message =
                format!("Didn't understand relationship '{relationship}' in field path '{name}'.");
            Refusal::bad("INVALID_FIELD", message)
        })?;
        names.push(field.relationship().unwrap_or_default());
        at = target;
    }
    let field = schema::field(tables, &at, last).ok_or_else(|| {
        Refusal::bad(
            "INVALID_FIELD",
            format!("No such column '{last}' on entity '{at}'. Custom fields end in '__c'."),
        )
    })?;
    names.push(field.name);
    Ok(Path {
        names,
        kind: field.kind,
    })
}

fn resolve_condition(
    tables: &Tables,
    sobject: &str,
    condition: Condition<String>,
) -> Result<Condition<Path>, Refusal> {
    let all = |parts: Vec<Condition<String>>| -> Result<Vec<Condition<Path>>, Refusal> {
        parts
            .into_iter()
            .map(|part| resolve_condition(tables, sobject, part))
            .collect()
    };
    Ok(match condition {
        Condition::All(parts) => Condition::All(all(parts)?),
        Condition::Any(parts) => Condition::Any(all(parts)?),
        Condition::Not(part) => {
            Condition::Not(Box::new(resolve_condition(tables, sobject, *part)?))
        }
        Condition::Compare {
            field,
            comparison,
            literal,
        } => {
            let path = resolve_path(tables, sobject, &field)?;
            check_literal(&field, &path.kind, &literal)?;
            Condition::Compare {
                field: path,
                comparison,
                literal,
            }
        }
        Condition::Among {
            field,
            literals,
            negated,
        } => {
            let path = resolve_path(tables, sobject, &field)?;
            literals
                .iter()
                .try_for_each(|literal| check_literal(&field, &path.kind, literal))?;
            Condition::Among {
                field: path,
                literals,
                negated,
            }
        }
    })
}

fn check_literal(field: &str, kind: &FieldKind, literal: &Literal) -> Result<(), Refusal> {
    let fits = match (kind, literal) {
        (_, Literal::Null) | (FieldKind::Any, _) => true,
        (FieldKind::Text | FieldKind::ExternalId | FieldKind::Lookup(_), literal) => {
            matches!(literal, Literal::Text(_))
        }
        (FieldKind::Number, literal) => matches!(literal, Literal::Number(_)),
        (FieldKind::Boolean, literal) => matches!(literal, Literal::Flag(_)),
        (FieldKind::Date, literal) => matches!(literal, Literal::Date(_)),
        (FieldKind::DateTime, literal) => matches!(literal, Literal::Instant(_)),
    };
    if fits {
        return Ok(());
    }
    let quotes = match kind {
        FieldKind::Text | FieldKind::ExternalId | FieldKind::Lookup(_) => "be enclosed in quotes",
        _ => "not be enclosed in quotes",
    };
    let wanted = kind.wire_name();
    let message = format!(
        "value of filter criterion for field '{field}' must be of type {wanted} and should {quotes}"
    );
    Err(Refusal::bad("INVALID_FIELD", message))
}

impl Query {
    pub(super) fn counts(&self) -> bool {
        self.counts
    }

    pub(super) fn run(&self, tables: &Tables, rendering: Rendering<'_>) -> Found {
        let rows = self.matching(tables, rendering, None);
        let total = rows.len();
        if self.counts {
            return Found {
                total,
                records: Vec::new(),
            };
        }
        Found {
            total,
            records: rows
                .into_iter()
                .map(|row| self.render(tables, rendering, row))
                .collect(),
        }
    }

    fn matching<'t>(
        &self,
        tables: &'t Tables,
        rendering: Rendering<'_>,
        of_parent: Option<(&str, &str)>,
    ) -> Vec<&'t Value> {
        let mut rows: Vec<&Value> = tables
            .rows(self.sobject)
            .map(|(_, record)| record)
            .filter(|record| rendering.deleted || record["IsDeleted"] != true)
            .filter(|record| of_parent.is_none_or(|(field, id)| record[field] == id))
            .filter(|record| {
                self.condition.as_ref().is_none_or(|condition| {
                    condition.holds(&|path: &Path, comparison, literal: &Literal| {
                        compare(
                            &value_at(tables, self.sobject, record, &path.names),
                            path,
                            comparison,
                            literal,
                        )
                    })
                })
            })
            .collect();
        rows.sort_by(|left, right| self.order(tables, left, right));
        rows.into_iter()
            .skip(self.offset)
            .take(self.limit.unwrap_or(usize::MAX))
            .collect()
    }

    fn order(&self, tables: &Tables, left: &Value, right: &Value) -> Ordering {
        for sorting in &self.order {
            let key = |record| value_at(tables, self.sobject, record, &sorting.path.names);
            let (left, right) = (key(left), key(right));
            let order = match (left.is_null(), right.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) if sorting.nulls_last => Ordering::Greater,
                (true, false) => Ordering::Less,
                (false, true) if sorting.nulls_last => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) if sorting.descending => order_of(&right, &left),
                (false, false) => order_of(&left, &right),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }

    fn render(&self, tables: &Tables, rendering: Rendering<'_>, record: &Value) -> Value {
        let mut rendered = attributed(rendering.version, self.sobject, record);
        for selected in &self.selected {
            match selected {
                Selected::Field(path) => {
                    place(
                        tables,
                        rendering.version,
                        self.sobject,
                        record,
                        &path.names,
                        &mut rendered,
                    );
                }
                Selected::Children { name, field, query } => {
                    let id = record["Id"].as_str().unwrap_or("");
                    let rows = query.matching(tables, rendering, Some((field, id)));
                    let records: Vec<Value> = rows
                        .into_iter()
                        .map(|row| query.render(tables, rendering, row))
                        .collect();
                    let value = if records.is_empty() {
                        Value::Null
                    } else {
                        json!({ "totalSize": records.len(), "done": true, "records": records })
                    };
                    rendered.insert((*name).to_owned(), value);
                }
            }
        }
        Value::Object(rendered)
    }
}

/// A record with nothing but its `attributes`.
pub(super) fn attributed(version: &str, sobject: &str, record: &Value) -> Map<String, Value> {
    let id = record["Id"].as_str().unwrap_or("");
    let url = format!("/services/data/{version}/sobjects/{sobject}/{id}");
    let mut rendered = Map::new();
    rendered.insert(
        "attributes".to_owned(),
        json!({ "type": sobject, "url": url }),
    );
    rendered
}

/// Puts the field at the end of the path into the rendered record, parents as nested objects.
fn place(
    tables: &Tables,
    version: &str,
    sobject: &str,
    record: &Value,
    names: &[String],
    rendered: &mut Map<String, Value>,
) {
    let Some((first, rest)) = names.split_first() else {
        return;
    };
    if rest.is_empty() {
        rendered.insert(first.clone(), own_value(tables, sobject, record, first));
        return;
    }
    let Some((target, parent)) = parent_record(tables, sobject, record, first) else {
        rendered.insert(first.clone(), Value::Null);
        return;
    };
    let nested = rendered
        .entry(first.clone())
        .or_insert_with(|| Value::Object(attributed(version, &target, parent)));
    if let Value::Object(nested) = nested {
        place(tables, version, &target, parent, rest, nested);
    }
}

fn parent_record<'t>(
    tables: &'t Tables,
    sobject: &str,
    record: &Value,
    relationship: &str,
) -> Option<(String, &'t Value)> {
    let (field, target) = schema::parent(tables, sobject, relationship)?;
    let parent = tables.get(&target, record[&field.name].as_str()?)?;
    Some((target, parent))
}

fn value_at(tables: &Tables, sobject: &str, record: &Value, names: &[String]) -> Value {
    match names {
        [] => Value::Null,
        [field] => own_value(tables, sobject, record, field),
        [relationship, rest @ ..] => match parent_record(tables, sobject, record, relationship) {
            None => Value::Null,
            Some((target, parent)) => value_at(tables, &target, parent, rest),
        },
    }
}

/// A field of the record itself; one that is computed is computed.
pub(super) fn own_value(tables: &Tables, sobject: &str, record: &Value, field: &str) -> Value {
    if sobject == "Opportunity" && field == "HasOpportunityLineItem" {
        let has = tables
            .rows("OpportunityLineItem")
            .any(|(_, line)| line["OpportunityId"] == record["Id"] && line["IsDeleted"] != true);
        return json!(has);
    }
    record.get(field).cloned().unwrap_or(Value::Null)
}

fn compare(value: &Value, path: &Path, comparison: Comparison, literal: &Literal) -> bool {
    match comparison {
        Comparison::Equal => equals(value, path, literal),
        Comparison::NotEqual => !equals(value, path, literal),
        Comparison::Like => match (value.as_str(), literal) {
            (Some(text), Literal::Text(pattern)) => like(text, pattern),
            _ => false,
        },
        Comparison::Less => order_to(value, literal) == Some(Ordering::Less),
        Comparison::LessOrEqual => order_to(value, literal).is_some_and(Ordering::is_le),
        Comparison::Greater => order_to(value, literal) == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order_to(value, literal).is_some_and(Ordering::is_ge),
    }
}

fn equals(value: &Value, path: &Path, literal: &Literal) -> bool {
    if let Literal::Null = literal {
        return value.is_null() || value == "";
    }
    let is_id = matches!(path.kind, FieldKind::Lookup(_))
        || path.names.last().is_some_and(|name| name == "Id");
    if let (true, Some(id), Literal::Text(text)) = (is_id, value.as_str(), literal) {
        return id == text || (text.len() == 15 && id.starts_with(text.as_str()));
    }
    order_to(value, literal) == Some(Ordering::Equal)
}

/// How a stored value stands to a literal; `None` when the two cannot be compared.
fn order_to(value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::String(text), Literal::Text(other)) => {
            Some(text.to_lowercase().cmp(&other.to_lowercase()))
        }
        (Value::String(text), Literal::Date(days)) => Some(civil::parse_date(text)?.cmp(days)),
        (Value::String(text), Literal::Instant(micros)) => {
            Some(civil::parse_instant(text)?.cmp(micros))
        }
        (Value::Number(number), Literal::Number(billionths)) => {
            Some(parse_scaled(&number.to_string(), 9)?.cmp(billionths))
        }
        (Value::Bool(flag), Literal::Flag(other)) => Some(flag.cmp(other)),
        (Value::Null, Literal::Flag(other)) => Some(false.cmp(other)),
        _ => None,
    }
}

fn order_of(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            parse_scaled(&left.to_string(), 9).cmp(&parse_scaled(&right.to_string(), 9))
        }
        (Value::String(left), Value::String(right)) => {
            left.to_lowercase().cmp(&right.to_lowercase())
        }
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}
