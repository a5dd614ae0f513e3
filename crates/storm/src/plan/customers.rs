//! Customers and what they buy, change, pay and want back.

use super::{Act, DAYS, Making, Transfer, Whose, Wish, day, errands};
use serde_json::{Value, json};
use sim::salesforce::Handle;
use sim::stripe::CardBehaviour;
use sim::world::{CardHabit, Customer, Deal, DealLine, Flaw, Frequency, LegalEntity};
use values::{Date, add_months};

/// A customer whose deal is won in the CRM, and who pays by card.
pub(super) fn through_the_crm(making: &mut Making, number: i64) {
    let deal = deal(making, number);
    let won = making.chance.between(1, 150);
    let deal = dated(making, deal, won);
    let flaw = making.chance.strikes(1_800).then(|| {
        let flaws = [
            Flaw::MissingCurrency,
            Flaw::NegativeQuantity,
            Flaw::EndBeforeStart,
        ];
        making.chance.pick(&flaws).copied()
    });
    match flaw.flatten() {
        Some(flaw) => {
            making.act(won, Act::Deal(Box::new(spoiled(&deal, flaw))));
            // Some mistakes are never put right: they stay open, with an owner.
            if making.chance.strikes(7_500) {
                let mended = won + making.chance.between(2, 20);
                making.act(mended, Act::Deal(Box::new(deal.clone())));
            }
        }
        None => making.act(won, Act::Deal(Box::new(deal.clone()))),
    }
    habits(making, &deal, won);
    if flaw.is_none() && making.chance.strikes(4_500) {
        making.plain.push(deal);
        return;
    }
    let whose = Whose::Opportunity(deal.opportunity_id.clone());
    let key = format!("deal/{number}");
    changes(making, &whose, &key, won, &deal);
    wishes(making, &whose, &key, won);
}

/// The card that declines for ever is replaced one day.
fn habits(making: &mut Making, deal: &Deal, won: i64) {
    if deal.card == CardHabit::NeverPays && making.chance.strikes(7_000) {
        let at = won + making.chance.between(15, 60);
        let card = deal.customer.payment_method_id.clone();
        making.act(at, Act::Card(card, CardBehaviour::AlwaysSucceeds));
    }
}

fn changes(making: &mut Making, whose: &Whose, key: &str, won: i64, deal: &Deal) {
    if making.chance.strikes(4_000) {
        let at = won + making.chance.between(10, 120);
        let seats = seats(deal, at);
        making.act(at, Act::Deal(Box::new(seats)));
    }
    let mut at = won;
    for number in 0..making.chance.below(3) {
        at += making.chance.between(8, 60);
        // Now, some days ago, or a whole month ago.
        let back = [0, 0, 3, 31];
        let back = making.chance.pick(&back).copied().unwrap_or(0);
        let effective = day((at - back).max(won + 1));
        let change = change(making);
        let wish = Wish::Amend {
            whose: whose.clone(),
            effective,
            change,
        };
        making.errand(at, format!("{key}/amend/{number}"), wish);
    }
    if making.chance.strikes(1_200) {
        let at = at + making.chance.between(20, 90);
        let wish = Wish::Amend {
            whose: whose.clone(),
            effective: day(at),
            change: json!({ "kind": "cancel" }),
        };
        making.errand(at, format!("{key}/cancel"), wish);
    }
}

fn change(making: &mut Making) -> Value {
    match making.chance.below(4) {
        0 => {
            let price = errands::major(making.chance.between(900, 30_000));
            json!({ "kind": "price", "unit_price": price })
        }
        1 => json!({
            "kind": "add", "line": { "product": "QM-SETUP", "quantity": making.chance.between(1, 3) },
        }),
        _ => json!({ "kind": "quantity", "quantity": making.chance.between(1, 40) }),
    }
}

fn wishes(making: &mut Making, whose: &Whose, key: &str, won: i64) {
    if making.chance.strikes(4_000) {
        let at = won + making.chance.between(15, 150);
        let parts = ["0.25", "0.5", "0.1"];
        let fraction = making.chance.pick(&parts).copied().unwrap_or("0.5");
        let wish = Wish::Credit {
            whose: whose.clone(),
            fraction,
        };
        making.errand(at, format!("{key}/credit"), wish);
        if making.chance.strikes(6_000) {
            let wish = Wish::Refund {
                whose: whose.clone(),
            };
            let later = at + making.chance.between(0, 5);
            making.errand(later, format!("{key}/refund"), wish);
        }
    }
}

/// A customer that is entered by hand and pays by transfer.
pub(super) fn by_hand(making: &mut Making, number: i64) {
    let (customer, contract) = (format!("H-{number}"), format!("HC-{number}"));
    let start = making.chance.between(2, 120);
    let is_us = making.chance.strikes(5_000);
    let (entity, currency) = if is_us {
        ("QM-US", "USD")
    } else {
        ("QM-DE", "EUR")
    };
    let key = format!("hand/{number}");
    let body = json!({
        "id": customer, "legal_name": format!("By Hand {number} Ltd"), "currency": currency, "collection": "transfer",
        "payment_terms_days": 14,
    });
    let wish = Wish::Command {
        name: "create_customer",
        body,
    };
    making.errand(start, format!("{key}/customer"), wish);
    let billing = ["monthly", "quarterly", "annual"];
    let billing = making.chance.pick(&billing).copied().unwrap_or("monthly");
    let mut lines = vec![json!({
        "product": "QM-CORE", "quantity": making.chance.between(1, 50), "billing": billing,
    })];
    if making.chance.strikes(5_000) {
        lines.push(json!({ "product": "QM-SETUP", "quantity": 1 }));
    }
    let first = day(start);
    let body = json!({
        "id": contract, "customer": customer, "entity": entity, "currency": currency, "start": first.to_string(),
        "end": before(add_months(first, 12)).to_string(), "lines": lines,
    });
    let wish = Wish::Command {
        name: "activate_contract",
        body,
    };
    making.errand(start, format!("{key}/contract"), wish);
    let whose = Whose::Contract(contract);
    transfers(making, &whose, &key, start);
    if making.chance.strikes(5_000) {
        let at = start + making.chance.between(20, 150);
        let change = change(making);
        let wish = Wish::Amend {
            whose: whose.clone(),
            effective: day(at - making.chance.below(12)),
            change,
        };
        making.errand(at, format!("{key}/amend"), wish);
    }
    wishes(making, &whose, &key, start);
}

fn transfers(making: &mut Making, whose: &Whose, key: &str, start: i64) {
    let mut at = start;
    let mut number = 0;
    while at < DAYS {
        at += making.chance.between(12, 40);
        let how = match making.chance.below(10) {
            0 => Transfer::Short,
            1 => Transfer::Over(making.chance.between(100, 9_000)),
            2 => Transfer::OnAccount(making.chance.between(5_000, 80_000)),
            _ => Transfer::Exact,
        };
        let reference = format!("{}/{key}/{number}", making.seed);
        let wish = Wish::Transfer {
            whose: whose.clone(),
            how,
            reference,
        };
        making.errand(at, format!("{key}/transfer/{number}"), wish);
        number += 1;
    }
}

fn before(date: Date) -> Date {
    date.yesterday().unwrap_or(date)
}

fn deal(making: &mut Making, number: i64) -> Deal {
    let seed = making.seed;
    let at = usize::from(making.chance.strikes(4_000)).min(making.company.entities.len() - 1);
    let entity = making.company.entities[at].clone();
    let frequency = making
        .chance
        .pick(&Frequency::ALL)
        .copied()
        .unwrap_or(Frequency::Monthly);
    let name = |what: &str| format!("storm {seed} {what} {number}");
    let customer = customer(&name("account"), number, &entity);
    let lines = lines(making, &name("line"), &entity.currency, frequency);
    let card = match making.chance.below(10) {
        0 => CardHabit::DeclinesTimes(1),
        1 => CardHabit::DeclinesTimes(2),
        2 => CardHabit::NeverPays,
        _ => CardHabit::Pays,
    };
    Deal {
        opportunity_id: Handle::id_for("Opportunity", &name("opportunity")),
        name: format!("{} - new business", customer.name),
        customer,
        entity_id: entity.id.clone(),
        currency: entity.currency.clone(),
        close_day: String::new(),
        start_day: String::new(),
        end_day: String::new(),
        frequency,
        lines,
        upgrades: None,
        card,
        flaw: None,
    }
}

fn dated(making: &mut Making, deal: Deal, won: i64) -> Deal {
    let delay = [0, 0, 1, 9, 20];
    let start = won + making.chance.pick(&delay).copied().unwrap_or(0);
    let first = day(start);
    Deal {
        close_day: day(won).to_string(),
        start_day: first.to_string(),
        end_day: before(add_months(first, 12)).to_string(),
        ..deal
    }
}

fn spoiled(deal: &Deal, flaw: Flaw) -> Deal {
    let mut deal = deal.clone();
    match flaw {
        Flaw::NegativeQuantity => deal.lines[0].quantity = -deal.lines[0].quantity,
        Flaw::EndBeforeStart => deal.end_day = "2025-12-31".to_owned(),
        Flaw::MissingCurrency | Flaw::UnknownProduct => {}
    }
    deal.flaw = Some(flaw);
    deal
}

/// More seats of the first line, won in the CRM.
fn seats(deal: &Deal, at: i64) -> Deal {
    let name = format!("{} more seats", deal.opportunity_id);
    let lines = deal.lines.iter().take(1).map(|line| DealLine {
        line_id: Handle::id_for("OpportunityLineItem", &name),
        quantity: line.quantity / 2 + 1,
        ..line.clone()
    });
    Deal {
        opportunity_id: Handle::id_for("Opportunity", &name),
        name: format!("{} - more seats", deal.customer.name),
        close_day: day(at).to_string(),
        start_day: day(at + 2).to_string(),
        lines: lines.collect(),
        upgrades: Some(deal.opportunity_id.clone()),
        ..deal.clone()
    }
}

fn customer(name: &str, number: i64, entity: &LegalEntity) -> Customer {
    let account_id = Handle::id_for("Account", name);
    Customer {
        name: format!("Customer {number} of {}", entity.id),
        email: format!("billing@customer-{number}.example"),
        street: format!("{number} Harbor Road"),
        city: "Albany".to_owned(),
        postal_code: "12207".to_owned(),
        country: entity.country.clone(),
        stripe_customer_id: format!("cus_{}", &account_id[3..15]),
        payment_method_id: format!("pm_{}", &account_id[3..15]),
        account_id,
    }
}

fn lines(making: &mut Making, name: &str, currency: &str, frequency: Frequency) -> Vec<DealLine> {
    let count = making.chance.between(1, 2);
    let first = making.chance.below(3);
    (0..count)
        .filter_map(|position| {
            let at = usize::try_from(first + position * 3).unwrap_or(0);
            let product = making.company.products.get(at)?;
            let price = making.company.price(&product.code, currency, frequency)?;
            Some(DealLine {
                line_id: Handle::id_for("OpportunityLineItem", &format!("{name} {position}")),
                product_code: product.code.clone(),
                quantity: making.chance.between(1, 40),
                unit_price_minor: price,
            })
        })
        .collect()
}
