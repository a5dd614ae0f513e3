//! Half a year of deals, made from the seed.

use super::{
    CardHabit, Company, Customer, Deal, DealLine, Flaw, Frequency, Happening, LegalEntity, Request,
    StrayPayment,
};
use crate::civil;
use crate::salesforce::record_id;

/// How many new customers are won.
const DEALS: i64 = 47;

/// Deals (from 0) with something wrong.
const FLAWS: [(i64, Flaw); 4] = [
    (9, Flaw::UnknownProduct),
    (17, Flaw::MissingCurrency),
    (26, Flaw::NegativeQuantity),
    (35, Flaw::EndBeforeStart),
];

/// Deals (from 0) whose card does not simply pay.
const CARDS: [(i64, CardHabit); 6] = [
    (5, CardHabit::DeclinesTimes(1)),
    (12, CardHabit::DeclinesTimes(2)),
    (20, CardHabit::DeclinesTimes(1)),
    (24, CardHabit::NeverPays),
    (30, CardHabit::DeclinesTimes(2)),
    (39, CardHabit::DeclinesTimes(1)),
];

/// Deals (from 0) that later things happen to: their service starts on the day they are won, billed so.
const UPGRADED: (i64, Frequency) = (2, Frequency::Annual);
const CREDITED: (i64, Frequency) = (4, Frequency::Quarterly);
const REFUNDED: (i64, Frequency) = (7, Frequency::Monthly);

/// The deal (from 0) whose service starts on the last day of January.
const MONTH_END: i64 = 6;

const FIRST_WORDS: [&str; 12] = [
    "Alder",
    "Brightwater",
    "Cinder",
    "Dovetail",
    "Ember",
    "Foxglove",
    "Granite",
    "Halcyon",
    "Ironwood",
    "Juniper",
    "Kestrel",
    "Lodestar",
];
const SECOND_WORDS: [&str; 8] = [
    "Logistics",
    "Foods",
    "Robotics",
    "Health",
    "Textiles",
    "Energy",
    "Publishing",
    "Marine",
];
const STREETS: [&str; 6] = [
    "Harbor Road",
    "Mill Lane",
    "Orchard Way",
    "Station Street",
    "Quarry Hill",
    "Weaver Court",
];
const US_CITIES: [(&str, &str); 4] = [
    ("Albany", "12207"),
    ("Tulsa", "74103"),
    ("Boise", "83702"),
    ("Dayton", "45402"),
];
const DE_CITIES: [(&str, &str); 4] = [
    ("Bremen", "28195"),
    ("Leipzig", "04109"),
    ("Kassel", "34117"),
    ("Mainz", "55116"),
];

/// SplitMix64: a small generator with a public algorithm.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, `bound`.
    fn below(&mut self, bound: i64) -> i64 {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        i64::try_from(self.next() % bound).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(i64::try_from(from.len()).unwrap_or(1))).unwrap_or(0);
        &from[at]
    }
}

/// The days of the half year, since 1970-01-01.
pub(super) fn days() -> std::ops::RangeInclusive<i64> {
    civil::days_of(2026, 1, 1)..=civil::days_of(2026, 6, 30)
}

pub(super) fn half_a_year(seed: u64, company: &Company) -> Vec<(String, Happening)> {
    let mut numbers = Numbers(seed);
    let deals: Vec<Deal> = (0..DEALS)
        .map(|number| deal(number, seed, company, &mut numbers))
        .collect();
    let mut happenings: Vec<(String, Happening)> = Vec::new();
    let of =
        |(number, _): (i64, Frequency)| usize::try_from(number).ok().and_then(|at| deals.get(at));
    if let Some(first) = of(UPGRADED) {
        let more = more_seats(first);
        happenings.push((more.close_day.clone(), Happening::SeatsAdded(more)));
    }
    if let Some(deal) = of(CREDITED) {
        let request = Request {
            id: format!("credit-{}", deal.opportunity_id),
            opportunity_id: deal.opportunity_id.clone(),
            invoice: 1,
            numerator: 1,
            denominator: 4,
            reason: "The pipeline stood still for some days".to_owned(),
        };
        happenings.push(("2026-03-10".to_owned(), Happening::CreditRequested(request)));
    }
    if let Some(deal) = of(REFUNDED) {
        let request = Request {
            id: format!("refund-{}", deal.opportunity_id),
            opportunity_id: deal.opportunity_id.clone(),
            invoice: 1,
            numerator: 1,
            denominator: 2,
            reason: "Seats were set up two weeks late".to_owned(),
        };
        happenings.push(("2026-04-20".to_owned(), Happening::RefundRequested(request)));
    }
    let stray = StrayPayment {
        payment_intent_id: format!("pi_stray{seed}"),
        amount_minor: 10_000 + numbers.below(90_000),
        currency: "usd".to_owned(),
        description: "Payment link, no reference given".to_owned(),
    };
    happenings.push(("2026-05-12".to_owned(), Happening::StrayPayment(stray)));
    happenings.extend(
        deals
            .into_iter()
            .map(|deal| (deal.close_day.clone(), Happening::DealWon(deal))),
    );
    // Deals of a day come before what else happens on it.
    happenings
        .sort_by_key(|(day, happening)| (day.clone(), !matches!(happening, Happening::DealWon(_))));
    happenings
}

fn deal(number: i64, seed: u64, company: &Company, numbers: &mut Numbers) -> Deal {
    let entity =
        &company.entities[usize::from(numbers.below(5) >= 3).min(company.entities.len() - 1)];
    let later = [UPGRADED, CREDITED, REFUNDED]
        .into_iter()
        .find(|(which, _)| *which == number);
    let flaw = FLAWS
        .iter()
        .find(|(which, _)| *which == number)
        .map(|(_, flaw)| *flaw);
    let card = CARDS
        .iter()
        .find(|(which, _)| *which == number)
        .map_or(CardHabit::Pays, |(_, card)| *card);
    let frequency = later.map_or(*numbers.pick(&Frequency::ALL), |(_, frequency)| frequency);
    let close = days().start() + 1 + number * 177 / DEALS + numbers.below(3);
    let start = match (later, number) {
        (Some(_), _) => close,
        (None, MONTH_END) => civil::days_of(2026, 1, 31),
        (None, _) => start_of(close, numbers),
    };
    let term = i64::from(company.service_term_months);
    let end = match flaw {
        Some(Flaw::EndBeforeStart) => start - 30,
        _ => civil::add_months(start, term) - 1,
    };
    let name = |what: &str| format!("{seed} {what} {number}");
    let customer = customer(number, entity, &name("account"), numbers);
    let lines = lines(
        &name("line"),
        company,
        &entity.currency,
        frequency,
        flaw,
        numbers,
    );
    Deal {
        opportunity_id: record_id("Opportunity", &name("opportunity")),
        name: format!("{} - new business", customer.name),
        customer,
        entity_id: entity.id.clone(),
        currency: entity.currency.clone(),
        close_day: civil::date_text(close.min(start)),
        start_day: civil::date_text(start),
        end_day: civil::date_text(end),
        frequency,
        lines,
        upgrades: None,
        card,
        flaw,
    }
}

/// Service starts on the day itself, in some days, or on the first of the next month.
fn start_of(close: i64, numbers: &mut Numbers) -> i64 {
    match numbers.below(10) {
        0..=3 => {
            let (year, month, _) = civil::date_of(close);
            civil::add_months(civil::days_of(year, month, 1), 1)
        }
        4..=6 => close,
        _ => close + 1 + numbers.below(12),
    }
}

fn customer(number: i64, entity: &LegalEntity, name: &str, numbers: &mut Numbers) -> Customer {
    let position = usize::try_from(number).unwrap_or(0);
    let first = FIRST_WORDS[position % FIRST_WORDS.len()];
    let second = SECOND_WORDS[(position / FIRST_WORDS.len() + position) % SECOND_WORDS.len()];
    let (form, cities) = if entity.country == "DE" {
        ("GmbH", &DE_CITIES)
    } else {
        ("Inc.", &US_CITIES)
    };
    let (city, postal_code) = *numbers.pick(cities);
    let account_id = record_id("Account", name);
    Customer {
        name: format!("{first} {second} {form}"),
        email: format!(
            "billing@{}-{}.example",
            first.to_lowercase(),
            second.to_lowercase()
        ),
        street: format!("{} {}", 1 + numbers.below(180), numbers.pick(&STREETS)),
        city: city.to_owned(),
        postal_code: postal_code.to_owned(),
        country: entity.country.clone(),
        stripe_customer_id: format!("cus_{}", &account_id[3..15]),
        payment_method_id: format!("pm_{}", &account_id[3..15]),
        account_id,
    }
}

fn lines(
    name: &str,
    company: &Company,
    currency: &str,
    frequency: Frequency,
    flaw: Option<Flaw>,
    numbers: &mut Numbers,
) -> Vec<DealLine> {
    let count = 1 + numbers.below(3);
    let first = numbers.below(i64::try_from(company.products.len()).unwrap_or(1));
    let mut lines = Vec::new();
    for position in 0..count {
        let at = usize::try_from(first + position * 3).unwrap_or(0) % company.products.len();
        let product = &company.products[at];
        let list = company
            .price(&product.code, currency, frequency)
            .unwrap_or(0);
        // One line in four is sold at a tenth off.
        let unit_price_minor = if numbers.below(4) == 0 {
            list * 9 / 10
        } else {
            list
        };
        let quantity = if product.family == "seat" {
            5 + numbers.below(60)
        } else {
            1 + numbers.below(3)
        };
        lines.push(DealLine {
            line_id: record_id("OpportunityLineItem", &format!("{name} {position}")),
            product_code: product.code.clone(),
            quantity,
            unit_price_minor,
        });
    }
    match flaw {
        Some(Flaw::UnknownProduct) => {
            lines[0].product_code = super::stage::UNKNOWN_PRODUCT.to_owned()
        }
        Some(Flaw::NegativeQuantity) => lines[0].quantity = -lines[0].quantity,
        _ => {}
    }
    lines
}

/// In the middle of April the first line of the deal gets half as many again.
fn more_seats(first: &Deal) -> Deal {
    let name = format!("{} upgrade", first.opportunity_id);
    let lines = first.lines.iter().take(1).map(|line| DealLine {
        line_id: record_id("OpportunityLineItem", &name),
        quantity: (line.quantity + 1) / 2,
        ..line.clone()
    });
    Deal {
        opportunity_id: record_id("Opportunity", &name),
        name: format!("{} - more seats", first.customer.name),
        close_day: "2026-04-14".to_owned(),
        start_day: "2026-04-16".to_owned(),
        lines: lines.collect(),
        upgrades: Some(first.opportunity_id.clone()),
        ..first.clone()
    }
}
