//! Writing state back to the CRM: the same values twice are the same record.

use super::Taken;
use super::perform::{Answer, Done, FollowUp, Mode, not_configured, refused, request};
use crate::connections::Connections;
use connect::salesforce::FieldValue;
use connect::{Fault, ReadBack};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Request of `salesforce.update`.
#[derive(Debug, Deserialize)]
struct Update {
    sobject: String,
    id: String,
    fields: BTreeMap<String, Value>,
}

pub(super) fn update(connections: &Connections, taken: &Taken) -> Result<Answer, Fault> {
    let api = connections.salesforce.as_ref().ok_or_else(not_configured)?;
    let asked: Update = request(&taken.effect)?;
    let fields = asked
        .fields
        .iter()
        .map(|(name, value)| Ok((name.as_str(), field_value(name, value)?)))
        .collect::<Result<Vec<_>, Fault>>()?;
    match taken.mode {
        Mode::Send => api.update(&asked.sobject, &asked.id, &fields)?,
        Mode::ReadBack => match api.read_back_update(&asked.sobject, &asked.id, &fields)? {
            ReadBack::Found(()) => {}
            ReadBack::Absent => return Ok(Answer::Absent),
        },
    }
    let fact = Box::new(FollowUp::Nothing);
    Ok(Answer::Done(Done {
        kind: asked.sobject,
        id: asked.id,
        is_same: false,
        fact,
    }))
}

/// A value of a field: text, true or false, a whole number, nothing, or a figure with places as
/// `{"decimal": "12.50"}`, because a JSON number would pass through a binary float.
fn field_value(name: &str, value: &Value) -> Result<FieldValue, Fault> {
    let cannot = || {
        refused(
            "field_unreadable",
            format!("field {name} holds {value}; write figures as {{\"decimal\": \"12.50\"}}"),
        )
    };
    match value {
        Value::Null => Ok(FieldValue::Empty),
        Value::Bool(flag) => Ok(FieldValue::Flag(*flag)),
        Value::String(text) => Ok(FieldValue::Text(text.clone())),
        Value::Number(number) => number.as_i64().map(FieldValue::Whole).ok_or_else(cannot),
        Value::Object(object) => {
            let text = object
                .get("decimal")
                .and_then(Value::as_str)
                .ok_or_else(cannot)?;
            values::parse_decimal(text)
                .map(FieldValue::Decimal)
                .map_err(|_| cannot())
        }
        Value::Array(_) => Err(cannot()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_with_places_are_text_and_never_a_float() {
        let read = |value: Value| field_value("Tieout_Open_Balance__c", &value);
        assert_eq!(
            read(json!({ "decimal": "12.50" })),
            Ok(FieldValue::Decimal("12.50".parse().unwrap()))
        );
        assert_eq!(read(json!(7)), Ok(FieldValue::Whole(7)));
        assert_eq!(read(json!(null)), Ok(FieldValue::Empty));
        let refused = read(json!(0.1)).unwrap_err();
        assert!(
            refused.message.contains("Tieout_Open_Balance__c"),
            "{refused}"
        );
    }
}
