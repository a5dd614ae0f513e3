//! A bill of one legal entity to another that was taken back.

use super::*;
use app::printing::{PaperForm, Printed};
use app::query::{IntercompanyNet, IntercompanySide, IntercompanyView, SideLine};
use web::console::{IntercompanySource, PaperSource};

impl IntercompanySource for SampleSource {
    fn intercompany_pairs(&self, _: Option<&str>) -> Result<Page<IntercompanyView>, SourceFault> {
        let side = |journal: &str, accounts: [(&str, &str, &str); 2]| IntercompanySide {
            journal: journal.to_owned(),
            lines: accounts
                .iter()
                .map(|(account, name, amount)| SideLine {
                    account: (*account).to_owned(),
                    name: (*name).to_owned(),
                    amount: money(amount),
                })
                .collect(),
        };
        self.list(vec![IntercompanyView {
            id: "IC-US-00001".to_owned(),
            number: "IC-US-00001".to_owned(),
            seller: "US".to_owned(),
            buyer: "DE".to_owned(),
            description: "support team January".to_owned(),
            cost: money("USD 1000.01"),
            markup: "0.05".parse().unwrap(),
            amount: money("USD 1050.01"),
            on: date("2026-01-31"),
            status: "undone".to_owned(),
            credit_note: Some("IC-US-CN-00001".to_owned()),
            actor: "Ines Vidal".to_owned(),
            created: at("2026-01-31T12:00:00Z"),
            seller_side: side(
                JOURNAL,
                [
                    ("1900", "Due from group companies", "USD 1050.01"),
                    ("4800", "Intercompany income", "USD -1050.01"),
                ],
            ),
            buyer_side: side(
                JOURNAL,
                [
                    ("6800", "Intercompany expense", "USD 1050.01"),
                    ("2900", "Due to group companies", "USD -1050.01"),
                ],
            ),
        }])
    }

    fn intercompany_paper(&self, number: &str) -> Result<Option<Printed>, SourceFault> {
        self.paper(number, PaperForm::Pdf)
    }

    fn intercompany_position(&self) -> Result<Vec<IntercompanyNet>, SourceFault> {
        self.unless_empty(vec![IntercompanyNet {
            owed: money("USD 0.00"),
            earned: money("USD 0.00"),
            nets: true,
        }])
    }
}
