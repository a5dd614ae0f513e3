//! The same pure work over many things at once.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
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

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn the_order_is_kept_whatever_the_count() {
        for count in [0_u32, 1, 499, 1_000, 1_001, 4_321] {
            let things: Vec<u32> = (0..count).collect();
            let doubled = map(&things, |thing| thing * 2);
            let expected: Vec<u32> = (0..count).map(|thing| thing * 2).collect();
            assert_eq!(doubled, expected);
        }
    }
}
