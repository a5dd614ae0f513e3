//! What an org calls the fields that are read: orgs differ in their custom fields.

use std::collections::BTreeMap;

/// Standard names and what they are in this org. A field of the account is led by `Account.`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldNames {
    names: BTreeMap<String, String>,
}

impl FieldNames {
    /// Names from pairs of the standard one and the org's.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> FieldNames {
        FieldNames {
            names: pairs.into_iter().collect(),
        }
    }

    /// What a field is called here. The account's own name comes without `Account.`.
    #[must_use]
    pub fn of<'a>(&'a self, standard: &'a str) -> &'a str {
        self.names.get(standard).map_or_else(
            || standard.strip_prefix("Account.").unwrap_or(standard),
            String::as_str,
        )
    }

    /// A list of fields of a query in the names of this org.
    #[must_use]
    pub fn in_query(&self, fields: &str) -> String {
        let named: Vec<String> = fields
            .split(',')
            .map(str::trim)
            .map(|field| match self.names.get(field) {
                Some(theirs) if field.starts_with("Account.") => format!("Account.{theirs}"),
                Some(theirs) => theirs.clone(),
                None => field.to_owned(),
            })
            .collect();
        named.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_and_its_answer_use_the_names_of_the_org() {
        let names = FieldNames::new([
            ("Tieout_Start__c".to_owned(), "Go_Live__c".to_owned()),
            ("Account.Payment_Method__c".to_owned(), "Card__c".to_owned()),
        ]);
        let query = names.in_query("Id, Tieout_Start__c, Account.Payment_Method__c, Account.Name");
        assert_eq!(query, "Id, Go_Live__c, Account.Card__c, Account.Name");
        assert_eq!(names.of("Tieout_Start__c"), "Go_Live__c");
        assert_eq!(names.of("Account.Payment_Method__c"), "Card__c");
        assert_eq!(names.of("Account.Stripe_Customer__c"), "Stripe_Customer__c");
    }
}
