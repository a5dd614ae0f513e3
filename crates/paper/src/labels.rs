//! The words of a document in each language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::CashRounding;

/// The language of labels, dates and figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Dutch.
    #[serde(rename = "nl")]
    Dutch,
    /// Italian.
    #[serde(rename = "it")]
    Italian,
}

pub(crate) struct Separators {
    pub(crate) thousands: char,
    pub(crate) point: char,
}

/// Every word that stands on a document besides its facts.
pub(crate) struct Labels {
    pub(crate) invoice: &'static str,
    pub(crate) credit_note: &'static str,
    pub(crate) number: &'static str,
    pub(crate) date: &'static str,
    pub(crate) due: &'static str,
    pub(crate) customer_number: &'static str,
    pub(crate) customer_vat: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) order: &'static str,
    pub(crate) contract: &'static str,
    pub(crate) period: &'static str,
    pub(crate) credits_invoice: &'static str,
    pub(crate) description: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) unit_price: &'static str,
    pub(crate) tax: &'static str,
    pub(crate) net: &'static str,
    pub(crate) carried: &'static str,
    pub(crate) brought: &'static str,
    pub(crate) lines_total: &'static str,
    pub(crate) allowance: &'static str,
    pub(crate) charge: &'static str,
    pub(crate) net_total: &'static str,
    pub(crate) on: &'static str,
    pub(crate) total: &'static str,
    pub(crate) rounding: &'static str,
    pub(crate) rounded_once: &'static str,
    rounding_ways: [&'static str; 4],
    pub(crate) paid: &'static str,
    prepaid_credit: &'static str,
    pub(crate) to_pay: &'static str,
    pub(crate) credited: &'static str,
    pub(crate) nothing_due: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) payment: &'static str,
    pub(crate) pay_by_transfer: &'static str,
    pub(crate) pay_by_card: &'static str,
    pub(crate) credit_applied: &'static str,
    pub(crate) quote: &'static str,
    pub(crate) account: &'static str,
    pub(crate) bank: &'static str,
    pub(crate) vat_id: &'static str,
    pub(crate) tax_number: &'static str,
    pub(crate) page: &'static str,
    pub(crate) of: &'static str,
    pub(crate) months: [&'static str; 12],
}

impl Language {
    /// Its code of BCP 47.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Dutch => "nl",
            Self::Italian => "it",
        }
    }

    /// What prepaid credit is called that pays an invoice.
    #[must_use]
    pub fn prepaid_credit(self) -> &'static str {
        self.labels().prepaid_credit
    }

    pub(crate) fn separators(self) -> Separators {
        let (thousands, point) = match self {
            Self::English => (',', '.'),
            Self::German | Self::Spanish | Self::Dutch | Self::Italian => ('.', ','),
            Self::French => ('\u{a0}', ','),
        };
        Separators { thousands, point }
    }

    pub(crate) fn month(self, month: i8) -> &'static str {
        let index = usize::try_from(month).unwrap_or(1).saturating_sub(1);
        self.labels().months.get(index).copied().unwrap_or("")
    }

    pub(crate) fn labels(self) -> &'static Labels {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
            Self::Spanish => &SPANISH,
            Self::Dutch => &DUTCH,
            Self::Italian => &ITALIAN,
        }
    }
}

impl Labels {
    /// Which way an amount to pay is rounded.
    pub(crate) fn rounding_way(&self, way: CashRounding) -> &'static str {
        let [half_up, half_even, up, down] = self.rounding_ways;
        match way {
            CashRounding::HalfUp => half_up,
            CashRounding::HalfEven => half_even,
            CashRounding::Up => up,
            CashRounding::Down => down,
        }
    }
}

macro_rules! labels {
    ($name:ident: $($field:ident $words:expr),* $(,)?) => {
        static $name: Labels = Labels { $($field: $words),* };
    };
}

labels!(ENGLISH:
    invoice "Invoice", credit_note "Credit note", number "Number", date "Date", due "Due",
    customer_number "Customer number", customer_vat "Your VAT ID", reference "Your reference",
    order "Your order", contract "Contract", period "Period", credits_invoice "Credits invoice",
    description "Description", quantity "Quantity", unit_price "Unit price", tax "Tax",
    net "Net amount", carried "Carried forward", brought "Brought forward",
    lines_total "Sum of lines", allowance "Allowance", charge "Charge", net_total "Net total",
    on "on", total "Total", paid "Paid", to_pay "Amount due", credited "Credited to you",
    nothing_due "Nothing is due", reason "Reason", payment "Payment",
    pay_by_transfer "Please transfer the amount to this account",
    pay_by_card "The amount is charged to your stored card.",
    credit_applied "The amount is set off against your open invoices or paid back.",
    quote "Payment reference", account "Account", bank "Bank", vat_id "VAT ID",
    tax_number "Tax number", page "Page", of "of",
    rounding "Rounding to",
    rounded_once "Lines rounded once",
    prepaid_credit "Prepaid credit",
    rounding_ways ["half up", "half to even", "up", "down"],
    months ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
);

labels!(GERMAN:
    invoice "Rechnung", credit_note "Gutschrift", number "Nummer", date "Datum", due "Fällig",
    customer_number "Kundennummer", customer_vat "Ihre USt-IdNr.", reference "Ihr Zeichen",
    order "Ihre Bestellung", contract "Vertrag", period "Zeitraum", credits_invoice "Zu Rechnung",
    description "Beschreibung", quantity "Menge", unit_price "Einzelpreis", tax "Steuer",
    net "Nettobetrag", carried "Übertrag", brought "Übertrag",
    lines_total "Summe der Positionen", allowance "Nachlass", charge "Zuschlag",
    net_total "Nettosumme", on "auf", total "Gesamtbetrag", paid "Bezahlt",
    to_pay "Zu zahlen", credited "Ihr Guthaben", nothing_due "Nichts zu zahlen", reason "Grund",
    payment "Zahlung", pay_by_transfer "Bitte überweisen Sie den Betrag auf dieses Konto",
    pay_by_card "Der Betrag wird Ihrer hinterlegten Karte belastet.",
    credit_applied "Der Betrag wird mit offenen Rechnungen verrechnet oder erstattet.",
    quote "Verwendungszweck", account "Konto", bank "Bank", vat_id "USt-IdNr.",
    tax_number "Steuernummer", page "Seite", of "von",
    rounding "Rundung auf",
    rounded_once "Positionen einmal gerundet",
    prepaid_credit "Guthaben",
    rounding_ways ["kaufmännisch", "zur geraden Zahl", "aufwärts", "abwärts"],
    months ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember"],
);

labels!(FRENCH:
    invoice "Facture", credit_note "Avoir", number "Numéro", date "Date", due "Échéance",
    customer_number "Numéro de client", customer_vat "Votre n° TVA", reference "Votre référence",
    order "Votre commande", contract "Contrat", period "Période", credits_invoice "Sur facture",
    description "Désignation", quantity "Quantité", unit_price "Prix unitaire", tax "TVA",
    net "Montant HT", carried "À reporter", brought "Report",
    lines_total "Total des lignes", allowance "Remise", charge "Supplément", net_total "Total HT",
    on "sur", total "Total TTC", paid "Déjà payé", to_pay "Net à payer",
    credited "En votre faveur", nothing_due "Rien à payer", reason "Motif", payment "Paiement",
    pay_by_transfer "Merci de virer le montant sur ce compte",
    pay_by_card "Le montant est débité de votre carte enregistrée.",
    credit_applied "Le montant est imputé sur vos factures ouvertes ou remboursé.",
    quote "Référence du paiement", account "Compte", bank "Banque", vat_id "N° TVA",
    tax_number "Numéro fiscal", page "Page", of "sur",
    rounding "Arrondi à",
    rounded_once "Lignes arrondies en une fois",
    prepaid_credit "Crédit prépayé",
    rounding_ways ["au plus proche", "au pair", "par excès", "par défaut"],
    months ["janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.",
        "nov.", "déc."],
);

labels!(SPANISH:
    invoice "Factura", credit_note "Factura rectificativa", number "Número", date "Fecha",
    due "Vencimiento", customer_number "Número de cliente", customer_vat "Su NIF-IVA",
    reference "Su referencia", order "Su pedido", contract "Contrato", period "Período",
    credits_invoice "Rectifica la factura", description "Descripción", quantity "Cantidad",
    unit_price "Precio unitario", tax "Impuesto", net "Importe neto", carried "Suma y sigue",
    brought "Suma anterior", lines_total "Suma de líneas", allowance "Descuento",
    charge "Recargo", net_total "Base imponible", on "sobre", total "Total", paid "Pagado",
    to_pay "A pagar", credited "A su favor", nothing_due "Nada que pagar", reason "Motivo",
    payment "Pago", pay_by_transfer "Transfiera el importe a esta cuenta",
    pay_by_card "El importe se carga en su tarjeta registrada.",
    credit_applied "El importe se compensa con sus facturas abiertas o se devuelve.",
    quote "Referencia del pago", account "Cuenta", bank "Banco", vat_id "NIF-IVA",
    tax_number "NIF", page "Página", of "de",
    rounding "Redondeo a",
    rounded_once "Líneas redondeadas una sola vez",
    prepaid_credit "Crédito prepagado",
    rounding_ways ["al más próximo", "al par", "por exceso", "por defecto"],
    months ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
);

labels!(DUTCH:
    invoice "Factuur", credit_note "Creditfactuur", number "Nummer", date "Datum",
    due "Vervaldatum", customer_number "Klantnummer", customer_vat "Uw btw-nummer",
    reference "Uw kenmerk", order "Uw order", contract "Contract", period "Periode",
    credits_invoice "Bij factuur", description "Omschrijving", quantity "Aantal",
    unit_price "Stukprijs", tax "Btw", net "Netto", carried "Transport", brought "Transport",
    lines_total "Som van de regels", allowance "Korting", charge "Toeslag",
    net_total "Totaal excl. btw", on "over", total "Totaal", paid "Betaald",
    to_pay "Te betalen", credited "Uw tegoed", nothing_due "Niets te betalen", reason "Reden",
    payment "Betaling", pay_by_transfer "Maak het bedrag over naar deze rekening",
    pay_by_card "Het bedrag wordt van uw opgeslagen kaart afgeschreven.",
    credit_applied "Het bedrag wordt met open facturen verrekend of terugbetaald.",
    quote "Betalingskenmerk", account "Rekening", bank "Bank", vat_id "Btw-nummer",
    tax_number "Fiscaal nummer", page "Pagina", of "van",
    rounding "Afronding op",
    rounded_once "Regels eenmaal afgerond",
    prepaid_credit "Vooruitbetaald tegoed",
    rounding_ways ["rekenkundig", "naar even", "naar boven", "naar beneden"],
    months ["jan.", "feb.", "mrt.", "apr.", "mei", "juni", "juli", "aug.", "sep.", "okt.",
        "nov.", "dec."],
);

labels!(ITALIAN:
    invoice "Fattura", credit_note "Nota di credito", number "Numero", date "Data",
    due "Scadenza", customer_number "Numero cliente", customer_vat "Sua partita IVA",
    reference "Suo riferimento", order "Suo ordine", contract "Contratto", period "Periodo",
    credits_invoice "Per la fattura", description "Descrizione", quantity "Quantità",
    unit_price "Prezzo unitario", tax "IVA", net "Imponibile", carried "A riportare",
    brought "Riporto", lines_total "Somma delle righe", allowance "Sconto",
    charge "Maggiorazione", net_total "Totale imponibile", on "su", total "Totale",
    paid "Pagato", to_pay "Da pagare", credited "A suo credito", nothing_due "Nulla da pagare",
    reason "Motivo", payment "Pagamento", pay_by_transfer "Bonificare l'importo su questo conto",
    pay_by_card "L'importo è addebitato sulla carta registrata.",
    credit_applied "L'importo è compensato con le fatture aperte o rimborsato.",
    quote "Causale", account "Conto", bank "Banca", vat_id "Partita IVA",
    tax_number "Codice fiscale", page "Pagina", of "di",
    rounding "Arrotondamento a",
    rounded_once "Righe arrotondate una sola volta",
    prepaid_credit "Credito prepagato",
    rounding_ways ["al più vicino", "al pari", "per eccesso", "per difetto"],
    months ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
);
