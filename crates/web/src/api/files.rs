//! Questions about files that were taken in.

use super::Asked;
use super::paged::paged;
use super::queries::{Answered, one};
use app::App;

/// Rows of the list below at a time.
const PAGE: u16 = 100;

pub(super) fn files(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.files(cursor, PAGE))
}

pub(super) fn file(app: &App, asked: &Asked) -> Answered {
    one("file", asked, |id| app.file(id))
}
