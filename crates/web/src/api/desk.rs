//! The questions of those who answer customers and who bill: accounts, work in parts, bills between
//! entities, how an entity prices parts of periods.

use super::Asked;
use super::paged::paged;
use super::queries::{self, Answered, whole};
use app::{App, AppFault};

pub(super) fn timeline(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    let room = asked.text("room").unwrap_or_default();
    paged(
        asked,
        |_| true,
        |cursor| {
            app.account_timeline(id, room, cursor)?
                .ok_or_else(|| AppFault::NotFound {
                    kind: "customer",
                    id: id.to_owned(),
                })
        },
    )
}

pub(super) fn account(app: &App, asked: &Asked) -> Answered {
    queries::one("customer", asked, |id| app.account_standing(id))
}

pub(super) fn progress_plans(app: &App, asked: &Asked) -> Answered {
    let contract = asked.text("contract").unwrap_or_default();
    paged(
        asked,
        |_| true,
        |cursor| app.progress_plans(contract, cursor),
    )
}

pub(super) fn progress_plan(app: &App, asked: &Asked) -> Answered {
    queries::one("plan", asked, |id| app.progress_plan(id))
}

pub(super) fn intercompany(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.intercompany_pairs(cursor))
}

pub(super) fn intercompany_position(app: &App, _: &Asked) -> Answered {
    whole(&app.intercompany_position()?)
}

pub(super) fn billing_policy(app: &App, asked: &Asked) -> Answered {
    queries::one("entity", asked, |id| Ok(app.billing_policy(id)))
}

pub(super) fn product(app: &App, asked: &Asked) -> Answered {
    queries::one("product", asked, |code| app.product_detail(code))
}
