//! Pages of those who sell, bill and answer customers: forms, what they send, and what is refused.

use super::*;
use sample::desk::TAX_DECISION;
use sample::quotes::QUOTE;

async fn as_role(source: &Arc<SampleSource>, role: &str, request: Request<Body>) -> Reply {
    send(console_as(source, "Ines Vidal", role), request).await
}

fn get_of(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn told(source: &SampleSource) -> Vec<String> {
    source.told.lock().unwrap().clone()
}

#[tokio::test]
async fn the_account_of_a_customer_is_one_stream_with_links() {
    let path = format!("/customers/{CUSTOMER}/timeline");
    let page = get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    for wanted in [
        "Invoice NA-2026-00041 issued",
        "Payment received",
        "Reminder about invoice",
        "disputed: wrong quantity",
        "Of it overdue",
        &format!("href=\"/invoices/{INVOICE}\""),
        &format!("href=\"/trace/{PAYMENT}\""),
        &format!("href=\"/collections/{}\"", sample::collection::CASE),
        &format!("href=\"/quotes/{QUOTE}\""),
    ] {
        assert!(page.html.contains(wanted), "{wanted}");
    }
    assert!(
        !page.html.contains("never used <b>"),
        "words of customers are escaped"
    );
    let some = get(&format!("{path}?room=payments")).await;
    assert!(some.html.contains("Payment received") && !some.html.contains("Reminder about"));
    assert!(
        !some.html.contains("<form class=\"stack\""),
        "nothing can be changed from here"
    );
}

#[tokio::test]
async fn a_quote_is_typed_seen_and_saved_without_scripts() {
    let source = Arc::new(SampleSource::default());
    let fields = "csrf=s3cret&lines=3&customer=cus_1&entity=US&start=2026-07-01&months=12\
                  &what.0=plan%3APRO&quantity.0=40&discount.0=20+%25&price.0=119&with_tax.0=yes";
    let send_as = |action: &str| form("/quotes/new", &format!("{fields}&action={action}"));
    let more = as_role(&source, "revops", send_as("more")).await;
    assert!(more.html.contains("name=\"lines\" value=\"6\"") && more.html.contains("what.5"));
    assert!(
        more.html.contains("value=\"plan:PRO\" selected"),
        "what was typed stays"
    );
    let ticked = "aria-label=\"The price of line 1 has the tax in it\" checked>";
    assert!(more.html.contains(ticked), "{}", more.html);
    assert_eq!(more.html.matches(" checked>").count(), 1);
    let seen = as_role(&source, "revops", send_as("preview")).await;
    assert_eq!(seen.status, StatusCode::OK);
    for wanted in [
        "42,720.00",
        "a discount of 20 % is over 10 %",
        "Billed after today",
    ] {
        assert!(seen.html.contains(wanted), "{wanted}");
    }
    assert!(told(&source).is_empty(), "a preview writes nothing");
    let saved = as_role(&source, "revops", send_as("save")).await;
    assert_eq!(saved.location, format!("/quotes/{QUOTE}"));
    let expected = "new \"\" {\"customer\":\"cus_1\",\"entity\":\"US\",\"lines\":[{\"discount\":\"0.2\",\
                    \"plan\":\"PRO\",\"price_includes_tax\":true,\"quantity\":\"40\",\
                    \"unit_price\":\"119\"}],\"months\":12,\"start\":\"2026-07-01\"}";
    assert_eq!(told(&source), [expected]);
}

#[tokio::test]
async fn what_a_quote_is_refused_for_stands_above_what_was_typed() {
    let source = Arc::new(SampleSource::default());
    for (fields, words) in [
        (
            "customer=x&what.0=plan%3APRO&discount.0=much",
            "write 10 for ten percent",
        ),
        ("customer=x", "A quote needs a line"),
        (
            "customer=nobody&what.0=plan%3APRO",
            "there is no customer nobody",
        ),
    ] {
        let body = format!("csrf=s3cret&lines=2&action=preview&{fields}");
        let page = as_role(&source, "revops", form("/quotes/new", &body)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(page.html.contains(words), "{fields}");
        assert!(page.html.contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn the_next_version_of_a_quote_keeps_what_the_form_has_no_field_for() {
    let source = Arc::new(SampleSource::default());
    let path = format!("/quotes/{QUOTE}/edit");
    let page = as_role(&source, "revops", get_of(&path)).await;
    assert!(
        page.html.contains("value=\"plan:PRO\" selected") && page.html.contains("value=\"44\"")
    );
    let body = "csrf=s3cret&lines=1&customer=c&entity=US&start=2026-07-01&reason=more+seats\
                &what.0=plan%3APRO&quantity.0=50&kept.0=0&action=save";
    let saved = as_role(&source, "revops", form(&path, body)).await;
    assert_eq!(saved.location, format!("/quotes/{QUOTE}"));
    let told = told(&source).concat();
    assert!(
        told.contains("\"more seats\"") && told.contains("\"quantity\":\"50\""),
        "{told}"
    );
    assert!(
        told.contains("\"ramp\":[{") && told.contains("2027-01-01"),
        "{told}"
    );
    assert!(
        !told.contains("\"discount\""),
        "what was emptied is gone: {told}"
    );
}

#[tokio::test]
async fn a_quote_moves_on_by_its_page() {
    let source = Arc::new(SampleSource::default());
    let path = format!("/quotes/{QUOTE}/act");
    let body = "csrf=s3cret&action=convert&version=2";
    let moved = as_role(&source, "revops", form(&path, body)).await;
    assert_eq!(moved.location, format!("/contracts/{CONTRACT}"));
    let refused = as_role(
        &source,
        "revops",
        form(&path, "csrf=s3cret&action=close&reason="),
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("say why it is taken back"));
    let looks = as_role(&source, "executive", get_of(&format!("/quotes/{QUOTE}"))).await;
    assert!(
        !looks.html.contains("/act\""),
        "who may not change it sees no form"
    );
}

#[tokio::test]
async fn the_catalogue_is_read_exported_and_taken_in() {
    let source = Arc::new(SampleSource::default());
    let reader = as_role(&source, "executive", get_of("/catalogue")).await;
    assert!(reader.html.contains("Pro") && !reader.html.contains("Take in a catalogue"));
    let file = get("/catalogue/catalogue.json").await;
    assert_eq!((file.status, file.html.as_str()), (StatusCode::OK, "{}"));
    let bad = as_role(
        &source,
        "revops",
        form("/catalogue", "csrf=s3cret&document=%7B"),
    )
    .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.html.contains("this is no JSON") && bad.html.contains(">{</textarea>"));
    let taken = as_role(
        &source,
        "revops",
        form("/catalogue", "csrf=s3cret&document=%7B%7D"),
    )
    .await;
    assert_eq!(taken.location, "/catalogue");
    let body = "csrf=s3cret&unit_price=99&currency=EUR&billing=monthly&from=2026-07-01";
    let path = "/catalogue/products/PLATFORM/prices";
    let set = as_role(&source, "revops", form(path, body)).await;
    assert_eq!(set.location, "/catalogue/products/PLATFORM#prices");
    let below = "csrf=s3cret&unit_price=-1&currency=EUR&billing=annual";
    let refused = as_role(&source, "revops", form(path, below)).await;
    assert!(
        refused.html.contains("below zero") && refused.html.contains("value=\"annual\" selected")
    );
    let expected = "set_price {\"billing\":\"monthly\",\"currency\":\"EUR\",\"from\":\"2026-07-01\",\
                    \"product\":\"PLATFORM\",\"unit_price\":\"99\"}";
    assert_eq!(told(&source), ["import_catalogue {}", expected]);
}

#[tokio::test]
async fn one_of_two_taxes_is_taken_with_a_reason() {
    let source = Arc::new(SampleSource::default());
    let path = format!("/tax-decisions/{TAX_DECISION}");
    let page = as_role(&source, "billing_analyst", get_of(&path)).await;
    for wanted in [
        "80.00",
        "95.00",
        "Differs",
        "POST https://tax.example",
        "totalTax",
    ] {
        assert!(page.html.contains(wanted), "{wanted}");
    }
    let looks = as_role(&source, "support", get_of(&path)).await;
    assert!(!looks.html.contains("Take one of the two"));
    let body = "csrf=s3cret&take=engine&reason=";
    let refused = as_role(&source, "billing_analyst", form(&path, body)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let body = "csrf=s3cret&take=engine&reason=its+rate+is+newer";
    let taken = as_role(&source, "billing_analyst", form(&path, body)).await;
    assert_eq!(taken.location, path);
    let expected = format!("accept_tax {TAX_DECISION} engine its rate is newer");
    assert_eq!(told(&source), [expected]);
}

#[tokio::test]
async fn parts_of_work_are_accepted_by_name_share_or_amount() {
    let source = Arc::new(SampleSource::default());
    for (fields, expected) in [
        (
            "milestone=Go-live&on=2026-06-30",
            "{\"milestone\":\"Go-live\",\"on\":\"2026-06-30\",\"plan\":\"build\"}",
        ),
        (
            "name=First&figure=30+%25&on=2026-06-30",
            "{\"name\":\"First\",\"on\":\"2026-06-30\",\"percent\":\"0.3\",\"plan\":\"build\"}",
        ),
        (
            "name=Rest&figure=1,250.00&on=2026-06-30",
            "{\"amount\":\"1250.00\",\"name\":\"Rest\",\"on\":\"2026-06-30\",\"plan\":\"build\"}",
        ),
    ] {
        let body = format!("csrf=s3cret&action=accept&{fields}");
        let done = as_role(&source, "revops", form("/progress/build", &body)).await;
        assert_eq!(done.location, "/progress/build");
        assert_eq!(
            told(&source).pop().unwrap(),
            format!("bill_progress {expected}")
        );
    }
    let body = "csrf=s3cret&action=undo&part=Design&reason=";
    let refused = as_role(&source, "revops", form("/progress/build", body)).await;
    assert!(
        refused
            .html
            .contains("say why the acceptance is taken back")
    );
}

#[tokio::test]
async fn both_sides_of_a_bill_between_entities_are_shown() {
    let page = get("/intercompany").await;
    for wanted in [
        "IC-US-00001",
        "Nets to zero",
        "1900",
        "2900",
        "5 %",
        "support team January",
    ] {
        assert!(page.html.contains(wanted), "{wanted}");
    }
    for number in ["IC-US-00001", "IC-US-CN-00001"] {
        let address = format!("/intercompany/{number}/pdf");
        assert!(page.html.contains(&address), "no link to {address}");
        let paper = get(&address).await;
        assert_eq!(
            (paper.status, paper.html.as_str()),
            (StatusCode::OK, "%PDF-")
        );
    }
    let none = get("/intercompany/none/pdf").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let refused = get("/intercompany/refused/pdf").await;
    assert!(
        refused.html.contains("no font can show"),
        "{}",
        refused.html
    );
}

#[tokio::test]
async fn a_letterhead_is_seen_before_it_is_set_and_keeps_its_logo() {
    let source = Arc::new(SampleSource::default());
    let body = "csrf=s3cret&name=Northgate+Inc.&address.lines=1+Harbor+Way&address.country=US";
    let seen = as_role(
        &source,
        "administrator",
        form("/entities/US/specimen", body),
    )
    .await;
    assert_eq!(
        (seen.status, seen.html.as_str()),
        (StatusCode::OK, "\"iVBORw0KGgo=\"")
    );
    let refused = as_role(
        &source,
        "administrator",
        form("/entities/US/specimen", "csrf=s3cret&city=x"),
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("state the registered name"));
    let set = as_role(
        &source,
        "administrator",
        form("/entities/US/letterhead", body),
    )
    .await;
    assert_eq!(set.location, "/entities/US");
    let told = told(&source).concat();
    assert!(
        told.starts_with("set_letterhead US") && told.contains("iVBORw0KGgo="),
        "{told}"
    );
    let looks = as_role(&source, "revops", get_of("/entities/US")).await;
    assert!(
        looks.html.contains("An administrator sets this")
            && looks.html.contains("<fieldset class=\"card\" disabled>")
    );
}

#[tokio::test]
async fn a_billing_policy_is_stated_by_its_form() {
    let source = Arc::new(SampleSource::default());
    let page = as_role(&source, "revops", get_of("/entities/US")).await;
    assert!(
        page.html.contains("value=\"fixed_days\" selected") && page.html.contains("value=\"30\"")
    );
    let path = "/entities/US/billing-policy";
    let body = "csrf=s3cret&proration=fixed_days&days=many&rounding=half_up";
    let refused = as_role(&source, "revops", form(path, body)).await;
    assert!(refused.html.contains("is no number of days"));
    let body = "csrf=s3cret&proration=thirty360&rounding=half_up&first_part=from_the_start&anchor=calendar";
    let set = as_role(&source, "revops", form(path, body)).await;
    assert_eq!(set.location, "/entities/US");
    let expected = "set_billing_policy US {\"anchor\":\"calendar\",\"first_part\":\"from_the_start\",\
                    \"proration\":\"thirty360\",\"rounding\":\"half_up\"}";
    assert_eq!(told(&source), [expected]);
}

#[tokio::test]
async fn no_form_is_taken_from_another_page() {
    let source = Arc::new(SampleSource::default());
    for path in [
        "/quotes/new",
        "/catalogue",
        "/catalogue/products/PLATFORM/prices",
        "/catalogue/offers/plan/PRO",
        "/progress/build",
        "/entities/US/letterhead",
        "/entities/US/billing-policy",
    ] {
        let reply = as_role(&source, "revops", form(path, "csrf=forged&action=save")).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(told(&source).is_empty());
}
