//! The questions about provisioning.

use super::Asked;
use super::paged::paged;
use super::queries::Answered;
use app::App;

pub(super) fn provisioning(app: &App, asked: &Asked) -> Answered {
    let status = asked.text("status");
    paged(asked, |_| true, |cursor| app.provisioning(status, cursor))
}
