//! The gate before every write: who does not own a field does not write it. A refused write of a
//! command is an answer, and an exception when another system tried; a refused record of the inbox
//! is held. What may be proposed waits for the steward.

mod issuing;
mod sold;

pub(crate) use issuing::{
    Issuing, amended_by, billed_elsewhere, issuing, issuing_by, recognised_elsewhere, recognising,
};

use super::change::{self, NewChange};
use super::view::FieldChange;
use crate::approval::people;
use crate::command::{Answer, Command, Envelope};
use crate::fault::{AppFault, stored};
use crate::intake::{Ending, hold};
use crate::journey::exception::{self, NewException};
use crate::journey::order::WonOrder;
use crate::record::Context;
use crate::{App, Books, Refusal};
use commerce::Contract;
use control::ownership::{ProposedWrite, Verdict, WriteRefusal, may_write};
use control::topology::{OURSELVES, Place, Topology};
use serde_json::{Value, json};
use sold::{amendment, places};
use store::inbox::InboxRow;
use store::{Tx, catalogue, contracts, documents, intercompany, journals, payments};

/// Clients of API tokens are named so.
const TOKEN: &str = "token/";

/// Codes of refusals that say that a system wrote what it does not own.
const CONFLICTS: &[&str] = &["not_the_owner", "system_only_reads", "system_unknown"];

/// A field that is to be written, and where.
pub(crate) struct Write {
    field: &'static str,
    place: Place,
}

/// What a command or record wants to write.
pub(crate) struct Wanted {
    /// What it is about.
    object: String,
    /// Legal entity, or empty.
    entity: String,
    writes: Vec<Write>,
}

/// What the gate says of all writes together.
enum Judged {
    Allowed,
    Proposed(Vec<ProposedWrite>),
    Refused(Vec<WriteRefusal>),
}

fn judge(topology: &Topology, source: &str, writes: &[Write]) -> Judged {
    let (mut proposed, mut refused) = (Vec::new(), Vec::new());
    for write in writes {
        match may_write(topology, source, write.field, &write.place) {
            Verdict::Allowed => {}
            Verdict::Proposed(one) if !proposed.contains(&one) => proposed.push(one),
            Verdict::Refused(one) if !refused.contains(&one) => refused.push(one),
            Verdict::Proposed(_) | Verdict::Refused(_) => {}
        }
    }
    if !refused.is_empty() {
        Judged::Refused(refused)
    } else if proposed.is_empty() {
        Judged::Allowed
    } else {
        Judged::Proposed(proposed)
    }
}

/// The system that sends a command: the one whose token it is, else people here.
fn source_of<'t>(topology: &'t Topology, client: &str) -> &'t str {
    match client.strip_prefix(TOKEN) {
        Some(token) => topology.system_of_token(token),
        None => OURSELVES,
    }
}

/// Lets a command through, keeps it as a proposed change (its answer comes back), or refuses it.
///
/// # Errors
/// A refusal for each field that the sender does not own.
pub(crate) fn admit(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
) -> Result<Option<Answer>, AppFault> {
    let topology = &context.books.governance.topology;
    let source = source_of(topology, &envelope.client);
    let stated_by = match &envelope.command {
        Command::RecordOutsideInvoice(body) => Some((body.system.as_str(), "billed")),
        Command::RecordOutsideRevenue(body) => Some((body.system.as_str(), "recognised")),
        _ => None,
    };
    if let Some((system, done)) = stated_by
        && ![OURSELVES, system].contains(&source)
    {
        let message =
            format!("{source} sent what {system} is to have {done}; each system sends its own");
        return Err(Refusal::field("not_the_owner", "system", message).into());
    }
    let Some(wanted) = wanted(tx, topology, source, &envelope.command)? else {
        return Ok(None);
    };
    match judge(topology, source, &wanted.writes) {
        Judged::Allowed => Ok(None),
        Judged::Refused(refusals) => Err(AppFault::Refused(
            refusals
                .iter()
                .map(|it| Refusal::field(it.code(), it.field(), it.to_string()))
                .collect(),
        )),
        Judged::Proposed(writes) => {
            let body = serde_json::to_value(&envelope.command).unwrap_or_default();
            let diff = differences(tx, &envelope.command, &body)?;
            let new = NewChange {
                origin: "command",
                origin_key: format!("{}/{}", envelope.client, envelope.key),
                source: source.to_owned(),
                object: wanted.object,
                entity: wanted.entity,
                writes: &writes,
                body: body.to_string(),
                diff,
                maker: people::behind(tx, &envelope.client, &envelope.actor)?.name,
                reason: String::new(),
            };
            change::propose(tx, context, new).map(Some)
        }
    }
}

/// What the command would write, field by field; nothing for commands that write no owned field.
fn wanted(
    tx: &mut Tx<'_>,
    topology: &Topology,
    source: &str,
    command: &Command,
) -> Result<Option<Wanted>, AppFault> {
    let everywhere =
        |object: String, fields: &[&'static str]| Some(at(object, "", fields, &[Place::default()]));
    Ok(match command {
        Command::CreateEntity(body) => {
            everywhere(format!("entity/{}", body.id), &["ledger.entity"])
        }
        Command::PublishProduct(body) => {
            let place = topology.place(None, Some(body.code.as_str()));
            let fields = [
                "product.name",
                "product.tax_code",
                "product.revenue_class",
                "price.charge",
            ];
            Some(at(format!("product/{}", body.code), "", &fields, &[place]))
        }
        Command::SetPrice(body) => {
            let place = topology.place(None, Some(body.product.as_str()));
            let object = format!("product/{}", body.product);
            Some(at(object, "", &["price.charge"], &[place]))
        }
        Command::ImportCatalogue(body) => {
            let places: Vec<Place> = body
                .products
                .iter()
                .map(|product| topology.place(None, Some(product.code.as_str())))
                .collect();
            let fields = ["product.name", "price.charge"];
            Some(at("catalogue".to_owned(), "", &fields, &places))
        }
        Command::SetTaxRate(body) => {
            let place = topology.place(Some(body.entity.as_str()), None);
            let object = format!("tax/{}/{}", body.entity, body.tax_code);
            Some(at(object, body.entity.as_str(), &["tax.rate"], &[place]))
        }
        Command::CreateCustomer(body) => {
            let name = body.id.as_ref().map_or("new", |id| id.as_str());
            everywhere(
                format!("customer/{name}"),
                &["customer.legal_name", "customer.collection"],
            )
        }
        Command::ChangeCustomer(body) => everywhere(
            format!("customer/{}", body.customer),
            &["customer.legal_name"],
        ),
        Command::ActivateContract(body) => {
            let places: Vec<Place> = body
                .lines
                .iter()
                .map(|line| topology.place(Some(body.entity.as_str()), Some(line.product.as_str())))
                .collect();
            let name = body.id.as_ref().map_or("new", |id| id.as_str());
            let fields = ["contract.product", "contract.quantity", "contract.term"];
            Some(at(
                format!("contract/{name}"),
                body.entity.as_str(),
                &fields,
                &places,
            ))
        }
        Command::ConvertQuote(body) => {
            crate::journey::quote::contract_of(tx, &body.quote)?.map(|contract| {
                let fields = ["contract.product", "contract.quantity", "contract.term"];
                at(
                    format!("contract/{}", contract.id),
                    contract.entity.as_str(),
                    &fields,
                    &places(topology, &contract),
                )
            })
        }
        Command::AmendContract(body) => amendment(tx, topology, body)?,
        Command::IssueCreditNote(body) => {
            let found = match documents::document(tx, &body.invoice)? {
                Some(row) => Some(row),
                None => documents::by_number(tx, &body.invoice)?,
            };
            found.map(|row| {
                let place = topology.place(Some(&row.entity), None);
                at(
                    format!("invoice/{}", row.id),
                    &row.entity,
                    &["invoice.credit"],
                    &[place],
                )
            })
        }
        Command::RecordPayment(body) => {
            let place = topology.place(body.entity.as_ref().map(|it| it.as_str()), None);
            let name = body.id.as_ref().map_or("new", |id| id.as_str());
            let fields = ["payment.status", "payment.amount"];
            Some(at(
                format!("payment/{name}"),
                &place.entity.clone(),
                &fields,
                &[place],
            ))
        }
        Command::RefundPayment(body) => payments::payment(tx, body.payment.as_str())?.map(|row| {
            let place = topology.place(Some(&row.entity), None);
            at(
                format!("payment/{}", row.id),
                &row.entity,
                &["payment.refund"],
                &[place],
            )
        }),
        Command::ClosePeriod(body) => Some(period(topology, &body.entity, body.month)),
        Command::ReopenPeriod(body) => Some(period(topology, &body.entity, body.month)),
        // People here may run recognition: what others recognise is left out of it, see [`recognising`].
        Command::RecogniseRevenue(body) if source != OURSELVES => {
            let place = topology.place(body.entity.as_ref().map(|it| it.as_str()), None);
            let places = match &body.contract {
                Some(contract) => contracts::contract(tx, contract.as_str())?
                    .map(|row| stored("contract", &row.body))
                    .transpose()?
                    .map(|contract: Contract| places(topology, &contract)),
                None => None,
            };
            Some(at(
                "revenue".to_owned(),
                &place.entity.clone(),
                &["revenue.schedule"],
                &places.unwrap_or_else(|| vec![place]),
            ))
        }
        Command::PostJournal(body) => {
            let name = body.id.as_ref().map_or("new", |id| id.as_str());
            Some(journal(topology, name, &[body.entity.as_str()]))
        }
        Command::ReverseJournal(body) => journals::journal(tx, body.journal.as_str())?
            .map(|row| journal(topology, &row.id, &[&row.entity])),
        Command::BillEntity(body) => {
            let books = [body.seller.as_str(), body.buyer.as_str()];
            Some(journal(topology, "new", &books))
        }
        Command::UndoEntityBill(body) => intercompany::pair(tx, &body.pair)?
            .map(|row| journal(topology, &row.id, &[&row.seller, &row.buyer])),
        _ => None,
    })
}

fn period(topology: &Topology, entity: &values::EntityId, month: values::Month) -> Wanted {
    let place = topology.place(Some(entity.as_str()), None);
    let object = format!("period/{entity}/{month}");
    at(object, entity.as_str(), &["ledger.period"], &[place])
}

/// An entry in the books of these entities.
fn journal(topology: &Topology, name: &str, entities: &[&str]) -> Wanted {
    let places: Vec<Place> = entities
        .iter()
        .map(|entity| topology.place(Some(entity), None))
        .collect();
    let entity = entities.first().copied().unwrap_or_default();
    at(
        format!("journal/{name}"),
        entity,
        &["ledger.journal"],
        &places,
    )
}

fn at(object: String, entity: &str, fields: &[&'static str], places: &[Place]) -> Wanted {
    let writes = places
        .iter()
        .flat_map(|place| {
            fields.iter().map(|field| Write {
                field,
                place: place.clone(),
            })
        })
        .collect();
    Wanted {
        object,
        entity: entity.to_owned(),
        writes,
    }
}

/// Before and after of what a command states, field by field.
fn differences(
    tx: &mut Tx<'_>,
    command: &Command,
    body: &Value,
) -> Result<Vec<FieldChange>, AppFault> {
    let before: Value = match command {
        Command::PublishProduct(product) => {
            let found = catalogue::products(tx)?
                .into_iter()
                .find(|(code, _)| code == product.code.as_str());
            match found {
                Some((_, text)) => stored("product", &text)?,
                None => Value::Null,
            }
        }
        _ => Value::Null,
    };
    let words = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let Value::Object(stated) = body else {
        return Ok(Vec::new());
    };
    Ok(stated
        .iter()
        .filter(|(field, value)| field.as_str() != "command" && !value.is_null())
        .map(|(field, value)| FieldChange {
            field: field.clone(),
            before: words(&before[field.as_str()]),
            after: words(value),
        })
        .filter(|change| change.before != change.after)
        .collect())
}

/// The command again, when it comes from another system, so that a conflict can be noted.
pub(crate) fn of_system(books: &Books, envelope: &Envelope) -> Option<Envelope> {
    let source = source_of(&books.governance.topology, &envelope.client);
    (source != OURSELVES).then(|| envelope.clone())
}

/// Opens an exception about a command of another system that was refused because it does not own
/// what it wrote. What people enter here is answered and needs no exception.
pub(crate) fn note_conflict(app: &App, envelope: &Envelope, refusals: &[Refusal]) {
    let conflicts: Vec<&Refusal> = refusals
        .iter()
        .filter(|refusal| CONFLICTS.contains(&refusal.code.as_str()))
        .collect();
    if conflicts.is_empty() {
        return;
    }
    let source = source_of(&app.books().governance.topology, &envelope.client).to_owned();
    let told: Vec<String> = conflicts.iter().map(|it| it.message.clone()).collect();
    let command = envelope.command.name();
    let payload = serde_json::to_string(&envelope.command).unwrap_or_default();
    let key = format!("ownership/{}/{}", envelope.client, envelope.key);
    let opened = app.run(&envelope.actor, move |tx, context| {
        let new = NewException {
            key,
            class: "ownership_conflict",
            summary: format!("{source} sent {command}, which it does not own"),
            detail: told.join("; "),
            payload,
            ..NewException::default()
        };
        exception::open(tx, context, new)
    });
    if let Err(fault) = opened {
        tracing::error!(%fault, "a conflict of ownership could not be noted");
    }
}

/// Lets a won deal through, or says what becomes of it.
///
/// # Errors
/// When the store fails.
pub(crate) fn order(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    order: &WonOrder,
) -> Result<Option<Ending>, AppFault> {
    let taken = catalogue::referred(tx, &order.system, "Opportunity", &order.opportunity)?;
    if taken.is_some() {
        return Ok(None);
    }
    let topology = &context.books.governance.topology;
    let mut wanted = order_writes(topology, order);
    if catalogue::referred(tx, &order.system, "Account", &order.account.id)?.is_none() {
        let place = topology.place(order.entity.as_deref(), None);
        wanted.writes.extend(
            ["customer.legal_name", "customer.references"].map(|field| Write {
                field,
                place: place.clone(),
            }),
        );
    }
    concluded(tx, context, row, &order.system, wanted, &order.name)
}

/// What a deal writes of contracts.
pub(crate) fn order_writes(topology: &Topology, order: &WonOrder) -> Wanted {
    let entity = order.entity.as_deref();
    let places: Vec<Place> = order
        .lines
        .iter()
        .map(|line| topology.place(entity, line.product.as_deref()))
        .collect();
    let fields: &[&'static str] = match order.upgrades {
        Some(_) => &["amendment.change"],
        None => &[
            "contract.product",
            "contract.quantity",
            "contract.unit_price",
        ],
    };
    let object = format!("opportunity/{}", order.opportunity);
    at(object, entity.unwrap_or_default(), fields, &places)
}

/// What keeps a system from writing these, in words; nothing when it may.
pub(crate) fn obstacles(
    topology: &Topology,
    source: &str,
    wanted: &Wanted,
) -> Vec<(String, String)> {
    match judge(topology, source, &wanted.writes) {
        Judged::Allowed => Vec::new(),
        Judged::Proposed(writes) => writes
            .iter()
            .map(|it| ("proposed_change".to_owned(), waits(it)))
            .collect(),
        Judged::Refused(refusals) => refusals
            .iter()
            .map(|it| (it.code().to_owned(), it.to_string()))
            .collect(),
    }
}

fn waits(write: &ProposedWrite) -> String {
    format!(
        "{} is owned by {}: what {} says of it waits for {}",
        write.field,
        write.owner,
        write.source,
        write.steward.title()
    )
}

/// Lets what a processor says of a payment through, or says what becomes of it.
///
/// # Errors
/// When the store fails.
pub(crate) fn payment(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    entity: Option<&str>,
) -> Result<Option<Ending>, AppFault> {
    let place = context.books.governance.topology.place(entity, None);
    let fields = ["payment.status", "payment.amount", "payment.fee"];
    let wanted = at(
        format!("{}/{}", row.kind, row.source_id),
        entity.unwrap_or_default(),
        &fields,
        &[place],
    );
    let topology = &context.books.governance.topology;
    let source = crate::payment_routes::in_topology(topology, &row.source);
    concluded(tx, context, row, source, wanted, &row.source_id)
}

fn concluded(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &InboxRow,
    source: &str,
    wanted: Wanted,
    name: &str,
) -> Result<Option<Ending>, AppFault> {
    let topology = &context.books.governance.topology;
    match judge(topology, source, &wanted.writes) {
        Judged::Allowed => Ok(None),
        Judged::Refused(refusals) => {
            let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
            let summary = format!("{source} wrote {name}, which it does not own");
            hold(
                tx,
                context,
                row,
                "ownership_conflict",
                summary,
                told.join("; "),
            )
            .map(Some)
        }
        Judged::Proposed(writes) => {
            let origin_key = change::inbox_key(row);
            let known = store::governance::change_from(tx, "inbox", &origin_key)?;
            if known.as_ref().is_some_and(|it| it.state == "applied") {
                return Ok(None);
            }
            let told: Vec<String> = writes.iter().map(waits).collect();
            if known.is_none() {
                let new = NewChange {
                    origin: "inbox",
                    origin_key,
                    source: source.to_owned(),
                    object: wanted.object,
                    entity: wanted.entity,
                    writes: &writes,
                    body: String::from_utf8_lossy(&row.raw).into_owned(),
                    diff: Vec::new(),
                    maker: source.to_owned(),
                    reason: name.to_owned(),
                };
                change::propose(tx, context, new)?;
            }
            let summary = format!("{name} is a proposed change of {source}");
            hold(
                tx,
                context,
                row,
                "ownership_conflict",
                summary,
                told.join("; "),
            )
            .map(Some)
        }
    }
}

/// What an applied or denied change answers to whoever asks.
pub(crate) fn answer(id: &str, state: &str, owner: &str, steward: &str) -> Answer {
    json!({ "proposed_change": id, "state": state, "owner": owner, "steward": steward })
}
