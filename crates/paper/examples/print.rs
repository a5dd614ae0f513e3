//! Prints the documents of the tests into a folder, to be looked at, and says how long it takes:
//! `cargo run --release -p paper --example print -- FOLDER [ROUNDS]`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, missing_docs)]

#[path = "../tests/paper/logo.rs"]
mod logo;
#[path = "../tests/paper/names.rs"]
mod names;
#[path = "../tests/paper/samples.rs"]
mod samples;

use paper::{Fonts, render_pdf, render_ubl};
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "paper".to_owned()));
    let rounds: u32 = arguments
        .next()
        .map_or(1, |text| text.parse().expect("a number"));
    std::fs::create_dir_all(&folder).expect("the folder");
    let before = Instant::now();
    let fonts = Fonts::shipped();
    println!("fonts read in {:?}", before.elapsed());
    for (name, paper) in [
        ("simple", samples::simple()),
        ("long", samples::long()),
        ("scripts", samples::scripts()),
        ("names", names::in_every_script("ကုမ္ပဏီ ဢ ក្រុមហ៊ុន")),
        ("credit-note", samples::credit_note()),
        ("yen", samples::yen()),
        ("dinar", samples::dinar()),
    ] {
        let ubl = render_ubl(&paper);
        match &ubl {
            Ok(bytes) => std::fs::write(folder.join(format!("{name}.xml")), bytes).expect("xml"),
            Err(refused) => println!("{name}: {refused}"),
        }
        let before = Instant::now();
        let mut pdf = Ok(Vec::new());
        for _ in 0..rounds {
            pdf = render_pdf(&paper, &fonts, ubl.as_deref().ok());
        }
        let each = before.elapsed() / rounds;
        match pdf {
            Ok(bytes) => {
                println!("{name}: {} bytes, {each:?} each", bytes.len());
                std::fs::write(folder.join(format!("{name}.pdf")), bytes).expect("pdf");
            }
            Err(refused) => println!("{name}: {refused}"),
        }
    }
}
