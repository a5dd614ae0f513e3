//! Whether a contract that is put in force without a quote bills by terms of its own: a charge, a way of
//! proration, rounding, recognition or timing that the catalogue does not have for the product.

use crate::command::{ChangeBody, Command, ContractLine};
use crate::record::Context;
use commerce::Policy;
use values::EntityId;

/// The terms of its own by which a command would bill, in words; none for what follows the catalogue.
pub(super) fn of(context: &Context, command: &Command) -> Vec<String> {
    match command {
        Command::ActivateContract(body) => {
            let lines = body.lines.iter().enumerate();
            lines
                .flat_map(|(index, line)| {
                    of_line(
                        context,
                        Some(&body.entity),
                        &format!("lines[{index}]"),
                        line,
                    )
                })
                .collect()
        }
        Command::AmendContract(body) => match &body.change {
            ChangeBody::Add { line, .. } => of_line(context, None, "change.line", line),
            ChangeBody::Price {
                charge: Some(_), ..
            } => vec!["the change has a charge of its own".to_owned()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// What a line says itself that the catalogue says otherwise, or not at all.
fn of_line(
    context: &Context,
    entity: Option<&EntityId>,
    place: &str,
    line: &ContractLine,
) -> Vec<String> {
    let products = &context.books.catalogue.products;
    let product = products.iter().find(|it| it.code == line.product);
    let prices = product.map_or(&[][..], |it| it.prices.as_slice());
    let listed = |billing| prices.iter().any(|price| Some(price.billing) == billing);
    let catalogue = &context.books.catalogue;
    let usual = entity.map_or_else(Policy::default, |entity| catalogue.policy_of(entity));
    let usual = match product.and_then(|it| it.policy.as_ref()) {
        Some(terms) => terms.over(usual),
        None => usual,
    };
    let mut found = Vec::new();
    let mut own = |what: &str| found.push(format!("{place} has {what} of its own"));
    if line
        .charge
        .as_ref()
        .is_some_and(|charge| !prices.iter().any(|it| it.charge == *charge))
    {
        own("a charge");
    }
    if line.billing.is_some() && !listed(line.billing) {
        own("a billing period");
    }
    if line
        .timing
        .is_some_and(|timing| !prices.iter().any(|it| it.timing == timing))
    {
        own("a timing");
    }
    if line.recognition.is_some() && line.recognition != product.map(|it| it.recognition) {
        own("a recognition");
    }
    if line.proration.is_some_and(|it| it != usual.proration) {
        own("a proration");
    }
    if line.rounding.is_some_and(|it| it != usual.rounding) {
        own("a rounding");
    }
    if line.first_part.is_some_and(|it| it != usual.first_part) {
        own("a first part");
    }
    if line.anchor.as_ref().is_some_and(|it| *it != usual.anchor) {
        own("an anchor");
    }
    found
}
