//! Documents to look at and to check, each with something that is hard to print.

use paper::{
    Address, Allowance, BankAccount, CreditedInvoice, InvoicePaper, Language, Letterhead, Logo,
    PaperDraft, PaperKind, PaperLine, Party, PaymentMeans, Prepayment, Registration, TaxTreatment,
};
use values::{Currency, Date, Decimal, Money, Period, Rate, Rounding, TaxCategory, round_to_minor};

pub fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

pub fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

pub fn money(amount: &str, code: &str) -> Money {
    Money::parse(amount, currency(code)).expect("an amount")
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

pub fn rate(category: TaxCategory, rate: &str, name: &str, exemption: &str) -> TaxTreatment {
    TaxTreatment {
        category,
        rate: Rate::new(decimal(rate)),
        name: name.to_owned(),
        exemption: exemption.to_owned(),
    }
}

pub fn standard() -> TaxTreatment {
    rate(TaxCategory::S, "0.19", "VAT 19 %", "")
}

pub fn line(words: &str, quantity: &str, price: &str, net: Money, tax: &TaxTreatment) -> PaperLine {
    let exact = net.decimal() * tax.rate.decimal();
    let minor = round_to_minor(exact, net.currency, Rounding::HalfUp).expect("fits");
    PaperLine {
        group: None,
        description: words.to_owned(),
        arithmetic: format!("{quantity} × {price}"),
        product: "PLATFORM".to_owned(),
        period: Period::new(date("2026-01-01"), date("2027-01-01")).ok(),
        quantity: decimal(quantity),
        unit: "C62".to_owned(),
        unit_price: Some(decimal(price)),
        net,
        tax: tax.clone(),
        tax_amount: Money::from_minor(minor, net.currency),
    }
}

pub fn seller() -> Letterhead {
    Letterhead {
        name: "Nordlicht Software GmbH".to_owned(),
        trading_name: "Nordlicht".to_owned(),
        address: Address {
            lines: vec!["Speicherstraße 12".to_owned()],
            postcode: "20457".to_owned(),
            city: "Hamburg".to_owned(),
            region: String::new(),
            country: "DE".to_owned(),
        },
        vat_id: "DE123456789".to_owned(),
        tax_number: String::new(),
        registration: Some(Registration {
            number: "HRB 104711".to_owned(),
            register: "Amtsgericht Hamburg".to_owned(),
        }),
        contact: "Accounts receivable".to_owned(),
        phone: "+49 40 5550 100".to_owned(),
        email: "billing@nordlicht.example".to_owned(),
        website: "nordlicht.example".to_owned(),
        electronic_address: "9930:DE123456789".to_owned(),
        bank_accounts: vec![BankAccount {
            bank: "Elbe Bank AG".to_owned(),
            account: "DE89370400440532013000".to_owned(),
            bic: "COBADEFFXXX".to_owned(),
            currency: String::new(),
        }],
        logo: None,
        zero_rates: Vec::new(),
        footer: "Managing directors: Ada Jensen, Jörg Weiß. All amounts in the currency stated."
            .to_owned(),
        terms: "Payable within 30 days without deduction.".to_owned(),
        language: Language::English,
    }
}

pub fn buyer() -> Party {
    Party {
        name: "Société Générale de Café S.A.".to_owned(),
        address: Address {
            lines: vec!["14, rue de l’Évêque".to_owned(), "Bâtiment C".to_owned()],
            postcode: "75008".to_owned(),
            city: "Paris".to_owned(),
            region: String::new(),
            country: "FR".to_owned(),
        },
        vat_id: "FR40303265045".to_owned(),
        reference: "PO-7781".to_owned(),
        number: "C-10042".to_owned(),
        ..Party::default()
    }
}

pub fn draft(code: &str, lines: Vec<PaperLine>) -> PaperDraft {
    PaperDraft {
        kind: PaperKind::Invoice,
        number: "DE-2026-00042".to_owned(),
        issued: date("2026-01-31"),
        due_date: Some(date("2026-03-02")),
        currency: currency(code),
        seller: seller(),
        buyer: buyer(),
        contract: "K-2026-0017".to_owned(),
        order: String::new(),
        credited: None,
        note: String::new(),
        means: PaymentMeans::Transfer,
        lines,
        allowances: Vec::new(),
        prepayments: Vec::new(),
        rounding: None,
    }
}

/// One page: a whole price, a part of a year, a flat charge and a line given back.
pub fn simple() -> InvoicePaper {
    let tax = standard();
    let mut part = line(
        "Analytics add-on, 15 seats from 31 March",
        "15",
        "1200.00",
        money("13611.29", "EUR"),
        &tax,
    );
    part.arithmetic = "15 × 1,200.00 × 276/365".to_owned();
    let mut back = line(
        "Support package, reduced",
        "-1",
        "420.00",
        money("-420.00", "EUR"),
        &tax,
    );
    back.arithmetic = String::new();
    let lines = vec![
        line(
            "Platform, 40 seats",
            "40",
            "960.00",
            money("38400.00", "EUR"),
            &tax,
        ),
        part,
        line("Onboarding", "1", "2500.00", money("2500.00", "EUR"), &tax),
        back,
    ];
    draft("EUR", lines).finish().expect("a document")
}

/// Three pages and more: 120 lines, with long words.
pub fn long() -> InvoicePaper {
    let tax = standard();
    let reduced = rate(TaxCategory::S, "0.07", "VAT 7 %", "");
    let lines = (1..=120_i64)
        .map(|place| {
            let words = match place % 9 {
                0 => format!(
                    "Usage of the interface in region eu-central-{place}, counted in thousands of \
                     calls and rated by graduated tiers after the included volume, with the \
                     corrections that arrived late for the month before"
                ),
                4 => format!("Reference Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft-{place}"),
                _ => format!("Seats of team {place}"),
            };
            let net = Money::from_minor(1250 * place, currency("EUR"));
            let tax = if place % 5 == 0 { &reduced } else { &tax };
            line(&words, &place.to_string(), "12.50", net, tax)
        })
        .collect();
    let mut draft = draft("EUR", lines);
    draft.number = "DE-2026-00043".to_owned();
    draft.seller.logo = Some(Logo(super::logo::picture()));
    draft.prepayments = vec![Prepayment {
        date: date("2026-01-15"),
        words: "Prepaid credit".to_owned(),
        amount: money("5000.00", "EUR"),
    }];
    draft.allowances = vec![Allowance {
        reason: "Loyalty, 2 %".to_owned(),
        amount: money("1000.00", "EUR"),
        tax: standard(),
        tax_amount: money("190.00", "EUR"),
    }];
    draft.finish().expect("a document")
}

/// A buyer who writes from right to left, with descriptions in many scripts.
pub fn scripts() -> InvoicePaper {
    let export = rate(
        TaxCategory::G,
        "0",
        "Export",
        "Export outside the European Union, Article 146 of Directive 2006/112/EC",
    );
    let words = [
        "اشتراك المنصة (Platform Pro) لعدد 40 مستخدمًا، من 1 يناير حتى 31 ديسمبر 2026، يشمل الدعم الفني على مدار الساعة",
        "年間プラットフォーム利用料（東京リージョン）、サポート込み。請求期間は二〇二六年一月から十二月まで",
        "云平台年度订阅服务费，含技术支持与数据备份（上海）",
        "연간 플랫폼 구독료, 기술 지원 포함",
        "Ετήσια συνδρομή πλατφόρμας με υποστήριξη",
        "Годовая подписка на платформу, поддержка включена",
        "מנוי שנתי לפלטפורמה (40 משתמשים), כולל תמיכה",
        "वार्षिक प्लेटफ़ॉर्म सदस्यता, तकनीकी सहायता सहित",
        "ค่าบริการแพลตฟอร์มรายปี รวมการสนับสนุน",
        "პლატფორმის წლიური გამოწერა, მხარდაჭერით",
        "Հարթակի տարեկան բաժանորդագրություն, ներառյալ աջակցությունը",
        "Tiếng Việt: Gói dịch vụ hằng năm; Český překlad: předplatné; Türkçe: yıllık üyelik; Íslenska: áskrift",
    ];
    let lines = words
        .iter()
        .map(|words| line(words, "40", "96.00", money("3840.00", "USD"), &export))
        .collect();
    let mut draft = draft("USD", lines);
    draft.number = "DE-2026-00044".to_owned();
    draft.buyer = Party {
        name: "شركة الخليج للتجارة والتقنية ذ.م.م. 海湾贸易有限公司".to_owned(),
        address: Address {
            lines: vec!["شارع الشيخ زايد، برج 7، الطابق 12".to_owned()],
            postcode: "00000".to_owned(),
            city: "دبي".to_owned(),
            region: String::new(),
            country: "AE".to_owned(),
        },
        number: "C-20001".to_owned(),
        ..Party::default()
    };
    draft.finish().expect("a document")
}

/// A credit note for part of an invoice, in German.
pub fn credit_note() -> InvoicePaper {
    let tax = rate(TaxCategory::S, "0.19", "USt 19 %", "");
    let mut back = line(
        "Plattform, 5 Plätze weniger ab 1. April",
        "5",
        "960.00",
        money("3616.44", "EUR"),
        &tax,
    );
    back.arithmetic = "5 × 960,00 × 275/365".to_owned();
    let mut draft = draft("EUR", vec![back]);
    draft.kind = PaperKind::CreditNote;
    draft.number = "DE-CN-2026-00003".to_owned();
    draft.issued = date("2026-04-01");
    draft.due_date = None;
    draft.seller.language = Language::German;
    draft.seller.terms = String::new();
    draft.credited = Some(CreditedInvoice {
        number: "DE-2026-00042".to_owned(),
        issued: Some(date("2026-01-31")),
    });
    draft.note = "Vertragsänderung: weniger Plätze".to_owned();
    draft.finish().expect("a document")
}

/// A currency without places, and one with three.
pub fn yen() -> InvoicePaper {
    let tax = rate(TaxCategory::S, "0.10", "消費税 10 %", "");
    let lines = vec![
        line(
            "プラットフォーム年間契約",
            "40",
            "125000",
            money("5000000", "JPY"),
            &tax,
        ),
        line("導入支援", "1", "333333", money("333333", "JPY"), &tax),
    ];
    let mut draft = draft("JPY", lines);
    draft.number = "JP-2026-00007".to_owned();
    draft.buyer.name = "株式会社東京テクノロジー".to_owned();
    draft.buyer.address.lines = vec!["千代田区丸の内１丁目９番１号".to_owned()];
    draft.buyer.address.city = "東京都".to_owned();
    draft.buyer.address.country = "JP".to_owned();
    draft.finish().expect("a document")
}

pub fn dinar() -> InvoicePaper {
    of_three_places("KWD")
}

/// A document in a currency of three places.
pub fn of_three_places(code: &str) -> InvoicePaper {
    let tax = rate(TaxCategory::Z, "0", "VAT 0 %", "");
    let lines = vec![
        line(
            "Platform, 40 seats",
            "40",
            "31.125",
            money("1245.000", code),
            &tax,
        ),
        line(
            "Part of a month",
            "1",
            "17.4567",
            money("17.457", code),
            &tax,
        ),
    ];
    let mut draft = draft(code, lines);
    draft.number = "KW-2026-00001".to_owned();
    draft.finish().expect("a document")
}
