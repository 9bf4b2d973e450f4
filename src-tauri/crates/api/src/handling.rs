//! What envelopes usually take the member who sits here.

use std::collections::HashMap;

use tern_inbox::{
    envelope::Envelope,
    handling::{self, Usual},
    party::PartyRef,
};
use tern_store::{Reader, StoreError};

/// What each envelope's category usually takes: a handful of categories, each asked once.
pub(crate) fn usual_of(
    reader: &Reader<'_>,
    author: &PartyRef,
    envelopes: &[Envelope],
) -> Result<Vec<Usual>, StoreError> {
    let mut known: HashMap<Option<&str>, Usual> = HashMap::new();
    let mut usual = Vec::with_capacity(envelopes.len());
    for envelope in envelopes {
        let category = envelope.category.as_deref();
        let of_category = match known.get(&category) {
            Some(known) => *known,
            None => {
                let seconds = reader.handling_seconds(author, category, handling::LOOKED_AT)?;
                *known.entry(category).or_insert(handling::usual(category, &seconds))
            }
        };
        usual.push(of_category);
    }
    Ok(usual)
}
