//! How a billed line is kept: with short names and without what follows from the rest, because the lines
//! are by far the most of what billing writes. Nothing is lost: what is read is what was issued.

use crate::TaxedLine;
use crate::line::{BilledLine, DraftLine, LineKind};
use crate::taxation::TaxDetail;
use crate::usage::MeasuredBy;
use commerce::{AppliedDiscount, Charge, Pattern};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use values::{
    ComponentId, ContractId, Currency, LineId, Money, Period, ProductCode, Quantity, Rate,
    UnitPrice,
};

/// A billed line as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptLine<'a> {
    #[serde(rename = "i")]
    id: Cow<'a, LineId>,
    #[serde(rename = "k")]
    kind: LineKind,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    corrects: Option<Cow<'a, LineId>>,
    #[serde(rename = "c")]
    contract: Cow<'a, ContractId>,
    #[serde(rename = "m")]
    component: Cow<'a, ComponentId>,
    #[serde(rename = "p")]
    product: Cow<'a, ProductCode>,
    #[serde(rename = "d")]
    description: Cow<'a, str>,
    #[serde(rename = "tc")]
    tax_code: Cow<'a, str>,
    #[serde(rename = "rc")]
    revenue_account_class: Cow<'a, str>,
    #[serde(rename = "rp")]
    recognition: Pattern,
    #[serde(rename = "f")]
    period: Period,
    /// Where it is another one than `period`.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    window: Option<Period>,
    /// Where they are other ones than `period`.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    service: Option<Period>,
    #[serde(rename = "q")]
    quantity: Quantity,
    #[serde(rename = "h")]
    charge: Cow<'a, Charge>,
    #[serde(rename = "e", default, skip_serializing_if = "<[_]>::is_empty")]
    discounts: Cow<'a, [AppliedDiscount]>,
    #[serde(rename = "u")]
    price: UnitPrice,
    #[serde(rename = "n")]
    numerator: i64,
    /// Where it is another one than `numerator`.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    denominator: Option<i64>,
    /// Where it is another one than the amount.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    by_rule: Option<Money>,
    /// The amount without tax, minor units.
    #[serde(rename = "z")]
    net: i64,
    #[serde(rename = "y")]
    currency: Currency,
    #[serde(rename = "a")]
    arithmetic: Cow<'a, str>,
    #[serde(rename = "v")]
    policy_version: u32,
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    measured: Option<Cow<'a, MeasuredBy>>,
    #[serde(rename = "g", default, skip_serializing_if = "str::is_empty")]
    decided_on: Cow<'a, str>,
    #[serde(rename = "r")]
    tax_rate: Rate,
    /// Minor units.
    #[serde(rename = "t")]
    tax: i64,
    /// Where it is another one than that of the amount.
    #[serde(rename = "ty", default, skip_serializing_if = "Option::is_none")]
    tax_currency: Option<Currency>,
    #[serde(rename = "td", default, skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'a, TaxDetail>>,
}

/// A value where it differs from the one that it mostly is.
fn other<T: PartialEq>(value: T, mostly: T) -> Option<T> {
    Some(value).filter(|value| *value != mostly)
}

impl<'a> KeptLine<'a> {
    /// A taxed line as it is kept when it is issued under `id`.
    #[must_use]
    pub fn of(id: &'a LineId, taxed: &'a TaxedLine) -> KeptLine<'a> {
        let line = &taxed.line;
        KeptLine {
            id: Cow::Borrowed(id),
            kind: line.kind,
            corrects: line.corrects.as_ref().map(Cow::Borrowed),
            contract: Cow::Borrowed(&line.contract),
            component: Cow::Borrowed(&line.component),
            product: Cow::Borrowed(&line.product),
            description: Cow::Borrowed(&line.description),
            tax_code: Cow::Borrowed(&line.tax_code),
            revenue_account_class: Cow::Borrowed(&line.revenue_account_class),
            recognition: line.recognition,
            period: line.period,
            window: other(line.window, line.period),
            service: other(line.service, line.period),
            quantity: line.quantity,
            charge: Cow::Borrowed(&line.charge),
            discounts: Cow::Borrowed(&line.discounts),
            price: line.price,
            numerator: line.numerator,
            denominator: other(line.denominator, line.numerator),
            by_rule: other(line.by_rule, line.net),
            net: line.net.minor,
            currency: line.net.currency,
            arithmetic: Cow::Borrowed(&line.arithmetic),
            policy_version: line.policy_version,
            measured: line.measured.as_deref().map(Cow::Borrowed),
            decided_on: Cow::Borrowed(&line.decided_on),
            tax_rate: taxed.tax_rate,
            tax: taxed.tax.minor,
            tax_currency: other(taxed.tax.currency, line.net.currency),
            detail: taxed.detail.as_deref().map(Cow::Borrowed),
        }
    }

    /// The line as it was issued.
    #[must_use]
    pub fn issued(self) -> BilledLine {
        let net = Money::from_minor(self.net, self.currency);
        let tax_currency = self.tax_currency.unwrap_or(self.currency);
        BilledLine {
            id: self.id.into_owned(),
            line: DraftLine {
                kind: self.kind,
                corrects: self.corrects.map(Cow::into_owned),
                contract: self.contract.into_owned(),
                component: self.component.into_owned(),
                product: self.product.into_owned(),
                description: self.description.into_owned(),
                tax_code: self.tax_code.into_owned(),
                revenue_account_class: self.revenue_account_class.into_owned(),
                recognition: self.recognition,
                period: self.period,
                window: self.window.unwrap_or(self.period),
                service: self.service.unwrap_or(self.period),
                quantity: self.quantity,
                charge: self.charge.into_owned(),
                discounts: self.discounts.into_owned(),
                price: self.price,
                numerator: self.numerator,
                denominator: self.denominator.unwrap_or(self.numerator),
                by_rule: self.by_rule.unwrap_or(net),
                net,
                arithmetic: self.arithmetic.into_owned(),
                policy_version: self.policy_version,
                measured: self.measured.map(|by| Box::new(by.into_owned())),
                decided_on: self.decided_on.into_owned(),
            },
            tax_rate: self.tax_rate,
            tax: Money::from_minor(self.tax, tax_currency),
            detail: self.detail.map(|detail| Box::new(detail.into_owned())),
        }
    }
}
