//! The table of routes, one file for each part of the work.

mod bill_runs;
mod collection;
mod control;
mod decisions;
mod desk;
mod invoice_life;
mod money;
mod operation;
mod outside;
mod price_changes;
mod provisioning;
mod quotes;
mod structure;
mod tax;
mod usage;

use super::answers::{self, List};
use super::{
    CommandRoute, DownloadRoute, Parameter, PreviewRoute, QueryRoute, Route, SchemaOf, Work, audit,
    exceptions, files, flow, governance, outward, papers, processes, queries, quick, review,
};
use crate::problem::Problem;
use ::control::Permission;
use app::pulse::LoggedEvent;
use app::view::{self, Page};
use app::{App, command};
use schemars::JsonSchema;
use serde_json::Value;

const fn schema<T: JsonSchema>() -> SchemaOf {
    |generator| generator.subschema_for::<T>()
}

const fn route(
    group: &'static str,
    path: &'static str,
    summary: &'static str,
    permission: Permission,
    answer: SchemaOf,
    work: Work,
) -> Route {
    Route {
        path,
        group,
        summary,
        permission,
        answer,
        work,
    }
}

/// A command that makes something new.
const fn makes(name: &'static str, body: SchemaOf) -> Work {
    Work::Command(CommandRoute {
        name,
        body,
        from_path: None,
        status: 201,
    })
}

/// A command that runs or changes something.
const fn runs(name: &'static str, body: SchemaOf) -> Work {
    Work::Command(CommandRoute {
        name,
        body,
        from_path: None,
        status: 200,
    })
}

/// A command about the object that the path names.
const fn about(name: &'static str, body: SchemaOf, field: &'static str) -> Work {
    Work::Command(CommandRoute {
        name,
        body,
        from_path: Some(field),
        status: 200,
    })
}

type Read = fn(&App, &super::Asked) -> Result<Value, Problem>;

const fn one(read: Read) -> Work {
    Work::Query(QueryRoute {
        parameters: &[],
        paged: false,
        read,
    })
}

const fn asks(parameters: &'static [Parameter], read: Read) -> Work {
    Work::Query(QueryRoute {
        parameters,
        paged: false,
        read,
    })
}

type MakeFile = fn(&App, &super::Asked) -> Result<app::printing::Printed, Problem>;

const fn download(media_type: &'static str, read: MakeFile) -> Work {
    Work::Download(DownloadRoute { media_type, read })
}

const fn list(parameters: &'static [Parameter], read: Read) -> Work {
    Work::Query(QueryRoute {
        parameters,
        paged: true,
        read,
    })
}

const fn filter(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        about,
        required: false,
    }
}

const ENTITY: Parameter = filter("entity", "Only this legal entity.");
const CUSTOMER: Parameter = filter("customer", "Only this customer.");
const STATUS: Parameter = filter("status", "Only this status.");
const MONTH: Parameter = filter("month", "Only this month, such as 2026-01.");
const CURRENCY: Parameter = Parameter {
    name: "currency",
    about: "Currency of the lines, such as EUR.",
    required: true,
};
const QUERY: Parameter = Parameter {
    name: "q",
    about: "An id, a number or a part of a name.",
    required: true,
};

const DAYS: &[Parameter] = &[filter("days", "Days to look back; 90 when absent.")];

use Permission as P;

/// What exceptions and their groups can be narrowed by.
const EXCEPTIONS: &[Parameter] = &[
    filter("class", "Only this class, such as unknown_product."),
    filter("owner", "Only what this role is to do."),
    filter(
        "status",
        "open (everything that is not resolved), acknowledged, assigned, verifying or resolved; all when absent.",
    ),
    filter("group", "Only this group of open ones."),
    filter("with", "Only what is on this person's name."),
    filter("incident", "Only what this incident has open."),
    filter(
        "entity",
        "Only what is about the books of this legal entity.",
    ),
    filter("overdue", "true for open ones past their term."),
];

const WHICH: &[Parameter] = &[
    filter("group", "Only this group."),
    filter("class", "Only this class."),
    filter("owner", "Only what this role is to do."),
    filter("status", "Only this status."),
    filter("incident", "Only this incident."),
    filter("overdue", "true for those past their term."),
];

/// Every operation of the API, in the order of the reference.
pub static ROUTES: &[Route] = &joined::<COUNT>(PARTS);

const PARTS: &[&[Route]] = &[
    money::ROUTES,
    control::ROUTES,
    decisions::ROUTES,
    operation::ROUTES,
    usage::ROUTES,
    bill_runs::ROUTES,
    collection::ROUTES,
    desk::ROUTES,
    invoice_life::ROUTES,
    outside::ROUTES,
    price_changes::ROUTES,
    provisioning::ROUTES,
    quotes::ROUTES,
    structure::ROUTES,
    tax::ROUTES,
];

const COUNT: usize = money::ROUTES.len()
    + control::ROUTES.len()
    + decisions::ROUTES.len()
    + operation::ROUTES.len()
    + usage::ROUTES.len()
    + bill_runs::ROUTES.len()
    + collection::ROUTES.len()
    + desk::ROUTES.len()
    + price_changes::ROUTES.len()
    + provisioning::ROUTES.len()
    + quotes::ROUTES.len()
    + structure::ROUTES.len()
    + tax::ROUTES.len()
    + invoice_life::ROUTES.len()
    + outside::ROUTES.len();

/// The parts one after the other, as one table that is there before the program starts.
const fn joined<const N: usize>(parts: &[&[Route]]) -> [Route; N] {
    let mut table = [parts[0][0]; N];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut place = 0;
        while place < parts[part].len() {
            table[at] = parts[part][place];
            at += 1;
            place += 1;
        }
        part += 1;
    }
    table
}
