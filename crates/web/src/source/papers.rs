//! Documents as files from the books.

use super::{AppSource, Asked, told};
use crate::console::PaperSource;
use app::printing::{PaperForm, Printed};

impl PaperSource for AppSource {
    fn paper(&self, id: &str, form: PaperForm) -> Asked<Option<Printed>> {
        self.app.print(id, None, form).map_err(told)
    }
}
