//! The page of one's own account: sessions end, passwords change, and nobody does it for another.

use crate::people::{PASSWORD, attempt, csrf_in, form, page, session_of};
use crate::support::House;
use control::Role;

#[tokio::test]
async fn people_end_their_other_sessions_and_take_another_password() {
    let house = House::new();
    let one = session_of(&house, "ada", Role::Executive).await;
    let enter = async |password: &str| {
        let reply = attempt(&house, "ada", password, "").await;
        reply.cookie("tieout_session")
    };
    let two = enter(PASSWORD).await.unwrap();
    let three = enter(PASSWORD).await.unwrap();
    let shown = page(&house, &one, "/account").await;
    assert_eq!(shown.text.matches("End this session").count(), 2);
    assert_eq!(shown.text.matches("This one").count(), 1);
    assert!(
        !shown.text.contains("Sessions of others"),
        "no administrator"
    );
    for secret in [&one, &two, &three] {
        assert!(!shown.text.contains(secret.as_str()));
    }
    let csrf = csrf_in(&shown);
    let cookie = format!("tieout_session={one}");
    let send = async |path: &str, body: &str| {
        form(&house, &cookie, path, &format!("csrf={csrf}&{body}")).await
    };

    // One of them, by what it is called.
    let id = house.app.session_id(digest(&two)).unwrap().unwrap();
    let ended = send(&format!("/account/sessions/{id}/end"), "").await;
    assert_eq!(ended.header("location"), "/account?done=session");
    assert_eq!(page(&house, &two, "/account").await.status, 303);
    let again = send(&format!("/account/sessions/{id}/end"), "").await;
    assert_eq!(again.status, 422);
    assert!(
        again.text.contains("it had ended already"),
        "{}",
        again.text
    );

    // All others; this one goes on.
    let ended = send("/account/others/end", "").await;
    assert_eq!(ended.header("location"), "/account?done=others");
    assert_eq!(page(&house, &three, "/account").await.status, 303);
    assert_eq!(page(&house, &one, "/account").await.status, 200);

    // Another password: only with the present one, by the rules, and typed alike.
    let other = enter(PASSWORD).await.unwrap();
    for (present, new, again, why) in [
        (
            "not the present one",
            "some new words here",
            "some new words here",
            "not right",
        ),
        (PASSWORD, "too short", "too short", "12 to"),
        (
            PASSWORD,
            "ada ada ada ada",
            "ada ada ada ada",
            "easy to guess",
        ),
        (
            PASSWORD,
            "some new words here",
            "some other words",
            "two ways",
        ),
    ] {
        let body = format!("present={present}&new={new}&again={again}").replace(' ', "+");
        let refused = send("/account/password", &body).await;
        assert_eq!(refused.status, 422, "{why}");
        assert!(refused.text.contains(why), "{why}: {}", refused.text);
        assert!(
            !refused.text.contains(new),
            "what was typed is not shown again"
        );
    }
    assert_eq!(
        page(&house, &other, "/account").await.status,
        200,
        "nothing was changed"
    );
    let body = format!("present={PASSWORD}&new=some new words here&again=some new words here");
    let changed = send("/account/password", &body.replace(' ', "+")).await;
    assert_eq!(changed.header("location"), "/account?done=password");
    assert_eq!(page(&house, &other, "/account").await.status, 303);
    assert_eq!(
        page(&house, &one, "/account?done=password").await.status,
        200
    );
    assert!(enter(PASSWORD).await.is_none(), "the old one opens nothing");
    assert!(enter("some new words here").await.is_some());
    assert_eq!(house.app.user("ada").unwrap().unwrap().1, Role::Executive);
}

#[tokio::test]
async fn an_open_screen_is_no_place_to_guess_the_password() {
    let house = House::new();
    let session = session_of(&house, "ada", Role::Controller).await;
    let csrf = csrf_in(&page(&house, &session, "/account").await);
    let cookie = format!("tieout_session={session}");
    let mut told = String::new();
    for number in 0..6 {
        let body = format!("csrf={csrf}&present=guess+{number}&new=x&again=x");
        told = form(&house, &cookie, "/account/password", &body).await.text;
    }
    assert!(told.contains("Too many attempts"), "{told}");
    let body = format!(
        "csrf={csrf}&present={}&new=some+new+words+here&again=some+new+words+here",
        PASSWORD.replace(' ', "+")
    );
    let late = form(&house, &cookie, "/account/password", &body).await;
    assert_eq!(late.status, 422, "not even with the right one");
}

#[tokio::test]
async fn an_administrator_ends_sessions_of_others_and_nobody_else_does() {
    let house = House::new();
    let admin = session_of(&house, "root", Role::Administrator).await;
    let ada = session_of(&house, "ada", Role::Controller).await;
    let bob = session_of(&house, "bob", Role::Auditor).await;
    let id = |session: &str| house.app.session_id(digest(session)).unwrap();
    let end = async |by: &str, id: &str| {
        let csrf = csrf_in(&page(&house, by, "/account").await);
        let body = format!("csrf={csrf}&user=ada");
        let path = format!("/account/sessions/{id}/end");
        form(&house, &format!("tieout_session={by}"), &path, &body).await
    };
    let of_ada = id(&ada).unwrap();
    let refused = end(&bob, &of_ada).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("Only an administrator"),
        "{}",
        refused.text
    );
    assert!(id(&ada).is_some());
    let shown = page(&house, &admin, "/account").await;
    assert!(shown.text.contains("Sessions of others") && shown.text.contains("ada"));
    assert_eq!(end(&admin, &of_ada).await.status, 303);
    assert_eq!(page(&house, &ada, "/account").await.status, 303);
    assert_eq!(page(&house, &bob, "/account").await.status, 200);
    let query = app::access::AccessQuery::default();
    let log = house.app.access_log(&query, None).unwrap();
    let told = format!("{log:?}");
    assert!(
        told.contains("session_ended") && told.contains("root"),
        "{told}"
    );
}

/// What the books keep of the secret of a session.
fn digest(secret: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(secret).into()
}
