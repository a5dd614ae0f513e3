//! The pages about exceptions as work.

use super::sample::exceptions::{BATCH, GROUP, INCIDENT};
use super::*;

#[tokio::test]
async fn the_inbox_groups_by_cause_and_lists_one_by_one() {
    let html = get("/exceptions").await.html;
    let seen = text(&html);
    assert!(seen.contains("Another system refused our data"), "{seen}");
    assert!(seen.contains("17 deliveries"), "{seen}");
    assert!(seen.contains("3 overdue"), "{seen}");
    assert!(html.contains(&format!("href=\"/exceptions?group={GROUP}\"")));
    let group = get(&format!("/exceptions?group={GROUP}")).await.html;
    assert!(group.contains(&format!("/exception-batches/new?group={GROUP}")));
    assert!(group.contains(&format!("/incidents?group={GROUP}")));
    let books = get("/exceptions?entity=US").await.html;
    let said = text(&books);
    assert!(
        said.contains("Only what is about the books of US"),
        "{said}"
    );
    // An action over everything would mean more than what is shown.
    assert!(!books.contains("Act on everything that is shown"));
    assert!(html.contains("Act on everything that is shown"));
    let resolved = get("/exceptions?entity=US&status=resolved").await.html;
    assert!(!text(&resolved).contains("Only what is about the books"));
    let each = get("/exceptions?view=each").await.html;
    assert!(each.contains(&format!("href=\"/exceptions/{EXCEPTION}\"")));
}

#[tokio::test]
async fn one_exception_shows_its_playbook_its_edit_and_its_trail() {
    let html = get(&format!("/exceptions/{EXCEPTION}")).await.html;
    let seen = text(&html);
    for words in [
        "PLAT-ENT-V2",
        "Approve and run",
        "As our books have it",
        "Escalated to",
        "Same cause",
        "What was done",
    ] {
        assert!(seen.contains(words), "{words} is missing in {seen}");
    }
    assert!(html.contains("class=\"done\""));
    // A controller approves edits; those who propose them see the form.
    assert!(!html.contains("name=\"payload\""));
    let router = console_as(
        &Arc::new(SampleSource::default()),
        "Sam",
        "integration_engineer",
    );
    let request = Request::get(format!("/exceptions/{EXCEPTION}"))
        .body(Body::empty())
        .unwrap();
    assert!(
        send(router, request)
            .await
            .html
            .contains("name=\"payload\"")
    );
}

#[tokio::test]
async fn what_was_sent_is_not_shown_to_a_role_that_may_not_see_it() {
    let path = format!("/exceptions/{EXCEPTION}");
    for (role, is_shown) in [("controller", true), ("collections", false)] {
        let router = console_as(&Arc::new(SampleSource::default()), "Ines Vidal", role);
        let request = Request::get(&path).body(Body::empty()).unwrap();
        let html = send(router, request).await.html;
        assert_eq!(html.contains("UnitPrice"), is_shown, "{role}");
        assert_eq!(
            html.contains("is not shown to your role"),
            !is_shown,
            "{role}"
        );
    }
}

#[tokio::test]
async fn every_act_is_a_command_in_the_name_of_the_viewer() {
    let source = Arc::new(SampleSource::default());
    for (action, body) in [
        ("acknowledge", ""),
        ("retry", ""),
        ("escalate", "&reason=now"),
        ("split", "&reason=other"),
        ("step", "&step=2"),
        ("propose", "&payload=%7B%7D&reason=r"),
    ] {
        let path = format!("/exceptions/{EXCEPTION}/{action}");
        let request = form(&path, &format!("csrf=s3cret{body}"));
        let reply = send(console(&source, Some("Ines")), request).await;
        assert_eq!(
            reply.status,
            StatusCode::SEE_OTHER,
            "{action}: {}",
            reply.html
        );
        let forged = send(console(&source, Some("Ines")), form(&path, "csrf=wrong")).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{action}");
    }
    let told = source.told.lock().unwrap().clone();
    assert_eq!(
        told,
        [
            "acknowledge_exception",
            "retry_exception",
            "escalate_exception",
            "split_exception",
            "complete_playbook_step",
            "propose_fix"
        ]
    );
    let own = form(
        &format!("/exceptions/{EXCEPTION}/decide"),
        "csrf=s3cret&decision=apply&fix=fix_1",
    );
    let reply = send(console(&source, Some("J. Okafor")), own).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&reply.html).contains("another person has to approve it."));
}

#[tokio::test]
async fn many_are_previewed_begun_watched_and_stopped() {
    let source = Arc::new(SampleSource::default());
    let preview = get(&format!("/exception-batches/new?group={GROUP}"))
        .await
        .html;
    assert!(preview.contains("name=\"expected\" value=\"45\""));
    assert!(text(&preview).contains("USD 58,500.00"));
    let body =
        format!("csrf=s3cret&kind=retry&expected=45&group={GROUP}&class=&owner=&status=&incident=");
    let reply = send(
        console(&source, Some("Ines")),
        form("/exception-batches", &body),
    )
    .await;
    assert_eq!(
        reply.location,
        format!("/exception-batches/{BATCH}"),
        "{}",
        reply.html
    );
    let watched = get(&format!("/exception-batches/{BATCH}")).await.html;
    assert!(watched.contains("Stop it"));
    let stop = form(&format!("/exception-batches/{BATCH}/stop"), "csrf=s3cret");
    assert_eq!(
        send(console(&source, Some("Ines")), stop).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        *source.told.lock().unwrap(),
        ["act_on_exceptions", "stop_exception_batch"]
    );
}

#[tokio::test]
async fn an_incident_has_a_board_a_page_and_a_timeline() {
    let source = Arc::new(SampleSource::default());
    let board = get(&format!("/incidents?group={GROUP}")).await.html;
    assert!(board.contains("NetSuite refuses account 2410"));
    assert!(board.contains("Open the incident"));
    let body = format!("csrf=s3cret&title=t&severity=high&group={GROUP}");
    let reply = send(console(&source, Some("Ines")), form("/incidents", &body)).await;
    assert_eq!(reply.location, format!("/incidents/{INCIDENT}"));
    let page = get(&format!("/incidents/{INCIDENT}")).await.html;
    assert!(text(&page).contains("Timeline"));
    let note = form(
        &format!("/incidents/{INCIDENT}/note"),
        "csrf=s3cret&note=mapped",
    );
    assert_eq!(
        send(console(&source, Some("Ines")), note).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        *source.told.lock().unwrap(),
        ["open_incident", "update_incident"]
    );
}
