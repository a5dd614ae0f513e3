//! The console of the real program in a real browser: the demo's books, seen as a controller sees
//! them, wide and narrow, light and dark, with and without scripts. Pictures of every page are kept
//! under the target folder, to be looked at.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod webdriver;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use webdriver::Browser;

const ENTER: char = '\u{E007}';

struct Demo {
    child: Child,
    address: String,
}

impl Demo {
    /// Runs the demo to its end and waits until it serves.
    fn start(data: &Path) -> Demo {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tieout"))
            .args(["demo", "--seed", "1", "--port", "0", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = webdriver::said_by(child.stdout.take().unwrap(), |line| {
            let (_, rest) = line.split_once("http://")?;
            Some(rest.trim_end_matches('/').to_owned())
        });
        Demo {
            child,
            address: format!("http://{address}"),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// No page is wider than the window.
fn fits(browser: &Browser, page: &str) {
    let over = browser
        .run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert!(
        over.as_i64().unwrap_or(0) <= 0,
        "{page} is {over} pixels wider than the window"
    );
}

fn link(browser: &Browser, start: &str) -> String {
    let script = format!(
        "const a = document.querySelector('main a[href^=\"{start}\"]'); return a ? a.getAttribute('href') : null"
    );
    let href = browser.run(&script);
    href.as_str()
        .unwrap_or_else(|| panic!("no link to {start} on {}", browser.url()))
        .to_owned()
}

#[test]
fn a_controller_finds_a_way_around_the_console() {
    let data = tempfile::tempdir().unwrap();
    let profile = tempfile::tempdir().unwrap();
    let demo = Demo::start(data.path());
    let browser = Browser::start(profile.path());
    browser.resize(1366, 768);
    every_page_is_drawn(&browser, &demo);
    a_figure_leads_to_its_deal(&browser, &demo);
    the_keyboard_is_enough(&browser, &demo);
    it_works_without_scripts(&browser, &demo);
    an_exception_is_resolved_with_a_reason(&browser, &demo);
    drop(demo);
    let served = Served::start(profile.path(), data.path());
    every_role_sees_its_own_pages(&browser, &served);
}

fn every_page_is_drawn(browser: &Browser, demo: &Demo) {
    browser.go(&format!("{}/", demo.address));
    let today = browser.text("main");
    for wanted in ["Tie-outs", "Deferred revenue", "USD", "EUR", "QM-LEGACY"] {
        assert!(
            today.contains(wanted),
            "Today does not show {wanted:?}:\n{today}"
        );
    }
    let opened = |list: &str, start: &str| {
        browser.go(&format!("{}{list}", demo.address));
        link(browser, start)
    };
    let pages = [
        ("today", "/".to_owned()),
        ("exceptions", "/exceptions".to_owned()),
        (
            "exception",
            opened("/exceptions?view=each", "/exceptions/exc_"),
        ),
        ("contracts", "/contracts".to_owned()),
        ("contract", opened("/contracts", "/contracts/con_")),
        ("customers", "/customers".to_owned()),
        ("customer", opened("/customers", "/customers/cus_")),
        ("invoices", "/invoices".to_owned()),
        ("invoice", opened("/invoices", "/invoices/inv_")),
        ("payments", "/payments".to_owned()),
        ("journals", "/journals".to_owned()),
        ("journal", opened("/journals", "/journals/jrn_")),
        ("trial-balance", "/trial-balance".to_owned()),
        ("account-lines", opened("/trial-balance", "/trial-balance/")),
        ("tie-outs", "/tie-outs".to_owned()),
        ("connections", "/connections".to_owned()),
        ("exceptions-each", "/exceptions?view=each".to_owned()),
        (
            "exceptions-all-at-once",
            opened("/exceptions", "/exception-batches/new"),
        ),
        ("exception-batches", "/exception-batches".to_owned()),
        ("incidents", "/incidents".to_owned()),
        ("not-done-yet", "/outstanding/subscriptions".to_owned()),
        ("lanes", "/lanes".to_owned()),
        ("lanes-parked", "/lanes?list=parked".to_owned()),
        ("approvals", "/approvals".to_owned()),
        ("approval", opened("/approvals", "/approvals/apr_")),
        ("replays", "/replays".to_owned()),
        ("rules", "/rules".to_owned()),
        ("rules-changes", "/rules?view=changes".to_owned()),
        ("rules-topology", "/rules?view=topology".to_owned()),
        ("rules-mappings", "/rules?view=mappings".to_owned()),
        ("rules-deviations", "/rules?view=deviations".to_owned()),
        ("rules-document", opened("/rules", "/rules/")),
        ("flow", "/flow".to_owned()),
        ("flow-lane", opened("/flow", "/flow/")),
        ("processes", "/processes".to_owned()),
        ("process-kind", opened("/processes", "/processes/")),
        (
            "process",
            opened("/processes/order_to_invoice", "/process/"),
        ),
        ("trace", opened("/payments", "/trace/pay_")),
        ("events", "/events".to_owned()),
        ("event", opened("/events", "/events/com.tieout.")),
        ("audit", "/audit".to_owned()),
        ("leads-nowhere", "/no/such/page".to_owned()),
        ("nothing-found", "/search?q=zzzz".to_owned()),
        ("not-there", "/contracts/con_none".to_owned()),
        ("reference", "/api/reference".to_owned()),
    ];
    each_is_drawn(browser, &demo.address, &pages);
    each_is_drawn(browser, &demo.address, &billing_pages(&opened));
    browser.go(&format!("{}/no/such/page", demo.address));
    let place = browser.run("return getComputedStyle(document.querySelector('nav')).position");
    assert_eq!(
        place, "sticky",
        "the page that leads nowhere has its styles"
    );
}

/// What people look at who quote, bill, collect and answer customers.
fn billing_pages(opened: &dyn Fn(&str, &str) -> String) -> Vec<(&'static str, String)> {
    let run = opened("/bill-runs", "/bill-runs/");
    let case = opened("/collections", "/collections/");
    let invoice = opened("/invoices?customer=lakeside", "/invoices/inv_");
    vec![
        ("account", "/customers/lakeside/timeline".to_owned()),
        (
            "account-payments",
            "/customers/lakeside/timeline?room=payments".to_owned(),
        ),
        ("catalogue", "/catalogue".to_owned()),
        ("product", "/catalogue/products/QM-CORE".to_owned()),
        ("plan", "/catalogue/offers/plan/PLUS-TRIAL".to_owned()),
        ("bundle", "/catalogue/offers/bundle/TEAM".to_owned()),
        ("quotes", "/quotes".to_owned()),
        ("quote-draft", "/quotes/Q-2026-003".to_owned()),
        ("quote-revised", "/quotes/Q-2026-002".to_owned()),
        (
            "quote-preview",
            "/quotes/Q-2026-003?preview=yes#preview".to_owned(),
        ),
        ("bill-runs", "/bill-runs".to_owned()),
        ("bill-run", run),
        ("meters", "/meters".to_owned()),
        ("meter", "/meters/api_calls".to_owned()),
        ("contract-of-use", "/contracts/lakeside-use".to_owned()),
        ("invoice-of-use", invoice.clone()),
        ("work-in-parts", "/progress".to_owned()),
        ("work", "/progress/lakeside-onboarding".to_owned()),
        ("tax-decisions", "/tax-decisions".to_owned()),
        ("cash", "/cash".to_owned()),
        ("receivables", "/receivables".to_owned()),
        (
            "receivables-customer",
            "/receivables?customer=lakeside".to_owned(),
        ),
        ("collections", "/collections".to_owned()),
        ("collection-case", case),
        ("disputes", "/disputes".to_owned()),
        ("intercompany", "/intercompany".to_owned()),
        ("entities", "/entities".to_owned()),
        ("entity", "/entities/QM-DE".to_owned()),
        (
            "invoice-policy",
            "/entities/QM-DE/invoice-policy".to_owned(),
        ),
        ("invoice-drafts", "/invoice-drafts".to_owned()),
        (
            "invoice-draft",
            opened("/invoice-drafts", "/invoice-drafts/"),
        ),
        ("price-changes", "/price-changes".to_owned()),
        ("template-deviations", "/template-deviations".to_owned()),
        ("price-change", "/price-changes/core-autumn".to_owned()),
        ("structure", "/customers/lakeside/structure".to_owned()),
        ("billing-details", "/customers/lakeside/details".to_owned()),
        (
            "structure-of-daughter",
            "/customers/lakeside-ferries/structure".to_owned(),
        ),
        ("payment-sync", "/payment-sync".to_owned()),
        ("invoice-credit", format!("{invoice}/credit")),
        ("invoice-void", format!("{invoice}/void")),
        ("invoice-write-off", format!("{invoice}/write-off")),
        ("use-of-a-line", opened(&invoice, "/invoice-lines/")),
    ]
}

/// Draws pages wide and narrow, light and dark, and listens to what the browser says about them.
fn each_is_drawn(browser: &Browser, address: &str, pages: &[(&str, String)]) {
    for (name, path) in pages {
        for (width, height, scheme, mark) in [
            (1366, 768, "light", ""),
            (1366, 768, "dark", "-dark"),
            (390, 844, "light", "-phone"),
        ] {
            browser.prefer(scheme);
            browser.resize(width, height);
            browser.go(&format!("{address}{path}"));
            browser.picture(&pictures().join(format!("{name}{mark}.png")));
            assert!(!browser.text("h1").is_empty(), "{name} has no heading");
            fits(browser, name);
            // Which event is the newest is chance; some name a document by its id.
            let id = "inv_01KWD1VYG0000020000000046F";
            browser.run(&format!(
                "document.querySelector('h1').append(' {id}'); return null"
            ));
            fits(browser, name);
        }
    }
    browser.prefer("light");
    browser.resize(1366, 768);
    let complaints: Vec<String> = browser
        .complaints()
        .into_iter()
        .filter(|line| !line.contains("404") && !line.contains("401"))
        .collect();
    assert!(
        complaints.is_empty(),
        "the browser complains: {complaints:?}"
    );
}

/// The server over the books of the demo, with people who sign in.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(folder: &Path, data: &Path) -> Served {
        let settings = folder.join("tieout.toml");
        std::fs::write(&settings, "[server]\naddress = \"127.0.0.1:0\"\n").unwrap();
        for role in ["integration_engineer", "revops", "support"] {
            let added = Command::new(env!("CARGO_BIN_EXE_tieout"))
                .args(["user", "add", role, "--role", role, "--config"])
                .arg(&settings)
                .arg("--data")
                .arg(data)
                .env("TIEOUT_USER_PASSWORD", PASSWORD)
                .output()
                .unwrap();
            assert!(added.status.success(), "{added:?}");
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_tieout"))
            .arg("serve")
            .arg("--config")
            .arg(&settings)
            .arg("--data")
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = webdriver::said_by(child.stdout.take().unwrap(), |line| {
            let (_, rest) = line.split_once("http://")?;
            rest.split('/').next().map(str::to_owned)
        });
        Served {
            child,
            address: format!("http://{address}"),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PASSWORD: &str = "a long phrase to pass with";

fn sign_in(browser: &Browser, served: &Served, name: &str, next: &str) {
    browser.go(&format!("{}{next}", served.address));
    browser.type_into("#name", name);
    browser.type_into("#password", &format!("{PASSWORD}{ENTER}"));
    until("somebody is signed in", || {
        browser.url().ends_with(next) && browser.title() != "Sign in · Tieout"
    });
}

fn sign_out(browser: &Browser) {
    browser.run("document.querySelector('form[action=\"/logout\"]').submit()");
    until("nobody is signed in", || browser.url().contains("/login"));
}

/// What only other roles see: the engineer's endpoints and replays, an amendment of revenue
/// operations with its preview.
fn every_role_sees_its_own_pages(browser: &Browser, served: &Served) {
    sign_in(browser, served, "integration_engineer", "/endpoints");
    let rail = browser.text("nav");
    assert!(
        rail.contains("Endpoints") && !rail.contains("Audit"),
        "{rail}"
    );
    browser.type_into("[name=url]", "https://warehouse.example.com/tieout");
    browser.type_into("[name=description]", "data warehouse");
    browser.type_into("[name=types]", "*");
    browser.run("document.querySelector('form [name=url]').form.requestSubmit()");
    until("the endpoint is there", || {
        browser.url().contains("/endpoints/")
    });
    let endpoint = browser.url().replace(&served.address, "");
    let pages = [
        ("endpoints", "/endpoints".to_owned()),
        ("endpoint", endpoint),
        ("replays-plan", "/replays".to_owned()),
        ("own-account", "/account".to_owned()),
    ];
    each_is_drawn(browser, &served.address, &pages);
    sign_out(browser);
    sign_in(browser, served, "revops", "/contracts");
    let amend = format!("{}/amend", link(browser, "/contracts/con_"));
    let preview = format!("{amend}?kind=extend&value=2027-12-31&effective=2026-07-01&reason=asked");
    let pages = [
        ("amendment", amend),
        ("amendment-preview", preview),
        ("rules-of-revops", "/rules".to_owned()),
        ("quote-new", "/quotes/new?customer=lakeside".to_owned()),
        ("quote-edit", "/quotes/Q-2026-003/edit".to_owned()),
        ("quote-steps", "/quotes/Q-2026-003".to_owned()),
        (
            "product-of-revops",
            "/catalogue/products/QM-CORE".to_owned(),
        ),
        ("entity-of-revops", "/entities/QM-US".to_owned()),
        ("work-of-revops", "/progress/lakeside-onboarding".to_owned()),
    ];
    each_is_drawn(browser, &served.address, &pages);
    a_quote_is_typed_with_the_keyboard(browser, served);
    let rail = browser.text("nav");
    assert!(
        !rail.contains("Endpoints") && !rail.contains("Audit"),
        "{rail}"
    );
    sign_out(browser);
    sign_in(browser, served, "support", "/customers/lakeside/timeline");
    let pages = [
        (
            "account-of-support",
            "/customers/lakeside/timeline".to_owned(),
        ),
        ("customers-of-support", "/".to_owned()),
    ];
    each_is_drawn(browser, &served.address, &pages);
    let rail = browser.text("nav");
    assert!(
        rail.contains("Customers") && !rail.contains("Exceptions") && !rail.contains("Journals"),
        "{rail}"
    );
}

/// Without scripts and without a mouse: customer, offer and quantity are typed, what it comes to is
/// looked at, and the draft is saved and submitted.
fn a_quote_is_typed_with_the_keyboard(browser: &Browser, served: &Served) {
    browser.scripts(false);
    browser.go(&format!("{}/quotes/new?customer=lakeside", served.address));
    browser.type_into("[name=months]", "12");
    browser.type_into("[name='what.0']", "Plus");
    browser.type_into("[name='quantity.0']", "7");
    // Enter in a field sends the form by its first button: the preview.
    browser.type_into("[name='discount.0']", &format!("5{ENTER}"));
    until("it says what it comes to", || {
        browser.text("main").contains("Total contract value")
    });
    browser.picture(&pictures().join("quote-typed.png"));
    fits(browser, "quote-typed");
    let seen = browser.text("main");
    assert!(seen.contains("Nobody else need approve it"), "{seen}");
    browser.type_into("button[value=save]", &ENTER.to_string());
    until("it is a draft", || {
        browser.text("main").contains("Submit it")
    });
    browser.type_into("button[value=submit]", &ENTER.to_string());
    until("it is approved", || {
        browser.text("main").contains("The customer has signed")
    });
    browser.scripts(true);
}

/// Trial balance → lines of an account → journal → the chain with the opportunity.
fn a_figure_leads_to_its_deal(browser: &Browser, demo: &Demo) {
    browser.go(&format!("{}/trial-balance", demo.address));
    let drill = browser.run(
        "return [...document.querySelectorAll('main a')].map(a => a.getAttribute('href')).find(h => /trial-balance.*2400/.test(h))",
    );
    browser.go(&format!(
        "{}{}",
        demo.address,
        drill.as_str().expect("a link to deferred revenue")
    ));
    let journal = link(browser, "/journals/");
    browser.go(&format!("{}{journal}", demo.address));
    let contract = link(browser, "/contracts/");
    browser.go(&format!("{}{contract}", demo.address));
    let chain = browser.text("main");
    assert!(
        chain.contains("Opportunity") && chain.contains("Invoice"),
        "{chain}"
    );
}

/// Waits until something is so: after a key or a form the next page takes its time.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !is_so() {
        assert!(std::time::Instant::now() < patience, "still not so: {what}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

fn the_keyboard_is_enough(browser: &Browser, demo: &Demo) {
    browser.go(&format!("{}/", demo.address));
    browser.press("/");
    assert_eq!(browser.run("return document.activeElement.name"), "q");
    browser.press(&format!("QM-US-2026-00003{ENTER}"));
    until("the search leads to the invoice", || {
        browser.url().contains("/invoices/inv_")
    });
    until("the invoice is drawn", || {
        browser.title().contains("QM-US-2026-00003")
    });
}

fn it_works_without_scripts(browser: &Browser, demo: &Demo) {
    browser.scripts(false);
    browser.go(&format!("{}/", demo.address));
    assert!(browser.text("main").contains("Deferred revenue"));
    browser.type_into("input[name=q]", &format!("QM-DE-2026-00001{ENTER}"));
    until("the search leads to the invoice", || {
        browser.title().contains("QM-DE-2026-00001")
    });
    browser.scripts(true);
}

fn an_exception_is_resolved_with_a_reason(browser: &Browser, demo: &Demo) {
    browser.go(&format!(
        "{}/exceptions?view=each&class=payment_unmatched",
        demo.address
    ));
    let exception = link(browser, "/exceptions/exc_");
    browser.go(&format!("{}{exception}", demo.address));
    browser.type_into(
        "form [name=reason]",
        "The payer was found: a test transfer of our own bank.",
    );
    browser.run("document.querySelector('form [value=settle]').click()");
    browser.run("document.querySelector('form [name=reason]').form.requestSubmit()");
    until("the exception is resolved", || {
        browser.title().contains("Resolved") || browser.text("main").contains("Resolved")
    });
    let after = browser.text("main");
    assert!(after.contains("a test transfer of our own bank"), "{after}");
    browser.picture(&pictures().join("exception-resolved.png"));
}
