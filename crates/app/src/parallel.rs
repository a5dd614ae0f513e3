//! The same pure work over many things at once, and letting go of many things beside other work.

use std::iter::from_fn;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::mpsc::{TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{available_parallelism, scope};

/// A thread is begun for at least so many things.
const WORTH_A_THREAD: usize = 500;

/// What `work` makes of each thing, in their order: on every processor where there are many.
pub(crate) fn map<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = processors.min(things.len() / WORTH_A_THREAD);
    if threads < 2 {
        return things.iter().map(work).collect();
    }
    let work = &work;
    scope(|scope| {
        let shares: Vec<_> = things
            .chunks(things.len().div_ceil(threads))
            .map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let mut made = Vec::with_capacity(things.len());
        for share in shares {
            made.extend(share.join().unwrap_or_else(|broke| resume_unwind(broke)));
        }
        made
    })
}

/// Works on shares as this thread reads them: on every processor, and on this one whenever enough of them
/// wait. Answers what was made of each share, in their order.
///
/// # Errors
/// The first one of `read`.
pub(crate) fn while_reading<S: Send, R: Send, F>(
    mut read: impl FnMut() -> Result<Option<S>, F>,
    work: impl Fn(S) -> R + Sync,
) -> Result<Vec<R>, F> {
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    let (offer, offered) = sync_channel(processors);
    let offered = Mutex::new(offered);
    let done = |(at, share): (usize, S)| (at, work(share));
    let take = || {
        offered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv()
    };
    let one = || take().ok().map(done);
    let one = &one;
    let mut made: Vec<(usize, R)> = scope(move |scope| {
        let helpers: Vec<_> = (1..processors)
            .map(|_| scope.spawn(move || from_fn(one).collect::<Vec<_>>()))
            .collect();
        let (mut made, mut count) = (Vec::new(), 0);
        while let Some(share) = read()? {
            if let Err(TrySendError::Full(own) | TrySendError::Disconnected(own)) =
                offer.try_send((count, share))
            {
                made.push(done(own));
            }
            count += 1;
        }
        // The helpers end once nothing more can come, however reading ends.
        drop(offer);
        made.extend(from_fn(one));
        for helper in helpers {
            made.extend(helper.join().unwrap_or_else(|broke| resume_unwind(broke)));
        }
        Ok(made)
    })?;
    made.sort_unstable_by_key(|(at, _)| *at);
    Ok(made.into_iter().map(|(_, made)| made).collect())
}

/// Lets go of things that are not needed any more: by a thread of its own where there are many, because
/// what was read of tens of thousands of contracts takes as long to free as a flush.
pub(crate) fn let_go<T: Send + 'static>(things: Vec<T>) {
    if things.len() < WORTH_A_THREAD {
        return;
    }
    // Without a thread they are freed here.
    let _ = std::thread::Builder::new()
        .name("let-go".to_owned())
        .spawn(move || drop(things));
}

#[cfg(test)]
mod tests {
    use super::{map, while_reading};

    #[test]
    fn the_order_is_kept_whatever_the_count() {
        for count in [0_u32, 1, 499, 1_000, 1_001, 4_321] {
            let things: Vec<u32> = (0..count).collect();
            let doubled = map(&things, |thing| thing * 2);
            let expected: Vec<u32> = (0..count).map(|thing| thing * 2).collect();
            assert_eq!(doubled, expected);
        }
    }

    #[test]
    fn shares_are_worked_on_in_the_order_in_which_they_were_read() {
        for count in [0_u32, 1, 7, 300] {
            let mut left = 0..count;
            let made = while_reading(|| Ok::<_, ()>(left.next()), |share| share * 3);
            let expected: Vec<u32> = (0..count).map(|share| share * 3).collect();
            assert_eq!(made, Ok(expected));
        }
    }

    #[test]
    fn a_fault_of_the_reader_ends_it() {
        let mut left = 0..10_u32;
        let read = || left.next().filter(|at| *at < 5).map(Some).ok_or("broken");
        assert_eq!(while_reading(read, |at| at), Err("broken"));
    }
}
