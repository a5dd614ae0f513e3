//! The forms that end an exception or give it to somebody.

use super::*;

#[tokio::test]
async fn an_exception_is_ended_once_with_a_reason_and_a_name() {
    let source = Arc::new(SampleSource::default());
    let path = format!("/exceptions/{EXCEPTION}/resolve");
    let done = send(
        console(&source, Some("Ines Vidal")),
        form(
            &path,
            "csrf=s3cret&outcome=settle&reason=+corrected+in+Salesforce+",
        ),
    )
    .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(done.location, format!("/exceptions/{EXCEPTION}"));
    let told = source.resolved.lock().unwrap().clone();
    assert_eq!(
        told,
        [(
            EXCEPTION.to_owned(),
            "settle".to_owned(),
            "corrected in Salesforce".to_owned(),
            "Ines Vidal".to_owned()
        )]
    );
}

#[tokio::test]
async fn nothing_is_ended_without_reason_session_or_secret() {
    let source = Arc::new(SampleSource::default());
    let path = format!("/exceptions/{EXCEPTION}/resolve");
    for (viewer, body, status, words) in [
        (
            Some("Ines"),
            "csrf=s3cret&outcome=settle&reason=+",
            StatusCode::UNPROCESSABLE_ENTITY,
            "Give the reason",
        ),
        (
            Some("Ines"),
            "csrf=s3cret&reason=done",
            StatusCode::UNPROCESSABLE_ENTITY,
            "Choose how it ends",
        ),
        (
            Some("Ines"),
            "csrf=wrong&outcome=settle&reason=done",
            StatusCode::FORBIDDEN,
            "not sent from a page",
        ),
        (
            Some("Ines"),
            "outcome=settle&reason=done",
            StatusCode::FORBIDDEN,
            "not sent from a page",
        ),
        (
            None,
            "csrf=&outcome=settle&reason=done",
            StatusCode::FORBIDDEN,
            "Not signed in",
        ),
        (
            Some("Maker"),
            "csrf=s3cret&outcome=retry&reason=done",
            StatusCode::CONFLICT,
            "cannot approve",
        ),
    ] {
        let reply = send(console(&source, viewer), form(&path, body)).await;
        assert_eq!(reply.status, status, "{body}");
        assert!(reply.html.contains(words), "{body}");
    }
    assert!(source.resolved.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_exception_is_given_to_somebody() {
    let source = Arc::new(SampleSource::default());
    let path = format!("/exceptions/{EXCEPTION}/assign");
    let reply = send(
        console(&source, Some("Ines Vidal")),
        form(&path, "csrf=s3cret&owner=billing_analyst"),
    )
    .await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    assert_eq!(source.assigned.lock().unwrap().len(), 1);
    let nobody = send(
        console(&source, Some("Ines Vidal")),
        form(&path, "csrf=s3cret&owner="),
    )
    .await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn only_a_signed_in_viewer_sees_the_forms() {
    let path = format!("/exceptions/{EXCEPTION}");
    let signed_out = get_from(SampleSource::default(), &path).await.html;
    assert!(!signed_out.contains("method=\"post\""));
    let signed_in = get(&path).await.html;
    assert!(signed_in.contains("name=\"csrf\" value=\"s3cret\""));
    assert!(signed_in.contains("Ines Vidal"));
}
