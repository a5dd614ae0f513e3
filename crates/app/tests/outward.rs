//! Webhooks end to end: an event is recorded, read from the log, queued, signed, sent, tried again,
//! given up, recovered. A receiver that is a table of answers stands at the other end.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::command::Command;
use app::outward::{MessageView, OutwardConfig, Sent};
use app::seal::Sealer;
use app::{App, Fact, MonotonicIds, Recorder, SimulatedClock};
use connect::guarded::AddressPolicy;
use connect::standard_webhooks::verify;
use connect::{Reply, Request, Secret, Transport, TransportFault};
use events::Event;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use store::{Durability, Location, Store};
use values::CorrelationId;

const ACTOR: &str = "sam";
const FIRST: &str = "com.tieout.payment.payment.failed.v1";
const SECOND: &str = "com.tieout.payment.payment.failed.v2";
const INVOICE: &str = "com.tieout.billing.invoice.issued.v1";
const CONFIG: OutwardConfig = OutwardConfig {
    private_addresses: false,
    disable_after_days: 5,
    call_seconds: 15,
};

/// Answers what it is told to, and 204 otherwise; keeps what it was sent.
#[derive(Default)]
struct Receiver {
    answers: Mutex<BTreeMap<String, VecDeque<Result<u16, TransportFault>>>>,
    always: Mutex<BTreeMap<String, u16>>,
    seen: Mutex<Vec<Request>>,
}

impl Receiver {
    fn answers(&self, url: &str, answers: impl IntoIterator<Item = Result<u16, TransportFault>>) {
        let answers = answers.into_iter().collect();
        self.answers.lock().unwrap().insert(url.to_owned(), answers);
    }

    fn always(&self, url: &str, status: u16) {
        self.always.lock().unwrap().insert(url.to_owned(), status);
    }

    /// What came to an address since the last look.
    fn take(&self, url: &str) -> Vec<Request> {
        let mut seen = self.seen.lock().unwrap();
        let (mine, others) = seen.drain(..).partition(|request| request.url == url);
        *seen = others;
        mine
    }
}

impl Transport for Receiver {
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault> {
        self.seen.lock().unwrap().push(request.clone());
        let mut answers = self.answers.lock().unwrap();
        let next = answers.get_mut(&request.url).and_then(VecDeque::pop_front);
        let always = self.always.lock().unwrap().get(&request.url).copied();
        let status = match next {
            Some(answer) => answer?,
            None => always.unwrap_or(204),
        };
        Ok(Reply {
            status,
            headers: vec![],
            body: vec![],
        })
    }
}

struct House {
    app: App,
    clock: Arc<SimulatedClock>,
    receiver: Receiver,
}

const HOOKS: &str = "https://hooks.example.com/tieout";

impl House {
    fn new() -> House {
        let clock = Arc::new(SimulatedClock::at("2026-12-15T14:00:00Z".parse().unwrap()));
        let store = Store::open(&Location::Memory, Durability::Relaxed).unwrap();
        let ids = Arc::new(MonotonicIds::new(1, 0));
        let app = App::open(store, clock.clone(), ids, events::Origin::Simulation)
            .unwrap()
            .with_sealer(Sealer::from_key([3; 32]))
            .unwrap();
        House {
            app,
            clock,
            receiver: Receiver::default(),
        }
    }

    fn act(&self, name: &str, body: Value) -> Value {
        let command = Command::read(name, body).unwrap();
        self.app.act(ACTOR, command).unwrap()
    }

    fn refused(&self, name: &str, body: Value) -> String {
        let command = Command::read(name, body).unwrap();
        self.app.act(ACTOR, command).unwrap_err().to_string()
    }

    fn endpoint(&self, body: Value) -> (String, Secret) {
        let id = self.act("add_webhook_endpoint", body)["endpoint"]
            .as_str()
            .unwrap()
            .to_owned();
        let secret = self.app.show_webhook_secret(ACTOR, &id).unwrap();
        (id, secret)
    }

    /// Records the golden sample of a type in a partition.
    fn record(&self, type_name: &str, partition: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../events/tests/golden/{type_name}.json"));
        let sample: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let event = Event::read(type_name, &sample["data"].to_string()).unwrap();
        let partition = partition.to_owned();
        self.app
            .run(ACTOR, move |tx, context| {
                let chain = CorrelationId::mint(&*context.ids, context.now);
                let mut recorder = Recorder::new(context, chain, "/test", "key");
                let fact = Fact {
                    subject: "test/1".to_owned(),
                    partition,
                    entity: None,
                    effective: "2026-12-15".parse().unwrap(),
                    happened: context.now,
                };
                recorder.event(fact, event);
                recorder.finish(tx)
            })
            .unwrap();
    }

    fn send(&self) -> Sent {
        self.app.send_webhooks(&self.receiver, CONFIG)
    }

    fn later(&self, seconds: i64) {
        use values::Clock;
        self.clock.move_to(self.clock.now().plus_seconds(seconds));
    }

    fn messages(&self, endpoint: &str) -> Vec<MessageView> {
        let found = self.app.webhook_endpoint(endpoint, None).unwrap().unwrap();
        found.messages
    }
}

fn wants(types: &[&str]) -> Value {
    json!({ "url": HOOKS, "types": types })
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.header(name).unwrap()
}

fn believed(house: &House, request: &Request, secret: &Secret) -> bool {
    use values::Clock;
    verify(
        header(request, "webhook-id"),
        header(request, "webhook-timestamp"),
        header(request, "webhook-signature"),
        &request.body.as_ref().unwrap().bytes,
        secret,
        house.clock.now(),
    )
    .is_ok()
}

fn document(request: &Request) -> Value {
    serde_json::from_slice(&request.body.as_ref().unwrap().bytes).unwrap()
}

fn sequences(requests: &[Request]) -> Vec<(String, i64)> {
    requests
        .iter()
        .map(document)
        .map(|d| {
            let partition = d["partitionkey"].as_str().unwrap().to_owned();
            (partition, d["sequence"].as_i64().unwrap())
        })
        .collect()
}

#[test]
fn what_is_recorded_reaches_who_wants_it_signed_and_in_order() {
    let house = House::new();
    house.record(SECOND, "customer/a");
    let (id, secret) = house.endpoint(wants(&["com.tieout.payment.*"]));
    // What was recorded before is not sent; what is not wanted is not either.
    house.record(SECOND, "customer/a");
    house.record(INVOICE, "contract/b");
    house.record(SECOND, "customer/a");
    let sent = house.send();
    assert_eq!((sent.read, sent.queued, sent.delivered), (3, 2, 2));
    let requests = house.receiver.take(HOOKS);
    let places = sequences(&requests);
    assert_eq!(
        places,
        [("customer/a".to_owned(), 2), ("customer/a".to_owned(), 3)]
    );
    for request in &requests {
        assert!(believed(&house, request, &secret));
        let document = document(request);
        assert_eq!(document["type"], SECOND);
        assert_eq!(header(request, "webhook-id"), document["id"]);
        assert_eq!(document["specversion"], "1.0");
        assert!(document["dataschema"].as_str().unwrap().ends_with(":2.0.0"));
    }
    assert_eq!(house.send(), Sent::default());
    let told = &house.messages(&id)[0];
    assert_eq!(
        (told.status.as_str(), told.attempts, told.code),
        ("delivered", 1, Some(204))
    );
}

#[test]
fn two_versions_are_served_side_by_side() {
    let house = House::new();
    let other = "https://old.example.com/hooks";
    house.endpoint(wants(&["*"]));
    house.endpoint(json!({ "url": other, "version": 1 }));
    house.record(SECOND, "customer/a");
    house.send();
    let (new, old) = (house.receiver.take(HOOKS), house.receiver.take(other));
    let (new, old) = (document(&new[0]), document(&old[0]));
    assert_eq!(
        (&new["type"], &old["type"]),
        (&json!(SECOND), &json!(FIRST))
    );
    assert_eq!(new["data"]["decline_class"], "try_later");
    assert_eq!(old["data"].get("decline_class"), None);
    assert_eq!(new["id"], old["id"]);
    // After its last day the first version is no longer sent, and the endpoint page says so.
    house.clock.move_to("2028-01-01T00:00:00Z".parse().unwrap());
    house.record(SECOND, "customer/a");
    house.send();
    assert_eq!(house.receiver.take(HOOKS).len(), 1);
    assert_eq!(house.receiver.take(other).len(), 0);
    let endpoints = house.app.webhook_endpoints().unwrap();
    assert_eq!((endpoints[1].delivered, endpoints[1].skipped), (1, 1));
    let told = house.messages(&endpoints[1].id);
    let skipped = told.iter().find(|one| one.status == "skipped").unwrap();
    assert!(skipped.error.contains(SECOND), "{}", skipped.error);
}

#[test]
fn a_message_that_is_refused_holds_its_own_lane_only() {
    let house = House::new();
    let (id, _) = house.endpoint(wants(&["*"]));
    for partition in ["customer/a", "customer/a", "customer/b"] {
        house.record(SECOND, partition);
    }
    house.receiver.answers(HOOKS, [Ok(400)]);
    house.send();
    let places = sequences(&house.receiver.take(HOOKS));
    assert_eq!(
        places,
        [("customer/a".to_owned(), 1), ("customer/b".to_owned(), 1)]
    );
    // Nothing before the pause is over, then both in order.
    house.later(4);
    house.send();
    assert_eq!(house.receiver.take(HOOKS).len(), 0);
    house.later(1);
    house.send();
    let again = house.receiver.take(HOOKS);
    assert_eq!(
        sequences(&again),
        [("customer/a".to_owned(), 1), ("customer/a".to_owned(), 2)]
    );
    let first = house
        .messages(&id)
        .into_iter()
        .find(|one| one.attempts == 2)
        .unwrap();
    let attempts = house.app.webhook_attempts(&id, &first.id).unwrap();
    let told: Vec<_> = attempts.iter().map(|one| (one.number, one.code)).collect();
    assert_eq!(told, [(1, Some(400)), (2, Some(204))]);
    assert_eq!(attempts[0].error, "answered 400");
}

#[test]
fn a_receiver_that_is_down_is_left_alone_for_a_while_and_delays_nobody_else() {
    let house = House::new();
    let other = "https://up.example.com/hooks";
    house.endpoint(wants(&["*"]));
    house.endpoint(json!({ "url": other }));
    for partition in ["customer/a", "customer/b", "customer/c"] {
        house.record(SECOND, partition);
    }
    let down = TransportFault::ConnectFailed {
        detail: "refused".to_owned(),
    };
    house.receiver.answers(HOOKS, [Err(down)]);
    let sent = house.send();
    assert_eq!((sent.delivered, sent.failed), (3, 1));
    assert_eq!(house.receiver.take(HOOKS).len(), 1);
    assert_eq!(house.receiver.take(other).len(), 3);
    assert_eq!(house.send(), Sent::default());
    let failing = house.app.webhook_endpoints().unwrap()[0].failing_since;
    assert!(failing.is_some());
    house.later(15);
    assert_eq!(house.send().delivered, 3);
    let endpoint = house.app.webhook_endpoints().unwrap().remove(0);
    assert_eq!((endpoint.failing_since, endpoint.delivered), (None, 3));
}

#[test]
fn two_secrets_sign_until_the_overlap_ends_and_each_is_shown_once() {
    let house = House::new();
    let (id, old) = house.endpoint(wants(&["*"]));
    let again = house.app.show_webhook_secret(ACTOR, &id).unwrap_err();
    assert!(again.to_string().contains("shown once"), "{again}");
    house.act(
        "rotate_webhook_secret",
        json!({ "endpoint": id, "overlap_hours": 2 }),
    );
    let new = house.app.show_webhook_secret(ACTOR, &id).unwrap();
    assert_ne!(old, new);
    house.record(SECOND, "customer/a");
    house.send();
    let request = house.receiver.take(HOOKS).remove(0);
    assert!(believed(&house, &request, &old) && believed(&house, &request, &new));
    house.later(7_200);
    house.record(SECOND, "customer/a");
    house.send();
    let request = house.receiver.take(HOOKS).remove(0);
    assert!(!believed(&house, &request, &old) && believed(&house, &request, &new));
    // What is kept of a secret is sealed.
    let kept = house.app.store().read(store::secrets::secrets).unwrap();
    assert!(kept.iter().any(|row| row.purpose == "webhook_endpoint"));
    assert!(kept.iter().all(|row| row.sealed.starts_with("sealed:v1:")));
}

#[test]
fn an_endpoint_that_nothing_reaches_is_disabled_with_an_exception_and_recovers_everything() {
    let house = House::new();
    let (id, _) = house.endpoint(wants(&["com.tieout.payment.*"]));
    let since = "2026-12-15T14:00:00Z";
    house.receiver.always(HOOKS, 503);
    for _ in 0..3 {
        house.record(SECOND, "customer/a");
    }
    house.record(SECOND, "customer/b");
    for _ in 0..200 {
        house.send();
        house.later(3_600);
    }
    let endpoint = house.app.webhook_endpoints().unwrap().remove(0);
    assert_eq!(endpoint.status, "disabled");
    assert!(endpoint.reason.contains("5 days"), "{}", endpoint.reason);
    let kept = endpoint.waiting + endpoint.delivered + endpoint.failed + endpoint.skipped;
    assert_eq!((kept, endpoint.waiting), (4, 0));
    let key = format!("webhook/{id}");
    let open = house
        .app
        .store()
        .read(move |tx| store::exceptions::open_about(tx, &key))
        .unwrap()
        .expect("an exception");
    assert!(open.summary.contains("was disabled") || open.summary.contains("does not take"));
    // Recorded while it is disabled: not queued, and not lost.
    house.record(SECOND, "customer/b");
    assert_eq!(house.send(), Sent::default());
    let told = house.refused(
        "recover_webhooks",
        json!({ "endpoint": id, "since": since }),
    );
    assert!(told.contains("enable it first"), "{told}");
    house.receiver.always(HOOKS, 200);
    house.receiver.take(HOOKS);
    house.act(
        "change_webhook_endpoint",
        json!({ "endpoint": id, "enabled": true }),
    );
    let answer = house.act(
        "recover_webhooks",
        json!({ "endpoint": id, "since": since }),
    );
    assert_eq!(answer["queued"], 5);
    house.send();
    let mut places = sequences(&house.receiver.take(HOOKS));
    places.sort();
    let wanted: Vec<(String, i64)> = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2)]
        .map(|(lane, sequence)| (format!("customer/{lane}"), sequence))
        .into();
    assert_eq!(places, wanted);
    // What was taken is not sent twice.
    let again = house.act(
        "recover_webhooks",
        json!({ "endpoint": id, "since": since }),
    );
    assert_eq!(again["queued"], 0);
}

#[test]
fn a_receiver_that_wants_nothing_more_is_told_nothing_more() {
    let house = House::new();
    let (id, _) = house.endpoint(wants(&["*"]));
    house.record(SECOND, "customer/a");
    house.receiver.answers(HOOKS, [Ok(410)]);
    house.send();
    let endpoint = house.app.webhook_endpoints().unwrap().remove(0);
    assert_eq!(endpoint.status, "disabled");
    assert!(endpoint.reason.contains("410"), "{}", endpoint.reason);
    house.later(86_400);
    house.record(SECOND, "customer/a");
    house.send();
    assert_eq!(house.receiver.take(HOOKS).len(), 1);
    assert_eq!(house.messages(&id)[0].status, "skipped");
}

#[test]
fn a_test_message_is_signed_and_itemised() {
    let house = House::new();
    let (id, secret) = house.endpoint(wants(&[INVOICE]));
    let message = house.act("test_webhook", json!({ "endpoint": id }))["message"].clone();
    assert_eq!(house.send().delivered, 1);
    let request = house.receiver.take(HOOKS).remove(0);
    assert!(believed(&house, &request, &secret));
    assert_eq!(header(&request, "webhook-id"), message);
    assert_eq!(document(&request)["type"], "com.tieout.test");
}

#[test]
fn an_address_that_leads_inward_is_refused_unless_it_is_allowed() {
    let house = House::new();
    for url in [
        "https://169.254.169.254/latest",
        "https://localhost/",
        "http://127.0.0.1/",
    ] {
        let told = house.refused("add_webhook_endpoint", json!({ "url": url }));
        assert!(told.contains("private_addresses"), "{told}");
    }
    let told = house.refused(
        "add_webhook_endpoint",
        json!({ "url": "http://example.com/" }),
    );
    assert!(told.contains("https"), "{told}");
    let told = house.refused(
        "add_webhook_endpoint",
        json!({ "url": HOOKS, "types": ["com.tieout.invoice.issued"] }),
    );
    assert!(told.contains("no event type"), "{told}");
    house.app.allow_endpoints(AddressPolicy { private: true });
    house.act(
        "add_webhook_endpoint",
        json!({ "url": "http://127.0.0.1:9/" }),
    );
}

#[test]
fn two_processes_on_the_same_books_send_every_event_once() {
    let house = House::new();
    house.endpoint(wants(&["*"]));
    for round in 0..40 {
        house.record(SECOND, &format!("customer/{}", round % 7));
    }
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..10 {
                    house.send();
                }
            });
        }
    });
    let requests = house.receiver.take(HOOKS);
    let mut ids: Vec<&str> = requests
        .iter()
        .map(|one| header(one, "webhook-id"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((requests.len(), ids.len()), (40, 40));
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for (partition, sequence) in sequences(&requests) {
        let before = last.insert(partition.clone(), sequence).unwrap_or(0);
        assert_eq!(sequence, before + 1, "{partition}");
    }
}
