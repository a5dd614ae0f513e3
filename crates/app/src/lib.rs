//! The journeys of Tieout, one file each: load, decide, record, act. Everything here is synchronous
//! and reads top to bottom; the same code runs under the server, the story runner and the demo.
//! Decisions are made in the domain crates, SQL is in `store`, HTTP is in `web` and `connect`.

pub mod access;
pub mod approval;
mod batch_file;
pub mod bill_run;
mod books;
mod bus;
pub mod collection;
pub mod command;
pub mod connections;
pub mod deliver;
pub mod export;
mod fault;
mod gate;
pub mod governance;
mod identifiers;
pub mod intake;
pub mod journey;
pub mod lanes;
mod lease;
pub(crate) mod lifecycle;
pub mod limits;
pub mod outward;
mod parallel;
pub mod payment_routes;
pub mod preview;
pub mod price_change;
pub mod printing;
pub mod process;
pub mod pulse;
pub mod query;
mod record;
pub mod replay;
mod retry;
pub mod seal;
pub mod shadow;
pub mod story;
pub mod sweep;
pub mod usage;
pub mod view;
pub mod worker;

pub use batch_file::{FileProblem, FileView};
pub use books::{Books, Routing};
pub use bus::{BusConfig, READER as BUS_READER};
pub use fault::{AppFault, Refusal};
pub use identifiers::{MonotonicIds, SimulatedClock, SystemClock};
pub use record::{Context, Fact, Intent, Recorder, post_parked, read_envelope};

use command::{Answer, Command, Envelope};
use std::sync::{Arc, PoisonError, RwLock};
use store::Store;
use values::{Clock, IdSource};

/// The program behind every door: the same for the API, the console, the workers and the stories.
#[derive(Clone)]
pub struct App {
    core: Arc<Core>,
}

struct Core {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    origin: events::Origin,
    books: RwLock<Arc<Books>>,
    sealer: RwLock<Option<Arc<seal::Sealer>>>,
    fonts: std::sync::OnceLock<Arc<paper::Fonts>>,
    holder: lease::Holder,
    tie_outs: query::TieOutMemory,
}

/// Whether a command was done now or had been done before with the same answer.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It was done now.
    Done(T),
    /// The same command was done before; this is its answer.
    AlreadyDone(T),
}

impl<T> Outcome<T> {
    /// The answer, whichever it was.
    pub fn into_answer(self) -> T {
        match self {
            Outcome::Done(answer) | Outcome::AlreadyDone(answer) => answer,
        }
    }
}

impl App {
    /// Opens the program on a store. Books that have no posting rules and chart yet get the ones
    /// that ship with the program.
    ///
    /// # Errors
    /// When the store fails or the stored configuration cannot be read.
    pub fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        origin: events::Origin,
    ) -> Result<App, AppFault> {
        let now = clock.now();
        let books = store.write(move |tx| {
            books::ship_defaults(tx, now)?;
            Books::load(tx, now)
        })?;
        let core = Core {
            store,
            clock,
            ids,
            origin,
            books: RwLock::new(Arc::new(books)),
            sealer: RwLock::new(None),
            fonts: std::sync::OnceLock::new(),
            holder: lease::Holder::new(now),
            tie_outs: query::TieOutMemory::default(),
        };
        Ok(App {
            core: Arc::new(core),
        })
    }

    /// The store, for queries.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.core.store
    }

    /// What is kept between two looks at the tie-outs.
    pub(crate) fn tie_out_memory(&self) -> &query::TieOutMemory {
        &self.core.tie_outs
    }

    /// The clock that the program runs on.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.core.clock
    }

    /// The source of new ids.
    #[must_use]
    pub fn ids(&self) -> &Arc<dyn IdSource> {
        &self.core.ids
    }

    /// Entities, chart, rules, taxes and catalogue as they stand.
    #[must_use]
    pub fn books(&self) -> Arc<Books> {
        self.core
            .books
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What seals and opens secrets; [`App::with_sealer`] brings it.
    ///
    /// # Errors
    /// When the program was opened without a key.
    pub fn sealer(&self) -> Result<Arc<seal::Sealer>, seal::SealFault> {
        let held = self
            .core
            .sealer
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        held.clone().ok_or(seal::SealFault::NoKey)
    }

    fn set_sealer(&self, sealer: seal::Sealer) {
        let mut held = self
            .core
            .sealer
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Some(Arc::new(sealer));
    }

    /// What a journey needs besides the transaction.
    #[must_use]
    pub fn context(&self, actor: &str) -> Context {
        Context {
            now: self.core.clock.now(),
            ids: self.core.ids.clone(),
            origin: self.core.origin,
            actor: actor.to_owned(),
            books: self.books(),
            sealer: self.sealer().ok(),
        }
    }

    /// Does a command once. The same key with the same content answers as before; the same key with
    /// other content is refused.
    ///
    /// # Errors
    /// A refusal that names what is wrong, or a fault.
    pub fn execute(&self, envelope: Envelope) -> Result<Outcome<Answer>, AppFault> {
        let changes_books = envelope.command.changes_books();
        let actor = envelope.actor.clone();
        let of_system = governance::gate::of_system(&self.books(), &envelope);
        let (answer, waiting) = std::sync::mpsc::sync_channel(1);
        self.submit(envelope, move |result| {
            let _ = answer.send(result);
        });
        let outcome = waiting
            .recv()
            .unwrap_or(Err(AppFault::Store(store::StoreFault::Closed)));
        if let (Some(envelope), Err(AppFault::Refused(refusals))) = (&of_system, &outcome) {
            governance::gate::note_conflict(self, envelope, refusals);
        }
        if let Err(AppFault::Refused(refusals)) = &outcome {
            lifecycle::note(self, &actor, refusals);
        }
        let outcome = outcome?;
        if changes_books {
            self.reload_books()?;
        }
        Ok(outcome)
    }

    /// As [`App::execute`] without waiting, for callers with many commands under way. Commands that
    /// change the configuration must go through [`App::execute`].
    pub fn submit(
        &self,
        envelope: Envelope,
        done: impl FnOnce(Result<Outcome<Answer>, AppFault>) + Send + 'static,
    ) {
        let digest = match journey::digest(&envelope) {
            Ok(digest) => digest,
            Err(fault) => return done(Err(fault)),
        };
        let (app, mut context) = (self.clone(), self.context(&envelope.actor));
        self.core.store.enqueue(
            move |tx| {
                app.bring_up_to_date(tx, &mut context)?;
                journey::execute(tx, &context, &envelope, &digest)
            },
            done,
        );
    }

    /// Runs a journey that is not a command of a person: a worker's step. Same transaction rules.
    ///
    /// # Errors
    /// What the journey returns.
    pub fn run<T: Send + 'static>(
        &self,
        actor: &str,
        journey: impl FnOnce(&mut store::Tx<'_>, &Context) -> Result<T, AppFault> + Send + 'static,
    ) -> Result<T, AppFault> {
        let (app, mut context) = (self.clone(), self.context(actor));
        self.core.store.write(move |tx| {
            app.bring_up_to_date(tx, &mut context)?;
            journey(tx, &context)
        })
    }

    /// Reads the configuration again when another process has changed it since it was read: one
    /// number is compared in the transaction that is to use it.
    fn bring_up_to_date(
        &self,
        tx: &mut store::Tx<'_>,
        context: &mut Context,
    ) -> Result<(), AppFault> {
        let due = context.books.governance.next_day;
        let is_due = due.is_some_and(|day| day <= governance::day_of(context.now));
        if is_due || books::version(tx)? != context.books.version {
            let books = Arc::new(Books::load(tx, context.now)?);
            context.books = books.clone();
            *self
                .core
                .books
                .write()
                .unwrap_or_else(PoisonError::into_inner) = books;
        }
        Ok(())
    }

    /// Reads the configuration again if another process has changed it. Workers ask in every round,
    /// so that questions, which look at what was read last, are at most a round behind.
    ///
    /// # Errors
    /// When it cannot be read; the earlier one stays in force.
    pub fn refresh_books(&self) -> Result<(), AppFault> {
        if self.core.store.read(books::version)? != self.books().version {
            self.reload_books()?;
        }
        Ok(())
    }

    /// As [`App::run`] without waiting: `done` is called once the outcome is durable.
    pub fn run_then<T: Send + 'static>(
        &self,
        actor: &str,
        journey: impl FnOnce(&mut store::Tx<'_>, &Context) -> Result<T, AppFault> + Send + 'static,
        done: impl FnOnce(Result<T, AppFault>) + Send + 'static,
    ) {
        let context = self.context(actor);
        let span = tracing::Span::current();
        self.core
            .store
            .enqueue(move |tx| span.in_scope(|| journey(tx, &context)), done);
    }

    /// Says what other systems are told of.
    ///
    /// # Errors
    /// When the store fails.
    pub fn set_routing(&self, actor: &str, routing: Routing) -> Result<(), AppFault> {
        self.run(actor, move |tx, _| {
            let text = fault::to_store("routing", &routing)?;
            store::settings::set_setting(tx, books::ROUTING, &text)?;
            books::changed(tx)
        })?;
        self.reload_books()
    }

    /// Reads the configuration again after it was changed.
    ///
    /// # Errors
    /// When it cannot be read; the earlier one stays in force.
    pub fn reload_books(&self) -> Result<(), AppFault> {
        let now = self.core.clock.now();
        let books = self.core.store.read(move |tx| Books::load(tx, now))?;
        *self
            .core
            .books
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(books);
        Ok(())
    }

    /// Does a command without an idempotency key of the caller's: the key is minted.
    ///
    /// # Errors
    /// As [`App::execute`].
    pub fn act(&self, actor: &str, command: Command) -> Result<Answer, AppFault> {
        let key = self.core.ids.mint("key", self.core.clock.now());
        let envelope = Envelope {
            client: actor.to_owned(),
            key,
            actor: actor.to_owned(),
            command,
        };
        self.execute(envelope).map(Outcome::into_answer)
    }
}
