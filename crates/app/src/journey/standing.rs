//! What a customer's account looks like to sales: standing and open balance, kept in the CRM.

use crate::collection::account;
use crate::fault::{AppFault, stored, stored_value};
use crate::record::{Context, Fact, Intent, Recorder};
use commerce::{Contract, Customer};
use events::{Event, StandingChanged};
use serde_json::json;
use store::{Tx, catalogue, documents};
use values::{Currency, CustomerId, Money, Zone};

/// Works out how a customer stands now, and records it when that is another standing.
///
/// # Errors
/// When the store fails.
pub(crate) fn refresh(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    customer: &str,
) -> Result<(), AppFault> {
    let word = account::standing(tx, context, customer)?;
    change(tx, context, recorder, customer, word)
}

fn change(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    customer: &str,
    word: &str,
) -> Result<(), AppFault> {
    let Some(row) = catalogue::customer(tx, customer)? else {
        return Ok(());
    };
    if row.standing == word {
        return Ok(());
    }
    catalogue::update_customer(tx, &row.id, &row.name, word, &row.body)?;
    let id: CustomerId = stored_value("customer id", customer)?;
    let event = StandingChanged {
        customer: id,
        standing: word.to_owned(),
        open: open(tx, customer)?,
    };
    let fact = Fact {
        subject: format!("customer/{customer}"),
        partition: format!("customer/{customer}"),
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    recorder.event(fact, Event::StandingChanged(event));
    Ok(())
}

/// What is open on the invoices of a customer, by currency.
fn open(tx: &mut Tx<'_>, customer: &str) -> Result<Vec<Money>, AppFault> {
    documents::open_of_customer(tx, customer)?
        .into_iter()
        .map(|(code, minor)| {
            Ok(Money::from_minor(
                minor,
                stored_value::<Currency>("currency", &code)?,
            ))
        })
        .collect()
}

/// Brings standing up to date and tells the CRM how the account and the opportunity stand.
pub(crate) fn tell_crm(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    customer: &str,
    contract: &str,
) -> Result<(), AppFault> {
    let open = open(tx, customer)?;
    // Most accounts stand well, and whoever has nothing open stands no worse than before.
    if open.iter().all(|money| money.minor == 0)
        && catalogue::customer(tx, customer)?.is_some_and(|row| row.standing != "good")
    {
        refresh(tx, context, recorder, customer)?;
    }
    if !is_told(context) {
        return Ok(());
    }
    let Some(row) = catalogue::customer(tx, customer)? else {
        return Ok(());
    };
    let known: Customer = stored("customer", &row.body)?;
    let version = recorder_version(context);
    if let Some(account) = known.ref_in("salesforce") {
        let balance = open
            .first()
            .map_or_else(|| "0".to_owned(), |money| money.decimal().to_string());
        let fields = json!({ "Tieout_Standing__c": row.standing, "Tieout_Open_Balance__c": { "decimal": balance } });
        intend(
            recorder,
            "Account",
            account,
            &fields,
            &format!("customer/{customer}"),
            &version,
        );
    }
    let mut contracts = vec![contract.to_owned()];
    // What is paid or credited of an invoice concerns every contract on it.
    contracts.extend(store::routing::billed_with(tx, contract)?);
    for contract in &contracts {
        tell_of_contract(tx, recorder, &row.standing, contract, &version)?;
    }
    Ok(())
}

/// Tells the CRM how the invoices of a contract stand.
fn tell_of_contract(
    tx: &mut Tx<'_>,
    recorder: &mut Recorder<'_>,
    standing: &str,
    contract: &str,
    version: &str,
) -> Result<(), AppFault> {
    let (invoices, unpaid) = documents::invoices_of_contract(tx, contract)?;
    let invoice_state = format!("{invoices} invoiced, {unpaid} open");
    let payment_state = match (invoices, unpaid, standing) {
        (0, _, _) => "nothing billed yet",
        (_, 0, "written_off") => "written off",
        (_, 0, _) => "paid",
        (_, _, "good") => "waiting for payment",
        (_, _, "grace") => "promised to pay",
        (_, _, "suspended") => "suspended until paid",
        (_, _, "written_off") => "written off, and not served until paid",
        (_, _, "disputed") => "disputed",
        (_, _, _) => "payment failed",
    };
    for reference in catalogue::references_of(tx, &format!("contract/{contract}"))? {
        if reference.system == "salesforce" && reference.kind == "Opportunity" {
            let fields = json!({
                "Tieout_Contract__c": contract,
                "Tieout_Invoice_State__c": invoice_state,
                "Tieout_Payment_State__c": payment_state,
            });
            intend(
                recorder,
                "Opportunity",
                &reference.id,
                &fields,
                &format!("contract/{contract}"),
                version,
            );
        }
    }
    Ok(())
}

/// Whether the CRM is told what becomes of its deals.
fn is_told(context: &Context) -> bool {
    let fact = control::topology::RoutedFact::WriteBack;
    let told = context.books.governance.tells(fact, "salesforce", None);
    context.books.routing.write_back && told
}

/// Tells the CRM what a contract is worth as amended, so that the deal there says the same.
pub(crate) fn tell_value(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    contract: &Contract,
    value: Money,
) -> Result<(), AppFault> {
    if !is_told(context) {
        return Ok(());
    }
    let subject = format!("contract/{}", contract.id);
    // A version of a contract is told once, whoever tells it.
    let version = format!("contract-version-{}", contract.version());
    for reference in catalogue::references_of(tx, &subject)? {
        if reference.system == "salesforce" && reference.kind == "Opportunity" {
            let fields = json!({
                "Tieout_Contract__c": contract.id,
                "Tieout_Contract_Value__c": { "decimal": value.decimal().to_string() },
                "Tieout_Contract_Version__c": contract.version(),
            });
            intend(
                recorder,
                "Opportunity",
                &reference.id,
                &fields,
                &subject,
                &version,
            );
        }
    }
    Ok(())
}

/// Each change of state is told once: the version is new whenever something is told.
fn recorder_version(context: &Context) -> String {
    context.ids.mint("ver", context.now)
}

fn intend(
    recorder: &mut Recorder<'_>,
    sobject: &str,
    id: &str,
    fields: &serde_json::Value,
    subject: &str,
    version: &str,
) {
    recorder.intend(Intent {
        lane: format!("crm/{sobject}/{id}"),
        connection: "salesforce",
        operation: "salesforce.update",
        subject: subject.to_owned(),
        key: format!("salesforce/{sobject}/{id}/{version}"),
        request: json!({ "sobject": sobject, "id": id, "fields": fields }),
        entity: None,
        value: None,
    });
}
