//! The one place that knows how contracts are put together and bills are issued in these tests.
#![allow(dead_code, reason = "no test file uses all of it")]

use billing::{
    BilledLine, Document, DraftLine, KeptLine, TaxRate, TaxRounding, TaxSeller, TaxTable, Taxation,
    draft_taxed, owed,
};
use commerce::{
    Amendment, AnchorDay, BillingFrequency, CancelAt, Change, Charge, Contract, ContractDelta,
    ContractStatus, DayCount, NewComponent, Pattern, Policy, Timing, amend,
};
use values::{ComponentId, Date, EntityId, Instant, LineId, Money, Period, Quantity, parse_date};

pub fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

pub fn per_unit(price: &str) -> Charge {
    Charge::PerUnit {
        unit_price: price.parse().unwrap(),
    }
}

pub fn flat(amount: &str) -> Charge {
    Charge::Flat {
        amount: amount.parse().unwrap(),
    }
}

/// A component named `id`, sold from the first day.
pub fn component(
    id: &str,
    quantity: &str,
    charge: Charge,
    billing: BillingFrequency,
) -> NewComponent {
    NewComponent {
        id: id.parse().unwrap(),
        product: "seats".parse().unwrap(),
        description: "Seats".to_owned(),
        tax_code: "saas".to_owned(),
        revenue_account_class: "subscription".to_owned(),
        billing,
        timing: Timing::Advance,
        policy: Policy::default(),
        recognition: Pattern::StraightLineDaily,
        quantity: quantity.parse().unwrap(),
        charge,
        measure: None,
    }
}

/// A signed contract from `from` until before `until`.
pub fn contract(currency: &str, from: &str, until: &str, sold: &[NewComponent]) -> Contract {
    let term = Period::new(date(from), date(until)).unwrap();
    Contract {
        id: "C1".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        entity: entity(),
        currency: currency.parse().unwrap(),
        term,
        signed_term: term,
        billing_anchor_day: AnchorDay::of(term.from()),
        components: sold.iter().map(|new| new.over(term).unwrap()).collect(),
        versions: Vec::new(),
        refs: Vec::new(),
        status: ContractStatus::Active,
        cancelled_from: None,
        ended_by_cancellation: Vec::new(),
        discounts: Vec::new(),
        renewal: None,
        renewed_on: Vec::new(),
        inclusive_prices: Vec::new(),
        partner: None,
    }
}

pub fn entity() -> EntityId {
    "DE".parse().unwrap()
}

pub fn taxes(rate: &str) -> TaxTable {
    TaxTable {
        rates: vec![TaxRate {
            entity: entity(),
            tax_code: "saas".to_owned(),
            rate: rate.parse().unwrap(),
            from: date("2000-01-01"),
            name: format!("VAT {rate}"),
        }],
        ..TaxTable::default()
    }
}

/// The same taxes, but rounded once for each document.
pub fn rounded_once(mut table: TaxTable) -> TaxTable {
    table.sellers.push(TaxSeller {
        entity: entity(),
        country: "DE".to_owned(),
        vat_id: None,
        rounding: TaxRounding::PerDocument,
        abroad: None,
        engine: None,
    });
    table
}

pub fn change(contract: &Contract, change: Change) -> (Contract, ContractDelta) {
    let amendment = Amendment {
        change,
        reason: "asked for".to_owned(),
    };
    amend(contract, &amendment, Instant::default()).unwrap()
}

pub fn quantity(component: &str, quantity: &str, effective: &str) -> Change {
    Change::ChangeQuantity {
        component: component.parse().unwrap(),
        quantity: quantity.parse().unwrap(),
        effective: date(effective),
    }
}

pub fn price(component: &str, charge: Charge, effective: &str) -> Change {
    Change::ChangePrice {
        component: component.parse().unwrap(),
        charge,
        effective: date(effective),
    }
}

pub fn cancel(effective: &str, credit_unused: bool) -> Change {
    Change::Cancel {
        effective: date(effective),
        credit_unused,
        at: CancelAt::OnDate,
    }
}

pub fn policy(proration: DayCount) -> Policy {
    Policy {
        proration,
        ..Policy::default()
    }
}

/// Everything that was issued to a customer.
pub struct Account {
    pub lines: Vec<BilledLine>,
    /// How many were ever issued, so that none takes the name of one that was voided.
    pub issued: usize,
    /// The taxes that its documents bear.
    pub taxes: TaxTable,
}

impl Default for Account {
    /// At 19 % tax, rounded line by line.
    fn default() -> Self {
        Self::taxed(taxes("0.19"))
    }
}

impl Account {
    pub fn taxed(taxes: TaxTable) -> Self {
        Self {
            lines: Vec::new(),
            issued: 0,
            taxes,
        }
    }

    /// Bills through a date; answers the lines of the document.
    pub fn bill(&mut self, contract: &Contract, through: &str) -> Vec<DraftLine> {
        self.bill_through(contract, date(through))
    }

    pub fn bill_through(&mut self, contract: &Contract, through: Date) -> Vec<DraftLine> {
        let lines = owed(contract, &self.lines, through).unwrap();
        let taxed = match self.drafted(contract, &lines, through) {
            Document::Nothing => Vec::new(),
            Document::Invoice(draft) => {
                assert!(draft.total.minor >= 0);
                draft.lines
            }
            Document::CreditNote(draft) => {
                assert!(draft.total.minor > 0);
                draft.lines
            }
        };
        self.issue(&taxed);
        lines
    }

    /// What lines would become on a day, with their tax; nothing is issued.
    pub fn drafted(&self, contract: &Contract, lines: &[DraftLine], on: Date) -> Document {
        let seller = entity();
        let taxation = Taxation {
            table: &self.taxes,
            entity: &seller,
            buyer: None,
            contract: Some(contract),
            on: on.min(date("2100-01-01")),
            answer: None,
        };
        draft_taxed(lines, &self.lines, &taxation).unwrap()
    }

    pub fn issue(&mut self, lines: &[billing::TaxedLine]) {
        for line in lines {
            self.issued += 1;
            let id: LineId = format!("line-{}", self.issued).parse().unwrap();
            // What is billed from then on is what was kept.
            let kept = serde_json::to_string(&KeptLine::of(&id, line)).unwrap();
            let read: KeptLine<'_> = serde_json::from_str(&kept).unwrap();
            let read = read.issued();
            assert_eq!(read, line.issued(id), "{kept}");
            self.lines.push(read);
        }
        if !lines.is_empty() {
            self.assert_kept_once();
        }
    }

    /// The store keeps one line of the same component, days, sign and state. Nothing that is decided on
    /// what stands may ever be refused by that.
    fn assert_kept_once(&self) {
        let mut kept = std::collections::BTreeSet::new();
        for known in &self.lines {
            if let Some(covers) = known.line.covers() {
                let (component, period) = (&known.line.component, known.line.period);
                let key = (component, period.from(), period.until(), covers);
                assert!(kept.insert(key), "{known:?} is charged twice");
            }
        }
    }

    pub fn net(&self) -> i64 {
        self.lines.iter().map(|line| line.line.net.minor).sum()
    }

    pub fn net_of(&self, component: &ComponentId) -> i64 {
        let of = self
            .lines
            .iter()
            .filter(|line| line.line.component == *component);
        of.map(|line| line.line.net.minor).sum()
    }

    /// What is left of a line, net and tax.
    pub fn left(&self, id: &LineId) -> (i64, i64) {
        let touching = self
            .lines
            .iter()
            .filter(|line| line.id == *id || line.line.corrects.as_ref() == Some(id));
        touching.fold((0, 0), |(net, tax), line| {
            (net + line.line.net.minor, tax + line.tax.minor)
        })
    }
}

/// Lines as a table: days, amount, arithmetic.
pub fn table(lines: &[DraftLine]) -> Vec<String> {
    let row = |line: &DraftLine| format!("{} | {} | {}", line.period, line.net, line.arithmetic);
    lines.iter().map(row).collect()
}

pub fn nets(lines: &[DraftLine]) -> Vec<i64> {
    lines.iter().map(|line| line.net.minor).collect()
}

pub fn euros(minor: i64) -> Money {
    Money::from_minor(minor, values::Currency::EUR)
}

pub fn units(text: &str) -> Quantity {
    text.parse().unwrap()
}
