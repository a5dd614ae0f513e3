//! The first screen, the tie-outs and the inbox with very many open exceptions.

use crate::seed;
use app::query::{self, ExceptionFilter, TieOutMemory};
use app::view::{Home, TieOutRow};
use store::Effort;

const FEW: usize = 400;

struct Looks {
    home: (Home, Effort),
    tie_outs: (Vec<TieOutRow>, Effort),
    inbox: Effort,
    facets: Effort,
}

fn looks(count: usize) -> Looks {
    let app = seed::company();
    seed::exceptions(&app, count);
    let (books, now) = (app.books(), app.now());
    let home_books = books.clone();
    let open = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    let at = |title: &str| format!("{title} with {count} open exceptions");
    let begun = std::time::Instant::now();
    app.flow_health().unwrap();
    let flow = begun.elapsed();
    eprintln!("{}: {flow:?}", at("process health"));
    Looks {
        home: seed::cost(&app, &at("home"), move |tx| {
            query::home(tx, (&home_books, now), &TieOutMemory::default())
        }),
        tie_outs: seed::cost(&app, &at("tie-outs"), move |tx| {
            query::tie_outs(tx, (&books, now), &TieOutMemory::default())
        }),
        inbox: seed::cost(&app, &at("inbox"), move |tx| {
            query::exceptions(tx, now, &open, None)
        })
        .1,
        facets: seed::cost(&app, &at("choices of the inbox"), query::exception_facets).1,
    }
}

#[test]
fn the_first_screen_and_the_tie_outs_read_as_much_whatever_is_open() {
    let few = looks(FEW);
    let many = looks(seed::many(4_000));
    assert_eq!(many.home.1, few.home.1);
    assert_eq!(many.tie_outs.1, few.tie_outs.1);
    assert_eq!(many.inbox, few.inbox);
    assert_eq!(many.facets, few.facets);
}
