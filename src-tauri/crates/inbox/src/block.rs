//! What fits into the minutes that are left: a response block, or "I have eight minutes" between two visits.
//!
//! The order to work in stays what it is; a block only leaves out what it cannot end. Whatever is urgent is offered
//! all the same, and said not to fit: it is not for a plan of the day to put off. What is offered second is offered as
//! if the first had been done, so that a person sees how far the minutes reach, and never a sum that they do not.

use crate::work_item::Urgency;

/// Something that waits, in the order to work in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How urgent it is.
    pub urgency: Urgency,
    /// What it usually takes the person ([`crate::handling::usual`]).
    pub minutes: u32,
}

impl Candidate {
    fn cannot_be_put_off(self) -> bool {
        self.urgency >= Urgency::Urgent
    }
}

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its place among the candidates, from 0.
    pub place: usize,
    /// It is likely to be ended in the minutes that are left by then.
    pub fits: bool,
}

/// The minutes, filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// In the order to work in.
    pub offers: Vec<Offer>,
    /// What is left for another time, in the order to work in.
    pub left_out: Vec<usize>,
    /// Minutes that what is offered usually takes, together.
    pub minutes: u32,
}

/// Fills `minutes` with what waits, in the order in which it waits.
pub fn fill(candidates: &[Candidate], minutes: u32) -> Filled {
    let mut filled = Filled::default();
    for (place, candidate) in candidates.iter().enumerate() {
        let fits = filled.minutes.saturating_add(candidate.minutes) <= minutes;
        if fits || candidate.cannot_be_put_off() {
            filled.offers.push(Offer { place, fits });
            filled.minutes = filled.minutes.saturating_add(candidate.minutes);
        } else {
            filled.left_out.push(place);
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn routine(minutes: u32) -> Candidate {
        Candidate { urgency: Urgency::Routine, minutes }
    }

    fn urgent(minutes: u32) -> Candidate {
        Candidate { urgency: Urgency::Urgent, minutes }
    }

    fn offered(candidates: &[Candidate], minutes: u32) -> Vec<(usize, bool)> {
        fill(candidates, minutes).offers.iter().map(|offer| (offer.place, offer.fits)).collect()
    }

    #[test]
    fn a_long_one_waits_and_a_short_one_behind_it_does_not() {
        assert_eq!(offered(&[routine(1), routine(8), routine(6)], 8), [(0, true), (2, true)]);
        assert_eq!(offered(&[routine(8), routine(1)], 8), [(0, true)]);
        assert_eq!(fill(&[routine(9), routine(3)], 8).left_out, [0]);
    }

    #[test]
    fn what_is_urgent_is_offered_though_it_does_not_fit_and_takes_its_minutes() {
        assert_eq!(offered(&[urgent(10), routine(2)], 8), [(0, false)]);
        assert_eq!(offered(&[urgent(6), urgent(6), routine(2)], 8), [(0, true), (1, false)]);
        assert_eq!(offered(&[urgent(1)], 0), [(0, false)]);
    }

    #[test]
    fn nothing_waits_and_no_minute_is_left() {
        assert_eq!(fill(&[], 8), Filled::default());
        assert_eq!(offered(&[routine(1)], 0), []);
    }

    fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let urgency = prop_oneof![
            Just(Urgency::Routine),
            Just(Urgency::SameDay),
            Just(Urgency::Urgent),
            Just(Urgency::Emergency)
        ];
        prop::collection::vec((urgency, 1_u32..30).prop_map(|(urgency, minutes)| Candidate { urgency, minutes }), 0..40)
    }

    proptest! {
        #[test]
        fn everything_is_offered_or_left_out_in_its_order(candidates in any_candidates(), minutes in 0_u32..60) {
            let filled = fill(&candidates, minutes);
            let places: Vec<usize> = filled.offers.iter().map(|offer| offer.place).collect();
            prop_assert!(places.is_sorted() && filled.left_out.is_sorted());
            let mut all = [places, filled.left_out].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..candidates.len()).collect::<Vec<_>>());
        }

        #[test]
        fn what_is_said_to_fit_does_and_nothing_urgent_is_left_out(candidates in any_candidates(), minutes in 0_u32..60) {
            let filled = fill(&candidates, minutes);
            let mut spent = 0;
            for offer in &filled.offers {
                let candidate = candidates[offer.place];
                spent += candidate.minutes;
                prop_assert_eq!(offer.fits, spent <= minutes);
                prop_assert!(offer.fits || candidate.urgency >= Urgency::Urgent);
            }
            prop_assert_eq!(filled.minutes, spent);
            prop_assert!(filled.left_out.iter().all(|place| candidates[*place].urgency < Urgency::Urgent));
        }
    }
}
