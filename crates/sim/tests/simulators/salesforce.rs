//! Sessions, SOQL, paging and records.

use serde_json::{Map, Value, json};
use sim::Simulators;
use sim::salesforce::{FieldKind, Handle};

use crate::caller::{Reply, call, simulators};

pub fn token(sims: &Simulators) -> Reply {
    let url = format!("{}/services/oauth2/token", sims.salesforce.base_url());
    let form = "grant_type=client_credentials&client_id=tieout_consumer_key&client_secret=tieout_consumer_secret";
    call(
        "POST",
        &url,
        &[("Content-Type", "application/x-www-form-urlencoded")],
        Some(form),
    )
}

pub struct Session {
    data: String,
    bearer: String,
}

impl Session {
    pub fn start(sims: &Simulators) -> Session {
        let granted = token(sims).json();
        Session {
            data: format!(
                "{}/services/data/v62.0",
                granted["instance_url"].as_str().unwrap()
            ),
            bearer: format!("Bearer {}", granted["access_token"].as_str().unwrap()),
        }
    }

    pub fn get(&self, path: &str) -> Reply {
        call(
            "GET",
            &format!("{}{path}", self.data),
            &[("Authorization", &self.bearer)],
            None,
        )
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [
            ("Authorization", self.bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        call(
            method,
            &format!("{}{path}", self.data),
            &headers,
            Some(&body.to_string()),
        )
    }

    pub fn query(&self, soql: &str) -> Value {
        let reply = self.get(&format!("/query/?q={}", encode(soql)));
        assert_eq!(reply.status, 200, "{soql}: {}", reply.text);
        reply.json()
    }

    fn refusal(&self, soql: &str) -> String {
        let reply = self.get(&format!("/query?q={}", encode(soql)));
        format!(
            "{} {}",
            reply.status,
            reply.json()[0]["errorCode"].as_str().unwrap_or("-")
        )
    }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Two accounts, two opportunities, and lines with their products.
pub fn some_records(sims: &Simulators) {
    let id = Handle::id_for;
    let sf = &sims.salesforce;
    sf.declare_field_as("Opportunity", "Tieout_Start__c", FieldKind::Date)
        .unwrap();
    sf.declare_field_as(
        "Opportunity",
        "Upgrades_Opportunity__c",
        FieldKind::Lookup("Opportunity".to_owned()),
    )
    .unwrap();
    sf.declare_field_as("Account", "Tieout_Key__c", FieldKind::ExternalId)
        .unwrap();
    sf.put(
        "Account",
        &id("Account", "a"),
        fields(json!({"Name": "Anna's Bakery", "BillingCountry": "US"})),
    )
    .unwrap();
    sf.put(
        "Account",
        &id("Account", "b"),
        fields(json!({"Name": "Bertram KG", "BillingCountry": "DE"})),
    )
    .unwrap();
    sf.put(
        "Product2",
        &id("Product2", "p"),
        fields(json!({"Name": "Seats", "ProductCode": "SEAT"})),
    )
    .unwrap();
    sf.put(
        "Pricebook2",
        &id("Pricebook2", "s"),
        fields(json!({"Name": "Standard"})),
    )
    .unwrap();
    let entry = json!({"Pricebook2Id": id("Pricebook2", "s"), "Product2Id": id("Product2", "p"), "UnitPrice": 100});
    sf.put("PricebookEntry", &id("PricebookEntry", "e"), fields(entry))
        .unwrap();
    for (name, account, amount, stage, start) in [
        ("o1", "a", 1200.5, "Closed Won", json!("2026-01-15")),
        ("o2", "b", 90.0, "Prospecting", Value::Null),
    ] {
        let opportunity = json!({
            "Name": name, "AccountId": id("Account", account), "Amount": amount, "StageName": stage,
            "CloseDate": "2026-01-10", "CurrencyIsoCode": "USD", "Tieout_Start__c": start
        });
        sf.put("Opportunity", &id("Opportunity", name), fields(opportunity))
            .unwrap();
    }
    sf.put(
        "Opportunity",
        &id("Opportunity", "o2"),
        fields(json!({"Upgrades_Opportunity__c": id("Opportunity", "o1")})),
    )
    .unwrap();
    for number in 0..3 {
        let line = json!({
            "OpportunityId": id("Opportunity", "o1"), "PricebookEntryId": id("PricebookEntry", "e"),
            "Quantity": number + 1, "UnitPrice": 100
        });
        sf.put(
            "OpportunityLineItem",
            &id("OpportunityLineItem", &number.to_string()),
            fields(line),
        )
        .unwrap();
    }
}

#[test]
fn queries_reach_parents_and_children() {
    let sims = simulators();
    some_records(&sims);
    let session = Session::start(&sims);
    let found = session.query(
        "SELECT Id, Name, Amount, IsWon, Account.Name, Tieout_Start__c, \
         (SELECT Quantity, UnitPrice, TotalPrice, PricebookEntry.Product2.ProductCode FROM OpportunityLineItems ORDER BY Quantity DESC) \
         FROM Opportunity WHERE IsWon = true AND SystemModstamp >= 2026-01-01T00:00:00Z ORDER BY SystemModstamp ASC, Id LIMIT 10",
    );
    assert_eq!(
        (&found["totalSize"], &found["done"]),
        (&json!(1), &json!(true))
    );
    let opportunity = &found["records"][0];
    assert_eq!(opportunity["attributes"]["type"], "Opportunity");
    assert_eq!(opportunity["Account"]["Name"], "Anna's Bakery");
    assert_eq!(opportunity["Account"]["attributes"]["type"], "Account");
    let lines = &opportunity["OpportunityLineItems"];
    assert_eq!(
        (&lines["totalSize"], &lines["done"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(lines["records"][0]["TotalPrice"].to_string(), "300.0");
    assert_eq!(
        lines["records"][0]["PricebookEntry"]["Product2"]["ProductCode"],
        "SEAT"
    );
    let without = session.query("SELECT Name, Upgrades_Opportunity__r.Account.Name, (SELECT Id FROM OpportunityLineItems) FROM Opportunity WHERE Name = 'o2'");
    assert_eq!(without["records"][0]["OpportunityLineItems"], Value::Null);
    assert_eq!(
        without["records"][0]["Upgrades_Opportunity__r"]["Account"]["Name"],
        "Anna's Bakery"
    );
}

#[test]
fn conditions_are_understood() {
    let sims = simulators();
    some_records(&sims);
    let session = Session::start(&sims);
    let names = |condition: &str| -> String {
        let found = session.query(&format!("SELECT Name FROM Opportunity {condition}"));
        found["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["Name"].as_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names("ORDER BY Amount DESC"), "o1 o2");
    assert_eq!(names("ORDER BY Amount"), "o2 o1");
    assert_eq!(names("ORDER BY Tieout_Start__c"), "o2 o1");
    assert_eq!(names("ORDER BY Tieout_Start__c NULLS LAST"), "o1 o2");
    assert_eq!(names("WHERE Amount > 1200.49 AND Amount <= 1200.50"), "o1");
    assert_eq!(names("WHERE Account.Name LIKE 'bert%'"), "o2");
    assert_eq!(names("WHERE Account.Name = 'Anna\\'s Bakery'"), "o1");
    assert_eq!(
        names("WHERE StageName IN ('Closed Won', 'Closed Lost') OR Name = 'o2'"),
        "o1 o2"
    );
    assert_eq!(names("WHERE NOT (StageName = 'Closed Won')"), "o2");
    assert_eq!(names("WHERE StageName NOT IN ('Closed Won')"), "o2");
    assert_eq!(names("WHERE Tieout_Start__c = null"), "o2");
    assert_eq!(
        names("WHERE Tieout_Start__c != null AND Tieout_Start__c < 2026-02-01"),
        "o1"
    );
    assert_eq!(
        names("WHERE (IsWon = false OR Amount = 1) AND CloseDate = 2026-01-10"),
        "o2"
    );
    let id = Handle::id_for("Opportunity", "o1");
    assert_eq!(names(&format!("WHERE Id = '{}'", &id[..15])), "o1");
    assert_eq!(names("LIMIT 1 OFFSET 1"), "o2");
    assert_eq!(
        session.query("SELECT COUNT() FROM Opportunity WHERE Amount > 0")["totalSize"],
        2
    );
}

#[test]
fn a_bad_query_is_refused_with_its_reason() {
    let sims = simulators();
    some_records(&sims);
    let session = Session::start(&sims);
    for (soql, refusal) in [
        ("SELEC Id FROM Account", "400 MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "400 MALFORMED_QUERY"),
        (
            "SELECT Id FROM Account WHERE Name = 'x",
            "400 MALFORMED_QUERY",
        ),
        (
            "SELECT Id FROM Opportunity WHERE IsWon = true AND Amount > 1 OR Amount < 5",
            "400 MALFORMED_QUERY",
        ),
        ("SELECT Id, Id FROM Account", "400 MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT x", "400 MALFORMED_QUERY"),
        ("SELECT * FROM Account", "400 MALFORMED_QUERY"),
        ("SELECT Colour FROM Account", "400 INVALID_FIELD"),
        (
            "SELECT Account.Colour FROM Opportunity",
            "400 INVALID_FIELD",
        ),
        ("SELECT Nobody.Name FROM Opportunity", "400 INVALID_FIELD"),
        (
            "SELECT Tieout_Unknown__c FROM Opportunity",
            "400 INVALID_FIELD",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'",
            "400 INVALID_FIELD",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Amount = '12'",
            "400 INVALID_FIELD",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Name = 12",
            "400 INVALID_FIELD",
        ),
        ("SELECT Id FROM Colour", "400 INVALID_TYPE"),
        (
            "SELECT Id, (SELECT Id FROM Colours) FROM Account",
            "400 INVALID_TYPE",
        ),
    ] {
        assert_eq!(session.refusal(soql), refusal, "{soql}");
    }
}

#[test]
fn long_results_come_in_pages() {
    let sims = simulators();
    some_records(&sims);
    for number in 0..7 {
        sims.salesforce
            .put(
                "Contact",
                &Handle::id_for("Contact", &number.to_string()),
                fields(json!({"LastName": format!("n{number}")})),
            )
            .unwrap();
    }
    sims.salesforce.set_page_size(3);
    sims.salesforce.set_child_page_size(2);
    let session = Session::start(&sims);
    let mut page = session.query("SELECT LastName FROM Contact ORDER BY LastName");
    let mut names = Vec::new();
    let mut sizes = Vec::new();
    loop {
        sizes.push(page["records"].as_array().unwrap().len());
        names.extend(
            page["records"]
                .as_array()
                .unwrap()
                .iter()
                .map(|record| record["LastName"].as_str().unwrap().to_owned()),
        );
        assert_eq!(page["totalSize"], 7);
        // What is written between two pages does not move them.
        sims.salesforce
            .put(
                "Contact",
                &Handle::id_for("Contact", "0"),
                fields(json!({"LastName": "zz"})),
            )
            .unwrap();
        match page["nextRecordsUrl"].as_str() {
            Some(next) => {
                page = session
                    .get(next.strip_prefix("/services/data/v62.0").unwrap())
                    .json()
            }
            None => break,
        }
    }
    assert_eq!((sizes, page["done"].as_bool()), (vec![3, 3, 1], Some(true)));
    assert_eq!(names, ["n0", "n1", "n2", "n3", "n4", "n5", "n6"]);
    let lines = session.query("SELECT Id, (SELECT Id, Quantity FROM OpportunityLineItems ORDER BY Quantity) FROM Opportunity WHERE Name = 'o1'");
    let lines = &lines["records"][0]["OpportunityLineItems"];
    assert_eq!(
        (&lines["totalSize"], &lines["done"]),
        (&json!(3), &json!(false))
    );
    let next = session
        .get(
            lines["nextRecordsUrl"]
                .as_str()
                .unwrap()
                .strip_prefix("/services/data/v62.0")
                .unwrap(),
        )
        .json();
    assert_eq!(
        (next["records"][0]["Quantity"].to_string(), &next["done"]),
        ("3.0".to_owned(), &json!(true))
    );
    let gone = session.get("/query/01gSim0000000000AAA-3");
    assert_eq!(
        (gone.status, gone.json()[0]["errorCode"].as_str()),
        (400, Some("INVALID_QUERY_LOCATOR"))
    );
    // A client may ask for pages, but for none shorter than 200.
    let url = format!("{}/query?q=SELECT+Id+FROM+Contact", session.data);
    let asked = call(
        "GET",
        &url,
        &[
            ("Authorization", &session.bearer),
            ("Sforce-Query-Options", "batchSize=5"),
        ],
        None,
    );
    assert_eq!(asked.json()["records"].as_array().unwrap().len(), 7);
}

#[test]
fn records_are_written_and_read_back() {
    let sims = simulators();
    some_records(&sims);
    let session = Session::start(&sims);
    let opportunity = format!(
        "/sobjects/Opportunity/{}",
        Handle::id_for("Opportunity", "o1")
    );
    let before = session.get(&opportunity).json();
    assert_eq!(before["HasOpportunityLineItem"], true);
    assert_eq!(before["SystemModstamp"], "2026-01-01T00:00:00.000+0000");
    sims.clock().advance_by(60_000_000);
    assert_eq!(
        session
            .send(
                "PATCH",
                &opportunity,
                &json!({"Tieout_Start__c": "2026-01-15"})
            )
            .status,
        204
    );
    assert_eq!(
        session.get(&opportunity).json(),
        before,
        "saying what is so already changes nothing"
    );
    assert_eq!(
        session
            .send(
                "PATCH",
                &opportunity,
                &json!({"Tieout_Start__c": "2026-02-01"})
            )
            .status,
        204
    );
    let after = session
        .get(&format!(
            "{opportunity}?fields=Tieout_Start__c,SystemModstamp"
        ))
        .json();
    assert_eq!(
        (
            after["Tieout_Start__c"].as_str(),
            after["SystemModstamp"].as_str()
        ),
        (Some("2026-02-01"), Some("2026-01-01T00:01:00.000+0000"))
    );

    let line = json!({"OpportunityId": before["Id"], "PricebookEntryId": Handle::id_for("PricebookEntry", "e"), "Quantity": 2, "UnitPrice": 49.95});
    let created = session.send("POST", "/sobjects/OpportunityLineItem", &line);
    assert_eq!(created.status, 201, "{}", created.text);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 18);
    let stored = sims.salesforce.record("OpportunityLineItem", &id).unwrap();
    assert_eq!(
        (
            stored["TotalPrice"].to_string(),
            stored["ProductCode"].as_str()
        ),
        ("99.9".to_owned(), Some("SEAT"))
    );
    assert_eq!(
        session.get(&opportunity).json()["Amount"].to_string(),
        "699.9",
        "the amount is the sum of the lines"
    );
    assert_eq!(
        session
            .send(
                "DELETE",
                &format!("/sobjects/OpportunityLineItem/{id}"),
                &json!({})
            )
            .status,
        204
    );
    assert_eq!(
        session
            .get(&format!("/sobjects/OpportunityLineItem/{id}"))
            .status,
        404
    );
    assert_eq!(
        session.query("SELECT COUNT() FROM OpportunityLineItem")["totalSize"],
        3
    );
    assert_eq!(
        session
            .get("/queryAll?q=SELECT+COUNT()+FROM+OpportunityLineItem")
            .json()["totalSize"],
        4
    );
    assert_eq!(
        session.get("/sobjects/Opportunity/describe").json()["fields"][0]["name"],
        "Id"
    );
}

#[test]
fn what_salesforce_would_refuse_is_refused() {
    let sims = simulators();
    some_records(&sims);
    let session = Session::start(&sims);
    let opportunity = format!(
        "/sobjects/Opportunity/{}",
        Handle::id_for("Opportunity", "o1")
    );
    for (method, path, body, refusal) in [
        (
            "POST",
            "/sobjects/Account",
            json!({}),
            "400 REQUIRED_FIELD_MISSING",
        ),
        (
            "POST",
            "/sobjects/Account",
            json!({"Name": "A", "Colour__c": "red"}),
            "400 INVALID_FIELD",
        ),
        (
            "POST",
            "/sobjects/Account",
            json!({"Name": 12}),
            "400 JSON_PARSER_ERROR",
        ),
        (
            "POST",
            "/sobjects/Account",
            json!([]),
            "400 JSON_PARSER_ERROR",
        ),
        ("POST", "/sobjects/Colour", json!({}), "404 NOT_FOUND"),
        (
            "PATCH",
            &opportunity,
            json!({"IsWon": true}),
            "400 INVALID_FIELD_FOR_INSERT_UPDATE",
        ),
        (
            "PATCH",
            &opportunity,
            json!({"Amount": "12"}),
            "400 JSON_PARSER_ERROR",
        ),
        (
            "PATCH",
            &opportunity,
            json!({"CloseDate": "2026-02-30"}),
            "400 JSON_PARSER_ERROR",
        ),
        (
            "PATCH",
            &opportunity,
            json!({"CurrencyIsoCode": "usd"}),
            "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
        (
            "PATCH",
            &opportunity,
            json!({"AccountId": "nonsense"}),
            "400 MALFORMED_ID",
        ),
        (
            "PATCH",
            &opportunity,
            json!({"AccountId": Handle::id_for("Contact", "x")}),
            "400 MALFORMED_ID",
        ),
        (
            "PATCH",
            &opportunity,
            json!({"AccountId": Handle::id_for("Account", "nobody")}),
            "400 INVALID_CROSS_REFERENCE_KEY",
        ),
        (
            "PATCH",
            "/sobjects/Opportunity/006000000000000AAA",
            json!({}),
            "404 NOT_FOUND",
        ),
        ("PUT", &opportunity, json!({}), "405 METHOD_NOT_ALLOWED"),
    ] {
        let reply = session.send(method, path, &body);
        assert_eq!(
            format!(
                "{} {}",
                reply.status,
                reply.json()[0]["errorCode"].as_str().unwrap()
            ),
            refusal,
            "{method} {path} {body}"
        );
    }
    assert!(
        sims.salesforce
            .put(
                "Account",
                &Handle::id_for("Account", "a"),
                fields(json!({"Colour": 1}))
            )
            .is_err()
    );
}
