//! Work of every kind behind one type, so that what runs it is compiled once and not once a caller.

use crate::{StoreFault, Tx};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs in a transaction and says what becomes of what it wrote.
pub(crate) type Work = Box<dyn FnOnce(&mut Tx<'_>) -> Verdict + Send>;
/// Told whether the work was run and, when it is to be kept, is durable.
pub(crate) type Finish = Box<dyn FnOnce(Result<(), StoreFault>) + Send>;

/// What becomes of what work wrote.
pub(crate) enum Verdict {
    /// It is kept.
    Keep,
    /// The work failed; what it wrote is undone.
    Undo,
    /// The store failed; what was written is undone.
    Fault(StoreFault),
}

impl Verdict {
    /// Whether what was written is kept.
    pub(crate) fn keeps(&self) -> bool {
        matches!(self, Verdict::Keep)
    }

    /// What the caller is told when what was written stays or was undone as it should.
    pub(crate) fn outcome(self) -> Result<(), StoreFault> {
        match self {
            Verdict::Keep | Verdict::Undo => Ok(()),
            Verdict::Fault(fault) => Err(fault),
        }
    }
}

/// Where work leaves its answer.
pub(crate) struct Kept<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

impl<T, E: From<StoreFault>> Kept<T, E> {
    /// The answer of the work, or the fault of the store. What the work refused goes before.
    pub(crate) fn answer(self, outcome: Result<(), StoreFault>) -> Result<T, E> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (kept, outcome) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(fault)) => Err(E::from(fault)),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(E::from(StoreFault::BrokeOff)),
        }
    }
}

/// Work that leaves its answer where it can be found afterwards.
pub(crate) fn keeping<T, E>(
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
) -> (Work, Kept<T, E>)
where
    T: Send + 'static,
    E: Send + 'static,
{
    let left = Arc::new(Mutex::new(None));
    let kept = Kept(left.clone());
    let work = move |tx: &mut Tx<'_>| {
        let answer = work(tx);
        let verdict = if answer.is_ok() {
            Verdict::Keep
        } else {
            Verdict::Undo
        };
        *left.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        verdict
    };
    (Box::new(work), kept)
}
