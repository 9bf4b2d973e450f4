//! Which quirks exclude each other, and a list of combinations in which every other pair meets.
//!
//! Most defects of this kind need one quirk, nearly all of the rest need two. Trying every pair one by one would
//! take some two thousand runs; a *covering array* packs them into a few dozen sets, so that each two quirks
//! that can be true of one server stand together in at least one set.
//!
//! Quirks are modelled as factors: those that are forms of one thing (an ETag is weak *or* strong) are levels of
//! one factor, of which a set holds at most one. [`MASKED`] adds the pairs where one would hide the other: a
//! server without PATCH can't ignore a PATCH's `If-Match`.

use std::collections::BTreeSet;

use chacha20::ChaCha8Rng;
use rand::SeedableRng;
use rand::seq::SliceRandom;

use crate::quirk::Quirk;
use crate::quirk::Quirk::*;
use crate::quirks::Quirks;

/// Quirks that are forms of one thing.
const FACTORS: &[&[Quirk]] = &[
    &[OffsetPaging, CursorNeedsLastUpdated],
    &[UnknownParam400, UnknownParamIgnored],
    &[PatchTest400, PatchTest409, PatchTest412, PatchTest422],
    &[TransactionHalf, TransactionMissing],
    &[EtagMissing, EtagWeak, EtagStrong],
    &[EtagNumber, EtagUuid],
    &[LinksOtherHost, LinksLocalhost],
    &[LocationHistory, LocationPlain],
    &[ReferencesAbsolute, ReferencesRelative],
    &[ResponseStatusLong, ResponseStatusShort],
    &[ErrorInDetails, ErrorInDiagnostics, ErrorHtml],
    &[DeletedAs404, DeletedAs410, DeletedAs200],
    &[ReceivedNever, ReceiptsInExtension],
    &[JsonMissing, XmlMissing],
    &[ScopesV1Only, ScopesV2Only],
    &[IfNoneExistIgnored, IfNoneExistNotAtomic],
];

/// The first hides each of the others.
const MASKED: &[(Quirk, &[Quirk])] = &[
    (PatchMissing, &[PatchIgnoresIfMatch, PatchTest400, PatchTest409, PatchTest412, PatchTest422]),
    (SubscriptionsMissing, &[SubscriptionsDrop, SubscriptionsUnfiltered, NoPush]),
    (NoPush, &[SubscriptionsDrop]),
    (SearchIgnored, &[PartOfNeedsType]),
    (UnknownParamIgnored, &[PartOfNeedsType]),
];

/// Never in a covering array: no client can work there, so nothing is learnt from its company.
const UNFIT: &[Quirk] = &[JsonMissing, PutIgnoresIfMatch];

/// Whether two quirks can't both be true of one server, or one would hide the other.
#[must_use]
pub fn conflicting(a: Quirk, b: Quirk) -> bool {
    a != b
        && (FACTORS.iter().any(|levels| levels.contains(&a) && levels.contains(&b))
            || MASKED
                .iter()
                .any(|(mask, hidden)| (*mask == a && hidden.contains(&b)) || (*mask == b && hidden.contains(&a))))
}

/// The quirks that a covering array combines: traits of a server that a client can live with.
#[must_use]
pub fn combinable() -> Vec<Quirk> {
    Quirk::ALL.iter().copied().filter(|quirk| !quirk.is_fault() && !UNFIT.contains(quirk)).collect()
}

/// Sets of quirks, each with its default setting, in which every two of [`combinable`] that don't conflict
/// stand together at least once. The same seed gives the same sets, on every platform.
///
/// Greedy: each set starts from the first quirk that misses another and takes, from a seeded order, whichever
/// quirk brings the most missing pairs with what the set already holds. Sets are kept to at most
/// [`LARGEST`], so that a failing one can be read.
#[must_use]
pub fn covering_pairs(seed: u64) -> Vec<Quirks> {
    let mut order = combinable();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut missing: BTreeSet<(Quirk, Quirk)> = BTreeSet::new();
    for (i, a) in order.iter().enumerate() {
        for b in order.iter().skip(i + 1).filter(|b| !conflicting(*a, **b)) {
            missing.insert(ordered(*a, *b));
        }
    }
    let mut rows = Vec::new();
    while let Some((first, _)) = missing.first().copied() {
        let mut row = Vec::new();
        // Whoever may still join, with the missing pairs that it would bring.
        let mut candidates: Vec<(Quirk, usize)> = order.iter().map(|quirk| (*quirk, 0)).collect();
        let mut next = Some(first);
        while let Some(quirk) = next {
            row.push(quirk);
            candidates.retain(|(candidate, _)| *candidate != quirk && !conflicting(*candidate, quirk));
            for (candidate, gain) in &mut candidates {
                *gain += usize::from(missing.contains(&ordered(*candidate, quirk)));
            }
            let best = candidates.iter().copied().reduce(|best, other| if other.1 > best.1 { other } else { best });
            next = best.filter(|(_, gain)| *gain > 0 && row.len() < LARGEST).map(|(candidate, _)| candidate);
        }
        for (i, a) in row.iter().enumerate() {
            for b in row.iter().skip(i + 1) {
                missing.remove(&ordered(*a, *b));
            }
        }
        let mut quirks = Quirks::none();
        for quirk in row {
            // Compatible by construction.
            let _ = quirks.add(quirk);
        }
        rows.push(quirks);
    }
    rows
}

/// The most quirks in one set of [`covering_pairs`].
pub const LARGEST: usize = 16;

fn ordered(a: Quirk, b: Quirk) -> (Quirk, Quirk) {
    if a < b { (a, b) } else { (b, a) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn every_compatible_pair_meets_and_no_conflicting_one(seed: u64) {
            let rows = covering_pairs(seed);
            let all = combinable();
            for (i, a) in all.iter().enumerate() {
                for b in &all[i + 1..] {
                    let met = rows.iter().any(|row| row.contains(*a) && row.contains(*b));
                    prop_assert_eq!(met, !conflicting(*a, *b), "{} and {}", a, b);
                }
            }
            prop_assert_eq!(rows, covering_pairs(seed));
        }
    }

    #[test]
    fn a_few_dozen_sets_are_enough() {
        let rows = covering_pairs(1).len();
        assert!(rows < 60, "{rows} sets");
    }
}
