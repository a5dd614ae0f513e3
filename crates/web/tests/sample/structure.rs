//! A sample of account structure: a group that pays for one of its companies.

use super::{CONTRACT, CUSTOMER, CUSTOMER_DE, INVOICE, SampleSource, at, money};
use app::journey::routing::preview::{
    Billed, HierarchyPreview, NextInvoice, OpenInvoice, OwnerMove,
};
use app::journey::routing::structure::{
    AccountPlace, AccountStructure, ContractRoute, SaidOfAccount, SaidOfContract,
};
use values::Date;
use web::console::{SourceFault, StructureForm, StructureSource};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn place(customer: &str, name: &str, level: usize) -> AccountPlace {
    AccountPlace {
        customer: customer.to_owned(),
        name: name.to_owned(),
        level,
        says: None,
        collections_owner: None,
    }
}

fn billed(customer: &str) -> Billed {
    Billed {
        customer: Some(customer.to_owned()),
        together: true,
        refused: None,
    }
}

impl StructureSource for SampleSource {
    fn structure(&self, id: &str) -> Result<Option<AccountStructure>, SourceFault> {
        self.unless_empty(vec![()])?;
        if id != CUSTOMER && id != CUSTOMER_DE {
            return Ok(None);
        }
        let said = SaidOfAccount {
            from: day("2026-01-01"),
            policy: serde_json::from_str("\"parent_pays\"").unwrap(),
            reason: "the <b>group</b> pays at once".to_owned(),
            actor: "rita".to_owned(),
            recorded: at("2026-01-01T09:00:00Z"),
        };
        let route = ContractRoute {
            contract: CONTRACT.to_owned(),
            sold_to: CUSTOMER.to_owned(),
            sold_to_name: "Meridian Labs Inc.".to_owned(),
            bill_to: Some(CUSTOMER_DE.to_owned()),
            bill_to_name: Some("Nordwind Logistik GmbH".to_owned()),
            together: true,
            invoice_group: "plant 7".to_owned(),
            why: "the contract says so; one invoice for everything due".to_owned(),
            said: vec![SaidOfContract {
                from: day("2026-02-01"),
                bill_to: "parent".to_owned(),
                reason: "agreed".to_owned(),
                actor: "rita".to_owned(),
            }],
        };
        Ok(Some(AccountStructure {
            account: place(id, "Meridian Labs Inc.", 0),
            above: vec![place(CUSTOMER_DE, "Nordwind Logistik GmbH", 0)],
            below: vec![place(CUSTOMER, "Meridian <i>Labs</i> East", 1)],
            said: vec![said],
            collections_owner: Some("Dana".to_owned()),
            contracts: vec![route.clone()],
            paid_for: vec![route],
        }))
    }

    fn preview_move(
        &self,
        id: &str,
        parent: &str,
        as_of: Option<Date>,
    ) -> Result<HierarchyPreview, SourceFault> {
        if parent == id {
            return Err(SourceFault::Refused {
                reason: format!("{id} cannot stand above itself; name another account, or none"),
            });
        }
        Ok(HierarchyPreview {
            customer: id.to_owned(),
            parent_now: Some(CUSTOMER_DE.to_owned()),
            parent_then: Some(parent.to_owned()).filter(|parent| !parent.is_empty()),
            as_of: as_of.unwrap_or_else(|| day("2026-06-30")),
            accounts: vec![id.to_owned()],
            next_invoices: vec![NextInvoice {
                contract: CONTRACT.to_owned(),
                sold_to: CUSTOMER.to_owned(),
                due: day("2026-07-01"),
                net: money("USD 4000.00"),
                bill_to_now: billed(CUSTOMER_DE),
                bill_to_then: billed(CUSTOMER),
                moves: true,
            }],
            open_invoices: vec![OpenInvoice {
                invoice: INVOICE.to_owned(),
                number: "US-2026-00012".to_owned(),
                customer: CUSTOMER.to_owned(),
                due: day("2026-02-28"),
                open: money("USD 18000.00"),
                owner_now: Some("Dana".to_owned()),
                owner_then: None,
            }],
            collections: vec![OwnerMove {
                customer: CUSTOMER.to_owned(),
                now: Some("Dana".to_owned()),
                then: None,
            }],
        })
    }

    fn arrange(&self, form: &StructureForm, actor: &str) -> Result<Option<String>, SourceFault> {
        let told = format!("{} {} by {actor}", form.action, form.customer);
        self.told.lock().unwrap().push(told);
        match form.action.as_str() {
            "move" => Ok(Some("apr_01JZ5N8R5A7C9E1G3J5M7P9R1U".to_owned())),
            "owner" if form.owner.is_empty() => Err(SourceFault::Refused {
                reason: "nothing changes: this is who looks after it already".to_owned(),
            }),
            _ => Ok(None),
        }
    }
}
