//! Deviations from billing templates from the books.

use super::{AppSource, Asked, told};
use crate::console::DeviationSource;
use app::journey::quote::TemplateCount;
use app::query::TemplateStand;
use app::view::Page;

impl DeviationSource for AppSource {
    fn template_counts(&self) -> Asked<Vec<TemplateCount>> {
        self.app.template_counts().map_err(told)
    }

    fn template_stands(
        &self,
        entity: &str,
        stand: &str,
        cursor: Option<&str>,
    ) -> Asked<Page<TemplateStand>> {
        self.app
            .template_stands(entity, stand, cursor)
            .map_err(told)
    }
}
