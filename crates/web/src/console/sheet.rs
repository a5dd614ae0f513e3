//! Pages that other rooms of the web draw inside the console's frame.

use super::frame::{Frame, Place};
use super::respond::{draw, draw_as, guard, page};
use super::{ConsoleState, Viewer, filters};
use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet {
    frame: Frame,
    title: String,
    body: String,
}

/// Draws `body`, which must be safe HTML, inside the frame.
pub(crate) async fn sheet(
    state: ConsoleState,
    viewer: Option<Viewer>,
    title: &str,
    body: String,
) -> Response {
    let title = title.to_owned();
    let drawn = page(
        state,
        viewer.map(Extension),
        Place::Elsewhere,
        move |_, frame| draw(&Sheet { frame, title, body }),
    );
    guard(drawn.await).await
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Told {
    frame: Frame,
    status: u16,
    title: String,
    sentence: String,
    mend: String,
}

/// Draws a page that says why there is nothing to see: status, title, sentence and mend.
pub(crate) async fn trouble(
    state: ConsoleState,
    viewer: Option<Viewer>,
    (status, title, sentence, mend): (StatusCode, &str, &str, &str),
) -> Response {
    let (title, sentence, mend) = (title.to_owned(), sentence.to_owned(), mend.to_owned());
    let drawn = page(
        state,
        viewer.map(Extension),
        Place::Elsewhere,
        move |_, frame| {
            draw_as(
                status,
                &Told {
                    frame,
                    status: status.as_u16(),
                    title,
                    sentence,
                    mend,
                },
            )
        },
    );
    guard(drawn.await).await
}

#[derive(Template)]
#[template(path = "alone.html")]
struct Alone<'a> {
    title: &'a str,
    body: &'a str,
    style_href: String,
}

/// Draws `body`, which must be safe HTML, on a page that needs nobody signed in.
pub(crate) async fn alone(title: &str, body: &str) -> Response {
    use super::respond::Answer;
    use axum::response::IntoResponse;
    let drawn = Alone {
        title,
        body,
        style_href: super::assets::style_href(),
    }
    .render();
    let response = match drawn {
        Ok(html) => Answer::Page(StatusCode::OK, html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    guard(response).await
}
