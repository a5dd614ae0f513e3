//! The seeded world: the same seed gives the same half year, and it can be applied again.

use std::collections::BTreeSet;

use serde_json::Value;
use sim::world::{CardHabit, Deal, FIRST_DAY, Flaw, Happening, LAST_DAY, World};
use sim::{SimClock, SimOptions, Simulators};

use crate::salesforce::Session;

fn deals(world: &World) -> Vec<Deal> {
    let all = world.all_happenings().iter();
    all.filter_map(|(_, happening)| match happening {
        Happening::DealWon(deal) | Happening::SeatsAdded(deal) => Some(deal.clone()),
        _ => None,
    })
    .collect()
}

#[test]
fn the_same_seed_gives_the_same_world() {
    assert_eq!(World::seeded(7), World::seeded(7));
    assert_ne!(
        World::seeded(7).all_happenings(),
        World::seeded(8).all_happenings()
    );
    let world = World::seeded(7);
    let by_day: Vec<Happening> = World::days()
        .iter()
        .flat_map(|day| world.happenings(day))
        .collect();
    let all: Vec<Happening> = world
        .all_happenings()
        .iter()
        .map(|(_, happening)| happening.clone())
        .collect();
    assert_eq!(by_day, all, "every happening is on one of the days");
    assert_eq!(
        (
            World::days().first().unwrap().as_str(),
            World::days().last().unwrap().as_str()
        ),
        (FIRST_DAY, LAST_DAY)
    );
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Happening>>(&text).unwrap(), all);
}

#[test]
fn every_world_has_what_the_story_needs() {
    for seed in [1, 7, 17, 99] {
        let world = World::seeded(seed);
        let deals = deals(&world);
        assert_eq!(deals.len(), 48);
        let ids: BTreeSet<&str> = deals
            .iter()
            .map(|deal| deal.opportunity_id.as_str())
            .collect();
        assert_eq!(ids.len(), 48);
        let names: BTreeSet<&str> = deals
            .iter()
            .map(|deal| deal.customer.name.as_str())
            .collect();
        assert_eq!(names.len(), 47, "one customer buys twice");
        let flaws: Vec<Flaw> = deals.iter().filter_map(|deal| deal.flaw).collect();
        assert_eq!(
            flaws,
            [
                Flaw::UnknownProduct,
                Flaw::MissingCurrency,
                Flaw::NegativeQuantity,
                Flaw::EndBeforeStart
            ]
        );
        assert_eq!(
            deals
                .iter()
                .filter(|deal| deal.card == CardHabit::NeverPays)
                .count(),
            1
        );
        assert_eq!(
            deals
                .iter()
                .filter(|deal| matches!(deal.card, CardHabit::DeclinesTimes(_)))
                .count(),
            5
        );
        for currency in ["USD", "EUR"] {
            assert!(
                deals
                    .iter()
                    .filter(|deal| deal.currency == currency)
                    .count()
                    > 8
            );
        }
        let company = world.company();
        for deal in &deals {
            assert!(
                company
                    .entities
                    .iter()
                    .any(|entity| entity.id == deal.entity_id && entity.currency == deal.currency)
            );
            assert!(
                deal.close_day <= deal.start_day
                    && (FIRST_DAY..=LAST_DAY).contains(&deal.close_day.as_str())
            );
            assert_eq!(
                deal.end_day < deal.start_day,
                deal.flaw == Some(Flaw::EndBeforeStart)
            );
            for line in &deal.lines {
                let list = company.price(&line.product_code, &deal.currency, deal.frequency);
                assert_eq!(list.is_none(), line.product_code == "QM-LEGACY");
                assert!(
                    line.unit_price_minor > 0
                        && (line.quantity < 0) <= (deal.flaw == Some(Flaw::NegativeQuantity))
                );
            }
        }
        let month_end = deals
            .iter()
            .find(|deal| deal.start_day == "2026-01-31")
            .unwrap();
        assert_eq!(month_end.end_day, "2027-01-30");
        let upgrade = deals.iter().find(|deal| deal.upgrades.is_some()).unwrap();
        let first = deals
            .iter()
            .find(|deal| Some(&deal.opportunity_id) == upgrade.upgrades.as_ref())
            .unwrap();
        assert!(
            first.start_day < upgrade.start_day
                && upgrade.end_day == first.end_day
                && first.flaw.is_none()
        );
        let mut others: Vec<&str> = Vec::new();
        for (day, happening) in world.all_happenings() {
            match happening {
                Happening::CreditRequested(request) | Happening::RefundRequested(request) => {
                    let deal = deals
                        .iter()
                        .find(|deal| deal.opportunity_id == request.opportunity_id)
                        .unwrap();
                    assert!(
                        deal.start_day < *day
                            && deal.flaw.is_none()
                            && deal.card == CardHabit::Pays
                    );
                    others.push("request");
                }
                Happening::StrayPayment(_) => others.push("stray"),
                Happening::DealWon(_) | Happening::SeatsAdded(_) => {}
            }
        }
        assert_eq!(others, ["request", "request", "stray"]);
    }
}

#[test]
fn the_world_happens_in_the_simulators_and_may_happen_again() {
    let sims = Simulators::start(SimOptions::in_memory(
        7,
        SimClock::at_day(FIRST_DAY).unwrap(),
    ))
    .unwrap();
    let world = World::seeded(7);
    world.prepare(&sims).unwrap();
    let play = |sims: &Simulators| {
        for day in World::days() {
            sims.clock().advance_to_day(&day);
            world
                .happenings(&day)
                .iter()
                .try_for_each(|happening| world.apply(happening, sims))
                .unwrap();
        }
    };
    let state = |sims: &Simulators| -> Vec<Vec<Value>> {
        let salesforce = [
            "Account",
            "Opportunity",
            "OpportunityLineItem",
            "Product2",
            "PricebookEntry",
        ];
        let stripe = [
            "customers",
            "payment_methods",
            "payment_intents",
            "charges",
            "events",
        ];
        let mut all: Vec<Vec<Value>> = salesforce
            .iter()
            .map(|kind| sims.salesforce.records(kind))
            .collect();
        all.extend(stripe.iter().map(|kind| sims.stripe.objects(kind)));
        all
    };
    play(&sims);
    let once = state(&sims);
    assert_eq!((once[0].len(), once[1].len(), once[7].len()), (47, 48, 1));
    world.prepare(&sims).unwrap();
    play(&sims);
    assert_eq!(state(&sims), once);

    let session = Session::start(&sims);
    let found = session.query(
        "SELECT Id, Name, Amount, CurrencyIsoCode, StageName, IsWon, IsClosed, CloseDate, Type, SystemModstamp, \
         Tieout_Start__c, Tieout_End__c, Tieout_Entity__c, Billing_Frequency__c, Upgrades_Opportunity__c, Account.Id, \
         Account.Name, Account.CurrencyIsoCode, Account.BillingStreet, Account.Stripe_Customer__c, \
         Account.Payment_Method__c, (SELECT Id, Quantity, UnitPrice, TotalPrice, ServiceDate, Description, Product2Id, \
         PricebookEntry.Product2.ProductCode FROM OpportunityLineItems) \
         FROM Opportunity WHERE IsWon = true AND SystemModstamp >= 2026-01-01T00:00:00Z ORDER BY SystemModstamp, Id",
    );
    let records = found["records"].as_array().unwrap();
    assert_eq!(records.len(), 48);
    assert_eq!(
        records
            .iter()
            .filter(|record| record["CurrencyIsoCode"].is_null())
            .count(),
        1
    );
    let codes = records.iter().flat_map(|record| {
        record["OpportunityLineItems"]["records"]
            .as_array()
            .unwrap()
    });
    let unknown = codes
        .filter(|line| line["PricebookEntry"]["Product2"]["ProductCode"] == "QM-LEGACY")
        .count();
    assert_eq!(unknown, 1);
    for deal in deals(&world) {
        let intent = format!(
            "amount=500&currency={}&confirm=true&customer={}&payment_method={}",
            deal.currency, deal.customer.stripe_customer_id, deal.customer.payment_method_id
        );
        let status = crate::stripe::post(&sims, "/v1/payment_intents", None, &intent).status;
        let pays = deal.card == CardHabit::Pays || deal.upgrades.is_some();
        assert_eq!(status == 200, pays, "{:?}", deal.card);
    }
}
