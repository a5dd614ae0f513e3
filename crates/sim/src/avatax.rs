//! The AvaTax simulator: transactions behind Basic authentication, taxed by rates that a test or a
//! script of the world states.
//!
//! Estimates (`SalesOrder`) are kept nowhere and have the id 0; invoices are kept by company and code,
//! are numbered beyond 32 bits, can be adjusted until they are committed and voided after. Wire facts
//! follow recorded exchanges of the service; where those are silent the stricter reading is taken.

mod control;
mod model;
mod refusal;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub use control::{Handle, RateRow};

use crate::http::{Answer, Core, Exchange, System};
use refusal::Refusal;

/// The account.
pub const ACCOUNT: &str = "1100099999";
/// Its licence key.
pub const LICENSE_KEY: &str = "7C1A2F0D4B6E8935";

/// The company that the account has from the beginning.
pub const COMPANY: &str = "TIEOUT";

/// Ids of kept transactions begin here: the service has long left 32 bits behind.
const FIRST_ID: u64 = 5_000_000_000_000;

/// The AvaTax simulator.
#[derive(Debug)]
pub(crate) struct AvaTax {
    core: Core,
}

impl AvaTax {
    pub(crate) fn new(core: Core) -> AvaTax {
        AvaTax { core }
    }

    fn authorize(&self, exchange: &Exchange) -> Result<(), Refusal> {
        let expected = format!(
            "Basic {}",
            STANDARD.encode(format!("{ACCOUNT}:{LICENSE_KEY}"))
        );
        if exchange.header("authorization") == Some(expected.as_str()) {
            Ok(())
        } else {
            Err(Refusal::login())
        }
    }

    fn call(&self, exchange: &Exchange) -> Result<Answer, Refusal> {
        let segments = exchange.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["api", "v2", rest @ ..] = path.as_slice() else {
            return Err(Refusal::no_such_resource());
        };
        if let ("GET", ["utilities", "ping"]) = (exchange.method.as_str(), rest) {
            let authenticated = self.authorize(exchange).is_ok();
            let body = json!({ "version": "26.11.0", "authenticated": authenticated });
            return Ok(Answer::json(200, &body));
        }
        self.authorize(exchange)?;
        match (exchange.method.as_str(), rest) {
            ("POST", ["transactions", "create"]) => self.create(&given(exchange)?, false),
            ("POST", ["transactions", "createoradjust"]) => {
                let wrapped = given(exchange)?;
                let model = wrapped.get("createTransactionModel");
                let model = model.ok_or_else(|| Refusal::required("createTransactionModel"))?;
                self.create(model, true)
            }
            ("GET", ["companies", company, "transactions", code]) => {
                let tables = self.core.tables();
                let found = tables.read("transactions", &key(company, code), exchange.stale);
                let found = found.ok_or_else(|| Refusal::no_such_transaction(code))?;
                Ok(Answer::json(200, found))
            }
            (
                "POST",
                [
                    "companies",
                    company,
                    "transactions",
                    code,
                    turn @ ("commit" | "void"),
                ],
            ) => self.turn(company, code, turn),
            _ => Err(Refusal::no_such_resource()),
        }
    }

    fn create(&self, model: &Value, may_adjust: bool) -> Result<Answer, Refusal> {
        let mut tables = self.core.tables();
        let sale = model::Sale::read(model)?;
        if sale.company != COMPANY && tables.get("companies", &sale.company).is_none() {
            return Err(Refusal::no_such_company(&sale.company));
        }
        let rates: Vec<RateRow> = tables
            .rows("rates")
            .filter_map(|(_, row)| serde_json::from_value(row.clone()).ok())
            .collect();
        let mut taxed = sale.taxed(&rates)?;
        if !sale.is_kept {
            return Ok(created(&taxed, 0));
        }
        let place = key(&sale.company, &sale.code);
        let known = tables.get("transactions", &place).cloned();
        let (id, version) = match &known {
            None => (None, 1),
            Some(known) if may_adjust && known["status"] != "Cancelled" => (
                known["id"].as_u64(),
                known["version"].as_u64().unwrap_or(1) + 1,
            ),
            Some(_) => return Err(Refusal::code_in_use()),
        };
        let mut change = tables.begin();
        let id = id.unwrap_or_else(|| FIRST_ID + change.next_number());
        taxed["id"] = json!(id);
        taxed["version"] = json!(version);
        taxed["status"] = json!(if sale.commit { "Committed" } else { "Saved" });
        change.put("transactions", &place, taxed.clone());
        change.commit().map_err(|_| Refusal::unexpected())?;
        Ok(created(&taxed, id))
    }

    fn turn(&self, company: &str, code: &str, turn: &str) -> Result<Answer, Refusal> {
        let mut tables = self.core.tables();
        let place = key(company, code);
        let mut known = tables
            .get("transactions", &place)
            .cloned()
            .ok_or_else(|| Refusal::no_such_transaction(code))?;
        let status = match (turn, known["status"].as_str()) {
            ("commit", Some("Saved" | "Committed")) => "Committed",
            ("void", Some("Saved" | "Committed" | "Cancelled")) => "Cancelled",
            _ => return Err(Refusal::bad_status(code)),
        };
        known["status"] = json!(status);
        let mut change = tables.begin();
        change.put("transactions", &place, known.clone());
        change.commit().map_err(|_| Refusal::unexpected())?;
        Ok(Answer::json(200, &known))
    }
}

fn key(company: &str, code: &str) -> String {
    format!("{company}/{code}")
}

fn given(exchange: &Exchange) -> Result<Value, Refusal> {
    match serde_json::from_slice::<Value>(&exchange.body) {
        Ok(given @ Value::Object(_)) => Ok(given),
        _ => Err(Refusal::malformed()),
    }
}

fn created(body: &Value, id: u64) -> Answer {
    let company = &body["companyId"];
    Answer::json(201, body).with(
        "Location",
        format!("/api/v2/companies/{company}/transactions/{id}"),
    )
}

impl System for AvaTax {
    fn core(&self) -> &Core {
        &self.core
    }

    fn answer(&self, exchange: &Exchange) -> Answer {
        // Clients read it from every answer.
        self.call(exchange)
            .unwrap_or_else(|refusal| refusal.answer())
            .with("x-correlation-id", "00000000-0000-4000-8000-000000000000")
    }

    fn too_many_requests(&self, _: &Exchange) -> Answer {
        Refusal::too_many().answer().with("Retry-After", "1")
    }

    fn server_error(&self, _: &Exchange) -> Answer {
        Refusal::unexpected().answer()
    }
}
