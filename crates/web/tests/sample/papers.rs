//! A document as a file.

use super::SampleSource;
use app::printing::{PaperForm, Printed};
use web::console::{PaperSource, SourceFault};

impl PaperSource for SampleSource {
    fn paper(&self, id: &str, form: PaperForm) -> Result<Option<Printed>, SourceFault> {
        if id == "none" {
            return Ok(None);
        }
        if id == "refused" {
            return Err(SourceFault::Refused {
                reason: "no font can show '𒀭' (U+1202D, Cuneiform)".to_owned(),
            });
        }
        let (end, media_type) = match form {
            PaperForm::Pdf => ("pdf", "application/pdf"),
            PaperForm::Ubl => ("xml", "application/xml"),
        };
        Ok(Some(Printed {
            name: format!("{id}.{end}"),
            media_type,
            bytes: b"%PDF-".to_vec(),
        }))
    }
}
