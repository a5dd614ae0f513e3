//! Contracts of two entities, one of which deviates from its template.

use super::{CONTRACT, CUSTOMER, SampleSource};
use app::journey::quote::TemplateCount;
use app::query::TemplateStand;
use app::view::Page;
use web::console::{DeviationSource, SourceFault};

fn count(entity: &str, figures: [i64; 4]) -> TemplateCount {
    let [standard, deviating, without_template, deviations] = figures;
    TemplateCount {
        entity: entity.to_owned(),
        contracts: standard + deviating + without_template,
        standard,
        deviating,
        without_template,
        deviations,
        measured: standard,
        lag_days: 3 * standard,
        longest_lag_days: 9,
        late: 0,
    }
}

impl DeviationSource for SampleSource {
    fn template_counts(&self) -> Result<Vec<TemplateCount>, SourceFault> {
        let page = self.list(vec![
            count("DE", [118, 0, 0, 0]),
            count("US", [204, 3, 12, 5]),
        ])?;
        Ok(page.items)
    }

    fn template_stands(
        &self,
        _: &str,
        stand: &str,
        _: Option<&str>,
    ) -> Result<Page<TemplateStand>, SourceFault> {
        let deviates = stand == "deviating";
        self.list(vec![TemplateStand {
            id: CONTRACT.to_owned(),
            customer: CUSTOMER.to_owned(),
            customer_name: "Harbor & Sons".to_owned(),
            status: "active".to_owned(),
            stand: stand.to_owned(),
            template: deviates.then(|| "YEARLY".to_owned()),
            deviations: match deviates {
                true => vec!["the billing day is 15, and YEARLY says 1".to_owned()],
                false => Vec::new(),
            },
            quote: deviates.then(|| super::quotes::QUOTE.to_owned()),
            approval: deviates.then(|| "apr_01JZ7T4X6Z8B0D2F4H6K8N0Q2S".to_owned()),
            approved_by: deviates.then(|| "Omar Haddad".to_owned()),
        }])
    }
}
