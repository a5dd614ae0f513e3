//! How long things took: percentiles of whole numbers, by the nearest rank, so that every figure is
//! one that was really observed.

/// The value that `percent` of 100 do not exceed; `sorted` goes from the smallest to the largest.
/// Nothing when there is none.
#[must_use]
pub fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent.min(100)).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_observed() {
        let waits = [15, 20, 35, 40, 50];
        assert_eq!(percentile(&waits, 5), Some(15));
        assert_eq!(percentile(&waits, 30), Some(20));
        assert_eq!(percentile(&waits, 40), Some(20));
        assert_eq!(percentile(&waits, 50), Some(35));
        assert_eq!(percentile(&waits, 95), Some(50));
        assert_eq!(percentile(&waits, 100), Some(50));
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
