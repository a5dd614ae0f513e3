//! Everything that can be asked of the program, in the shape of the REST bodies. The API, the
//! stories, the demo and the workers all speak these.

mod body;

pub use body::*;

use serde::{Deserialize, Serialize};

/// A command with who sends it and the key that makes sending it twice harmless.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Whose keys these are: the API token or user.
    pub client: String,
    /// The idempotency key, chosen by the client.
    pub key: String,
    /// Who acts.
    pub actor: String,
    /// What is asked.
    pub command: Command,
}

/// What a command answers: the ids and figures that it made.
pub type Answer = serde_json::Value;

macro_rules! commands {
    ($( $(#[$doc:meta])* $variant:ident($body:ty) = $name:literal, changes_books: $books:literal; )*) => {
        /// Everything that can be asked.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(tag = "command", rename_all = "snake_case")]
        pub enum Command { $( $(#[$doc])* $variant($body), )* }

        impl Command {
            /// The words that name commands in stories and logs.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The word that names this command.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Command::$variant(_) => $name, )* }
            }

            /// Whether it changes the configuration that journeys work with.
            #[must_use]
            pub fn changes_books(&self) -> bool {
                match self { $( Command::$variant(_) => $books, )* }
            }

            /// The content as JSON text, for the digest that tells a repeated command from another.
            ///
            /// # Errors
            /// Never for the bodies we have.
            pub fn content(&self) -> Result<String, serde_json::Error> {
                match self { $( Command::$variant(body) => serde_json::to_string(&($name, body)), )* }
            }

            /// Reads the command called `name` with `body`.
            ///
            /// # Errors
            /// When there is no such command, or the body is not one of it; the text says which
            /// field, where the reader knows.
            pub fn read(name: &str, body: serde_json::Value) -> Result<Command, CommandUnreadable> {
                match name {
                    $( $name => serde_path_to_error::deserialize::<_, $body>(body).map(Command::$variant)
                        .map_err(|error| CommandUnreadable::body($name, &error)), )*
                    _ => Err(CommandUnreadable::Name { name: name.to_owned() }),
                }
            }
        }
    };
}

/// A command that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandUnreadable {
    /// The name is not one of ours.
    #[error("there is no command {name:?}; commands are {}", Command::NAMES.join(", "))]
    Name {
        /// What was given.
        name: String,
    },
    /// The body is not what the command takes.
    #[error("{name}: {}{error}", at(.field))]
    Body {
        /// The command.
        name: String,
        /// Path of the field at fault, such as `lines[0].quantity`; empty for the whole body.
        field: String,
        /// What the reader said.
        error: String,
    },
}

/// The field before a colon, where one is known.
fn at(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!("{field}: ")
    }
}

impl CommandUnreadable {
    fn body(name: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        CommandUnreadable::Body {
            name: name.to_owned(),
            field: if path == "." { String::new() } else { path },
            error: error.inner().to_string(),
        }
    }
}

commands! {
    /// Adds a legal entity.
    CreateEntity(CreateEntity) = "create_entity", changes_books: true;
    /// Adds or replaces a product of the catalogue.
    PublishProduct(PublishProduct) = "publish_product", changes_books: true;
    /// States a tax rate.
    SetTaxRate(SetTaxRate) = "set_tax_rate", changes_books: true;
    /// Puts a new version of the posting rules in force.
    PublishPostingRules(PublishPostingRules) = "publish_posting_rules", changes_books: true;
    /// Adds a customer.
    CreateCustomer(CreateCustomer) = "create_customer", changes_books: false;
    /// Puts a contract in force.
    ActivateContract(ActivateContract) = "activate_contract", changes_books: false;
    /// Changes a contract from a date on.
    AmendContract(AmendContract) = "amend_contract", changes_books: false;
    /// Bills what is owed through a date and not billed.
    RunBilling(RunBilling) = "run_billing", changes_books: false;
    /// Credits an invoice, wholly or in part.
    IssueCreditNote(IssueCreditNote) = "issue_credit_note", changes_books: false;
    /// Records money that arrived.
    RecordPayment(RecordPayment) = "record_payment", changes_books: false;
    /// Sets money that was set against nothing against invoices.
    ApplyPayment(ApplyPayment) = "apply_payment", changes_books: false;
    /// Gives money back.
    RefundPayment(RefundPayment) = "refund_payment", changes_books: false;
    /// Recognises what is earned through a date and not recognised.
    RecogniseRevenue(RecogniseRevenue) = "recognise_revenue", changes_books: false;
    /// Enters a journal by hand.
    PostJournal(PostJournal) = "post_journal", changes_books: false;
    /// Undoes a journal by its mirror image.
    ReverseJournal(ReverseJournal) = "reverse_journal", changes_books: false;
    /// Closes a month of an entity's books.
    ClosePeriod(ChangePeriod) = "close_period", changes_books: false;
    /// Opens a closed month again.
    ReopenPeriod(ReopenPeriod) = "reopen_period", changes_books: false;
    /// Resolves an exception with a reason.
    ResolveException(ResolveException) = "resolve_exception", changes_books: false;
    /// Gives an exception to somebody.
    AssignException(AssignException) = "assign_exception", changes_books: false;
}
