//! How the elements of an array fare, in the few words and tones that a bar has room for.

use catalogue::t;
use wire::job::ArrayView;

use super::vcluster::Tone;
use crate::api::jobs::Fare;

impl Fare {
    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Completed => Tone::Good,
            Self::Running => Tone::Busy,
            Self::Failed => Tone::Bad,
            Self::Cancelled | Self::Waiting => Tone::Quiet,
        }
    }

    /// `3 failed`.
    pub(crate) fn count_word(self, count: u32) -> String {
        match self {
            Self::Completed => t!("job-fare-completed", n = count),
            Self::Running => t!("job-fare-running", n = count),
            Self::Failed => t!("job-fare-failed", n = count),
            Self::Cancelled => t!("job-fare-cancelled", n = count),
            Self::Waiting => t!("job-fare-waiting", n = count),
        }
    }

    /// How many of them fare so.
    pub(crate) fn count(self, array: &ArrayView) -> u32 {
        array.count(|state| self.states().contains(&state))
    }
}

/// Each way to fare that any of them does, and how many do.
pub(crate) fn fares(array: &ArrayView) -> Vec<(Fare, u32)> {
    let counted = Fare::ALL.map(|fare| (fare, fare.count(array)));
    counted.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// `40 completed · 3 failed · 57 waiting`.
pub(crate) fn counts(array: &ArrayView) -> String {
    let words = fares(array).into_iter().map(|(fare, count)| fare.count_word(count));
    words.collect::<Vec<_>>().join(" · ")
}

/// `43 of 100 finished`.
pub(crate) fn how_far(array: &ArrayView) -> String {
    t!("job-array-over", over = array.over(), size = array.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples::array;

    #[test]
    fn every_element_fares_in_one_way() {
        let array = array(&[("completed", 40), ("running", 2), ("completing", 1), ("timeout", 3), ("pending", 54)]);
        let counted: u32 = fares(&array).into_iter().map(|(_, count)| count).sum();
        assert_eq!((counted, array.size), (100, 100));
        assert_eq!(counts(&array), "40 completed · 3 running · 3 failed · 54 waiting");
        assert_eq!(how_far(&array), "43 of 100 finished");
    }
}
