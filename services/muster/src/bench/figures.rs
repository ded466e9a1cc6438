//! Figures: percentiles, medians, and how sure a median is. Pure.

/// The value below which this part of all lies, by nearest rank; 0 of nothing.
pub fn percentile(values: &[f64], part: f64) -> f64 {
    let sorted = sorted(values);
    let all: Vec<usize> = (1..=sorted.len()).collect();
    let rank = all.into_iter().find(|rank| share(*rank, sorted.len()) >= part);
    rank.map_or(0.0, |rank| sorted[rank - 1])
}

/// The middle one, or the mean of the two in the middle; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Where the median of all that could have been measured lies, and with what probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Not below.
    pub low: f64,
    /// Not above.
    pub high: f64,
    /// The probability of that, whatever the distribution.
    pub coverage: f64,
}

/// The narrowest interval between two of the values that holds the median with 95 % at least; with
/// fewer than six values there is none, and it is from the least to the greatest.
pub fn interval(values: &[f64]) -> Interval {
    let sorted = sorted(values);
    let count = sorted.len();
    let mut best = Interval { low: 0.0, high: 0.0, coverage: 0.0 };
    for cut in 0..count.div_ceil(2) {
        let coverage = 1.0 - 2.0 * tail(count, cut);
        if cut > 0 && coverage < 0.95 {
            break;
        }
        best = Interval { low: sorted[cut], high: sorted[count - 1 - cut], coverage };
    }
    best
}

/// The probability that of so many values at most `cut` lie below the median.
fn tail(count: usize, cut: usize) -> f64 {
    let mut term = 0.5_f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let mut sum = term;
    for at in 1..=cut {
        term *= share(count + 1 - at, at);
        sum += term;
    }
    sum
}

#[allow(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// A figure to two digits, as it is shown.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// So many of them, each; 0 of nothing.
#[allow(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
pub fn per(total: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { total as f64 / count as f64 }
}

/// So many in so much time.
#[allow(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
pub fn rate(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds.max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(upto: u32) -> Vec<f64> {
        (1..=upto).rev().map(f64::from).collect()
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred = numbers(100);
        assert_eq!([0.5, 0.99, 1.0].map(|part| percentile(&hundred, part)), [50.0, 99.0, 100.0]);
        assert_eq!(percentile(&[7.0], 0.01), 7.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(&numbers(4)), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn an_interval_covers_the_median_with_95_percent_where_that_is_possible() {
        // The known ranks: of ten values the second and the ninth, of twenty the sixth.
        let ten = interval(&numbers(10));
        assert_eq!((ten.low, ten.high), (2.0, 9.0));
        assert!((ten.coverage - 0.978).abs() < 0.001, "{ten:?}");
        let twenty = interval(&numbers(20));
        assert_eq!((twenty.low, twenty.high), (6.0, 15.0));
        let three = interval(&numbers(3));
        assert_eq!((three.low, three.high, three.coverage), (1.0, 3.0, 0.75));
        assert_eq!(interval(&[]).coverage, 0.0);
    }
}
