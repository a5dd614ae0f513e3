//! A contract over time, and how the lines of its second invoice came about.

use super::{CONTRACT, INVOICE, SampleSource, at, date, money};
use app::query::{
    ArithmeticStep, ContractTimeline, LineArithmetic, NextInvoice, NextLine, StretchKind,
    TimelineBand, TimelineBilled, TimelineDiscount, TimelineStretch, TimelineVersion,
    VersionChange,
};
use web::console::{SourceFault, StorySource};

fn stretch(from: &str, until: &str, kind: StretchKind, many: i64, terms: &str) -> TimelineStretch {
    TimelineStretch {
        from: date(from),
        until: date(until),
        kind,
        height: many * 1_000,
        terms: terms.to_owned(),
        phase: None,
    }
}

fn billed(from: &str, until: &str, document: &str, number: &str, net: &str) -> TimelineBilled {
    TimelineBilled {
        from: date(from),
        until: date(until),
        document: document.to_owned(),
        number: number.to_owned(),
        net: money(net),
    }
}

fn version(
    version: u32,
    recorded: &str,
    effective: &str,
    kind: &str,
    reason: &str,
) -> TimelineVersion {
    TimelineVersion {
        version,
        recorded: at(recorded),
        effective: date(effective),
        kind: kind.to_owned(),
        reason: reason.to_owned(),
        changes: Vec::new(),
        undoes: None,
    }
}

fn bands() -> Vec<TimelineBand> {
    let first = "inv_01JZ5N7Q3V5X7Z9B1D3F5H7K9N";
    vec![
        TimelineBand {
            component: "C-2041-1".to_owned(),
            product: "PLAT-SEAT".to_owned(),
            description: "Platform".to_owned(),
            stretches: vec![
                stretch(
                    "2026-02-01",
                    "2026-05-14",
                    StretchKind::Charged,
                    40,
                    "40 · 1,200.00 per unit",
                ),
                stretch(
                    "2026-05-14",
                    "2027-02-01",
                    StretchKind::Charged,
                    55,
                    "55 · 1,200.00 per unit",
                ),
            ],
            discounts: Vec::new(),
            billed: vec![
                billed(
                    "2026-02-01",
                    "2027-02-01",
                    first,
                    "US-2026-00412",
                    "USD 48000.00",
                ),
                billed(
                    "2026-05-14",
                    "2027-02-01",
                    INVOICE,
                    "US-2026-01377",
                    "USD 12920.55",
                ),
            ],
        },
        TimelineBand {
            component: "C-2041-2".to_owned(),
            product: "SUP-GOLD".to_owned(),
            description: "Gold support".to_owned(),
            stretches: vec![
                stretch("2026-03-01", "2026-04-01", StretchKind::Trial, 1, "400.00"),
                stretch(
                    "2026-04-01",
                    "2026-07-20",
                    StretchKind::Charged,
                    1,
                    "400.00",
                ),
                stretch("2026-07-20", "2026-09-01", StretchKind::Paused, 1, "400.00"),
                stretch(
                    "2026-09-01",
                    "2027-02-01",
                    StretchKind::Charged,
                    1,
                    "420.00",
                ),
            ],
            discounts: vec![TimelineDiscount {
                from: date("2026-04-01"),
                until: date("2026-07-01"),
                words: "Launch offer, 20 % off".to_owned(),
            }],
            billed: vec![
                billed(
                    "2026-04-01",
                    "2026-05-01",
                    first,
                    "US-2026-00412",
                    "USD 320.00",
                ),
                billed(
                    "2026-05-01",
                    "2026-06-01",
                    INVOICE,
                    "US-2026-01377",
                    "USD 320.00",
                ),
                billed(
                    "2026-06-01",
                    "2026-07-01",
                    INVOICE,
                    "US-2026-01377",
                    "USD 320.00",
                ),
                billed(
                    "2026-06-15",
                    "2026-07-01",
                    INVOICE,
                    "US-2026-01377",
                    "USD -160.00",
                ),
            ],
        },
    ]
}

fn step(words: &str, figures: &str, result: &str, stands: bool) -> ArithmeticStep {
    ArithmeticStep {
        words: words.to_owned(),
        figures: figures.to_owned(),
        result: result.to_owned(),
        stands,
    }
}

impl StorySource for SampleSource {
    fn contract_timeline(&self, id: &str) -> Result<Option<ContractTimeline>, SourceFault> {
        if id != CONTRACT {
            return Ok(None);
        }
        let mut second = version(
            2,
            "2026-05-14T11:40:03Z",
            "2026-05-14",
            "quantity_changed",
            "15 more seats for the Berlin office",
        );
        second.changes.push(VersionChange {
            what: "Platform".to_owned(),
            before: "40".to_owned(),
            after: "55".to_owned(),
            from: Some(date("2026-05-14")),
        });
        Ok(Some(ContractTimeline {
            contract: CONTRACT.to_owned(),
            from: date("2026-02-01"),
            until: date("2027-02-01"),
            runs_on: false,
            bands: bands(),
            versions: vec![
                version(
                    1,
                    "2026-01-28T16:02:12Z",
                    "2026-02-01",
                    "signed",
                    "won in Salesforce",
                ),
                second,
                version(
                    3,
                    "2026-06-20T09:00:00Z",
                    "2026-07-20",
                    "paused",
                    "support not needed over the summer",
                ),
            ],
            next: Some(NextInvoice {
                on: date("2026-07-01"),
                due: false,
                lines: vec![NextLine {
                    description: "Gold support".to_owned(),
                    from: date("2026-07-01"),
                    to: date("2026-07-19"),
                    arithmetic: "400.00 × 19/31".to_owned(),
                    net: money("USD 245.16"),
                }],
                net: money("USD 245.16"),
            }),
        }))
    }

    fn invoice_arithmetic(&self, id: &str) -> Result<Vec<LineArithmetic>, SourceFault> {
        if id != INVOICE {
            return Ok(Vec::new());
        }
        Ok(vec![LineArithmetic {
            line: "lin_1".to_owned(),
            steps: vec![
                step("15 units", "15 × 1,200.00", "18,000.00", false),
                step("Share of the period, 262 of 365", "18,000.00 × 262 / 365", "12,920.547945…", false),
                step("Rounded once", "12,920.547945…", "12,920.55", true),
            ],
            tax: vec![step("Tax", "12,920.55 × 0 %", "0.00", true)],
            policy: "Policy version 3: actual days over the days of the billing period; half rounds away from zero".to_owned(),
            corrects: None,
            measured: false,
        }])
    }
}
