//! How long things took: percentiles of whole numbers, by the nearest rank, so that every figure is
//! one that was really observed.

/// The value that `percent` of 100 do not exceed; `sorted` goes from the smallest to the largest.
/// Nothing when there is none.
#[must_use]
pub fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    per_mille(sorted, percent.saturating_mul(10))
}

/// The value that `part` of 1,000 do not exceed; `sorted` goes from the smallest to the largest.
/// Nothing when there is none.
#[must_use]
pub fn per_mille<T: Copy>(sorted: &[T], part: usize) -> Option<T> {
    let rank = (sorted.len() * part.min(1_000)).div_ceil(1_000).max(1);
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
        assert_eq!(percentile::<i64>(&[], 50), None);
        let many: Vec<u32> = (1..=2_000).collect();
        assert_eq!(per_mille(&many, 999), Some(1_998));
    }
}
