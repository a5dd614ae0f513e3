//! What is entered at the cash desk of the console has its effect in the books, once.

use crate::people::{csrf_in, form, page, session_of};
use crate::support::{House, Reply};
use control::Role;
use serde_json::json;

/// A person with a session.
struct Desk<'a> {
    house: &'a House,
    session: String,
    csrf: String,
}

impl<'a> Desk<'a> {
    async fn of(house: &'a House, name: &str, role: Role) -> Desk<'a> {
        let session = session_of(house, name, role).await;
        let csrf = csrf_in(&page(house, &session, "/").await);
        Desk {
            house,
            session,
            csrf,
        }
    }

    async fn sends(&self, path: &str, fields: &str) -> Reply {
        let cookie = format!("tieout_session={}", self.session);
        let body = format!("csrf={}&{fields}", self.csrf);
        form(self.house, &cookie, path, &body).await
    }

    async fn sees(&self, path: &str) -> String {
        let reply = page(self.house, &self.session, path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.text
    }
}

/// The number of the invoice of a house with a contract.
async fn billed(house: &House) -> String {
    house.with_contract().await;
    let body = json!({ "through": "2026-01-31" });
    house
        .does(Role::BillingAnalyst, "/api/v1/billing-runs", body)
        .await;
    let token = house.token(Role::BillingAnalyst);
    let rows = house.get(&token, "/api/v1/invoices").await.json();
    rows["items"][0]["number"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_payment_goes_through_the_desk_from_its_arrival_to_its_end() {
    let house = House::new();
    let number = billed(&house).await;
    let desk = Desk::of(&house, "bo", Role::BillingAnalyst).await;
    let fields =
        format!("form=one&amount=1,000.00&customer=acme&received=2026-02-08&text={number}");
    let made = desk.sends("/payments/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let path = made.header("location").to_owned();
    // The same form once more: the same payment.
    let again = desk.sends("/payments/new", &fields).await;
    assert_eq!(again.header("location"), path);
    let token = house.token(Role::BillingAnalyst);
    let rows = house.get(&token, "/api/v1/payments").await.json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 1, "{rows}");
    let shown = desk.sees(&path).await;
    assert!(shown.contains("8 Feb 2026"), "{shown}");
    let applied = desk
        .sends(&format!("{path}/apply"), &format!("invoice={number}"))
        .await;
    assert_eq!(applied.header("location"), path, "{}", applied.text);
    let shown = desk.sees(&path).await;
    assert!(shown.contains(&format!("{number}</a></th>")), "{shown}");
    let back = format!("invoice={number}&amount=99&reason=mistaken");
    let taken = desk.sends(&format!("{path}/take-back"), &back).await;
    assert_eq!(taken.header("location"), path, "{}", taken.text);
    let credit = "amount=100&until=2026-12-31&reason=next+year";
    let bought = desk.sends(&format!("{path}/credit"), credit).await;
    assert_eq!(bought.status, 303, "{}", bought.text);
    let refund = desk
        .sends(&format!("{path}/refund"), "amount=50&reason=paid+twice")
        .await;
    let waits = refund.header("location").to_owned();
    assert!(waits.starts_with("/approvals/apr_"), "{}", refund.text);
    let too_much = desk
        .sends(&format!("{path}/refund"), "amount=5,000&reason=all")
        .await;
    assert_eq!(too_much.status, 422, "{}", too_much.text);
    assert!(
        too_much.text.contains("5,000.00 USD cannot be given back"),
        "{}",
        too_much.text
    );
    assert!(too_much.text.contains("value=\"5,000\""));
}

#[tokio::test]
async fn credit_that_is_given_is_listed_for_people_and_programs() {
    let house = House::new();
    billed(&house).await;
    let desk = Desk::of(&house, "bo", Role::BillingAnalyst).await;
    let path = "/customers/acme/prepaid";
    let given = desk
        .sends(path, "amount=20&entity=US&priority=7&reason=an+outage")
        .await;
    assert_eq!(given.status, 303, "{}", given.text);
    let token = house.token(Role::Support);
    let list = "/api/v1/prepaid-credits?customer=acme";
    let rows = house.get(&token, list).await.json();
    let grants = rows["items"].as_array().unwrap();
    if given.header("location") == path {
        assert!(desk.sees(path).await.contains("an outage"));
        let [grant] = &grants[..] else {
            panic!("one grant: {rows}");
        };
        assert_eq!(grant["source"], "free");
        assert_eq!(grant["priority"], 7);
        assert_eq!(
            grant["left"],
            json!({ "amount": "20.00", "currency": "USD" })
        );
    } else {
        panic!("20.00 waits for nobody: {}", given.header("location"));
    }
}

#[tokio::test]
async fn a_dispute_and_a_customer_are_made_by_those_who_may() {
    let house = House::new();
    let number = billed(&house).await;
    let desk = Desk::of(&house, "bo", Role::BillingAnalyst).await;
    let token = house.token(Role::BillingAnalyst);
    let rows = house.get(&token, "/api/v1/invoices").await.json();
    let id = rows["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/invoices/{id}/dispute");
    let opened = desk
        .sends(&path, "reason_code=wrong_price&note=Not+agreed")
        .await;
    let exception = opened.header("location").to_owned();
    assert!(exception.starts_with("/exceptions/exc_"), "{}", opened.text);
    assert!(desk.sees(&exception).await.contains("Not agreed"));
    let twice = desk
        .sends(&path, "reason_code=wrong_price&note=Not+agreed")
        .await;
    assert_eq!(twice.status, 422);
    assert!(
        twice
            .text
            .contains(&format!("{number} is disputed already")),
        "{}",
        twice.text
    );
    let sells = Desk::of(&house, "rita", Role::RevOps).await;
    let fields = "legal_name=Borealis+AB&id=borealis&collection=transfer&payment_terms_days=30\
                  &country=se&vat_id=";
    let added = sells.sends("/customers/new", fields).await;
    assert_eq!(added.header("location"), "/customers/borealis");
    assert!(
        sells
            .sees("/customers/borealis")
            .await
            .contains("Borealis AB")
    );
    let refused = desk.sends("/customers/new", "legal_name=X").await;
    assert_eq!(refused.status, 403, "{}", refused.text);
}

#[tokio::test]
async fn what_a_customer_is_set_up_with_is_changed_by_a_billing_analyst() {
    let house = House::new();
    house.with_contract().await;
    let desk = Desk::of(&house, "bo", Role::BillingAnalyst).await;
    let token = house.token(Role::Support);
    let setup = "/api/v1/customers/acme/setup";
    let at = |part: &str| format!("/customers/acme/details/{part}");
    let address = "form=one&follows=0&street=1+Market+Street&city=San+Francisco&country=us";
    let set = desk.sends(&at("documents"), address).await;
    let shown = "/customers/acme/details?done=documents";
    assert_eq!(set.header("location"), shown, "{}", set.text);
    let again = desk.sends(&at("documents"), address).await;
    assert_eq!(again.header("location"), shown, "sent twice, done once");
    let late = "form=two&follows=0&street=2+Other+Street&city=Oakland&country=us";
    let refused = desk.sends(&at("documents"), late).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let words = "version 1 was set by bo meanwhile, and this was written on version 0";
    assert!(refused.text.contains(words), "{}", refused.text);
    assert!(refused.text.contains(">2 Other Street</textarea>"));
    let bad = "form=three&follows=1&country=usa";
    let refused = desk.sends(&at("documents"), bad).await;
    let words = "use the two letters of ISO 3166-1, such as DE or US";
    assert!(refused.text.contains(words), "{}", refused.text);
    let tax = "form=four&follows=0&certificates=1&country=us&region=ca&certificate.0.number=CA-1\
        &certificate.0.from=2026-01-01&certificate.0.until=2025-01-01&certificate.0.reason=Resale";
    let refused = desk.sends(&at("tax"), tax).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("it ends before it begins"));
    let tax = tax.replace("2025-01-01", "2026-12-31");
    let set = desk.sends(&at("tax"), &tax).await;
    assert_eq!(set.header("location"), "/customers/acme/details?done=tax");
    let held = house.get(&token, setup).await.json();
    assert_eq!(held["details"]["address"]["city"], "San Francisco");
    assert_eq!(
        (&held["details_version"], &held["tax_version"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(held["tax"]["certificates"][0]["country"], "US");
    // The clock of the house stands still, so the two were made at one moment.
    let changes = held["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "{held}");
    let of = |part: &str| {
        changes
            .iter()
            .find(|change| change["part"] == part)
            .unwrap()
    };
    assert_eq!(
        (&of("documents")["by"], &of("tax")["by"]),
        (&json!("bo"), &json!("bo"))
    );
    let street = json!({ "field": "street", "before": "", "after": "1 Market Street" });
    assert_eq!(of("documents")["differences"][0], street);
    let page = desk.sees("/customers/acme/details").await;
    assert!(page.contains("US, every tax code, 2026-01-01 to 2026-12-31: Resale"));
    let terms = "form=five&legal_name=Acme+Inc&was.legal_name=Acme+Inc&payment_terms_days=14\
        &was.payment_terms_days=30&reason=Agreed";
    let waits = desk.sends(&at("terms"), terms).await;
    assert!(
        waits.header("location").starts_with("/approvals/apr_"),
        "{}",
        waits.text
    );
    let same = terms.replace("=14", "=30").replace("five", "six");
    let refused = desk.sends(&at("terms"), &same).await;
    assert!(refused.text.contains("nothing changes"), "{}", refused.text);
    let reader = Desk::of(&house, "sam", Role::Auditor).await;
    assert!(
        reader
            .sees("/customers/acme/details")
            .await
            .contains("disabled")
    );
    let refused = reader.sends(&at("tax"), &tax).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
}
