//! Sales through partners: who uses what is sold, and whether we sell it or only arrange the sale.

use crate::contract::{Component, Contract};
use crate::discount::{AppliedDiscount, Reduction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{Decimal, Rate};

/// The revenue class of what we earn by arranging sales of others.
pub const COMMISSION: &str = "commission";

/// A contract whose customer is a partner rather than the one who uses what is sold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerSale {
    /// As what we take part in the sale.
    pub role: PartnerRole,
    /// Who uses what is sold, as the partner calls them.
    pub end_customer: String,
    /// The part of the price that is ours, where we are the agent: `"0.2"` is 20 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<Rate>,
}

/// As what we take part in a sale through a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartnerRole {
    /// We control what is sold before the customer gets it. The partner buys it at the prices of the
    /// contract, and all of them are our revenue.
    Principal,
    /// We arrange a sale of the partner's. The prices of the contract are what the end customer pays
    /// the partner; only the commission is billed, to the partner, and only it is our revenue.
    Agent,
}

/// Why a sale through a partner makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartnerRefusal {
    /// An agent without a commission, or with none.
    #[error(
        "an agent earns a commission: state the part of the price that is ours, above 0 and at most 1, such as \"0.2\" for 20 %"
    )]
    CommissionMissing,
    /// A principal with a commission.
    #[error(
        "a principal earns the whole price: leave the commission out, or say that we are the agent"
    )]
    CommissionOfPrincipal,
    /// Nobody uses it.
    #[error("say who uses what is sold")]
    EndCustomerMissing,
}

impl PartnerRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::CommissionMissing => "commission_missing",
            Self::CommissionOfPrincipal => "commission_of_principal",
            Self::EndCustomerMissing => "end_customer_missing",
        }
    }

    /// The field at fault, within the sale.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::CommissionMissing | Self::CommissionOfPrincipal => "commission",
            Self::EndCustomerMissing => "end_customer",
        }
    }
}

impl PartnerSale {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self) -> Result<(), PartnerRefusal> {
        if self.end_customer.trim().is_empty() {
            return Err(PartnerRefusal::EndCustomerMissing);
        }
        match (self.role, self.commission) {
            (PartnerRole::Principal, None) => Ok(()),
            (PartnerRole::Principal, Some(_)) => Err(PartnerRefusal::CommissionOfPrincipal),
            (PartnerRole::Agent, Some(rate)) if rate > Rate::default() && rate <= Rate::from(1) => {
                Ok(())
            }
            (PartnerRole::Agent, _) => Err(PartnerRefusal::CommissionMissing),
        }
    }

    /// What the partner keeps of every price, taken off after everything else; nothing where the whole
    /// price is ours.
    pub(crate) fn kept(&self) -> Option<AppliedDiscount> {
        let commission = match self.role {
            PartnerRole::Principal => return None,
            PartnerRole::Agent => self.commission?,
        };
        let rate = Rate::new(Decimal::ONE.saturating_sub(commission.decimal()));
        (rate > Rate::default()).then(|| AppliedDiscount {
            code: "partner".to_owned(),
            name: "kept by the partner".to_owned(),
            off: Reduction::Percent { rate, cap: None },
        })
    }
}

impl Contract {
    /// The revenue class of a component: its own, but commission where we only arrange the sale.
    #[must_use]
    pub fn revenue_class<'a>(&self, component: &'a Component) -> &'a str {
        match &self.partner {
            Some(sale) if sale.role == PartnerRole::Agent => COMMISSION,
            Some(_) | None => &component.revenue_account_class,
        }
    }

    /// The contract as it is between the partner and the end customer, to say what it is worth there.
    #[must_use]
    pub fn without_partner(&self) -> Contract {
        Contract {
            partner: None,
            ..self.clone()
        }
    }
}
