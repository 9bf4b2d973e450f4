//! References, brought to one form: `Type/id`, without base and version.

use tern_inbox::{
    party::{Party, PartyRef},
    private::PrivateText,
};
use url::Url;

use super::wire::{Reference, words};
use crate::links::{self, Base};

/// A literal reference to a resource on our server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Type name.
    pub(crate) kind: String,
    /// Logical id.
    pub(crate) id: String,
}

impl Literal {
    /// Reads `Type/id`, `Type/id/_history/n` and absolute URLs below our base. `#contained`, `urn:uuid:…` and
    /// a resource on another server are no literals of ours: taking `https://other/r4/Patient/1` for our own
    /// Patient/1 would be the wrong patient.
    pub(crate) fn of(reference: &str, base: &Base) -> Option<Self> {
        let reference = reference.trim();
        if reference.contains("://") {
            return links::named(reference, base).map(|(kind, id)| Self { kind, id });
        }
        Self::relative(reference)
    }

    /// Reads `Type/id` out of what our own write left in a resource of ours, whatever base the server put before
    /// it. Good for recognising a reference that we know; never for finding out whom one names.
    pub(crate) fn wherever(reference: &str) -> Option<Self> {
        let reference = reference.trim();
        if reference.contains("://") { Self::at_end_of(reference) } else { Self::relative(reference) }
    }

    fn relative(reference: &str) -> Option<Self> {
        let (kind, id) = links::type_and_id(reference)?;
        Some(Self { kind: kind.to_owned(), id: id.to_owned() })
    }

    /// The type and id at the end of a URL whose base nobody knows.
    fn at_end_of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let path = url.path().split("/_history/").next()?;
        let mut segments = path.rsplitn(3, '/');
        let (id, kind) = (segments.next()?, segments.next()?);
        links::type_and_id(&format!("{kind}/{id}")).map(|(kind, id)| Self { kind: kind.to_owned(), id: id.to_owned() })
    }

    /// As a party.
    pub(crate) fn party(&self) -> PartyRef {
        PartyRef::new(format!("{}/{}", self.kind, self.id))
    }
}

/// Who a reference names. One on another server keeps its whole URL, so that it is nobody of ours.
pub(super) fn party_ref(reference: &Reference<'_>, base: &Base) -> Option<PartyRef> {
    let elsewhere = || words(&reference.reference).filter(|text| text.contains("://")).map(PartyRef::new);
    reference.literal(base).map(|literal| literal.party()).or_else(elsewhere)
}

/// Who a reference names, with the name it carries. A name alone (a contained resource, a logical reference)
/// is kept with an empty reference: it can be shown, and nothing can be decided by it.
pub(super) fn party(reference: &Reference<'_>, base: &Base) -> Option<Party> {
    let display = PrivateText::from(words(&reference.display).unwrap_or_default());
    match party_ref(reference, base) {
        Some(reference) => Some(Party { reference, display }),
        None if display.is_blank() => None,
        None => Some(Party { reference: PartyRef::new(""), display }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reference: &str, base: &Base) -> Option<String> {
        Literal::of(reference, base).map(|literal| format!("{}/{}", literal.kind, literal.id))
    }

    #[test]
    fn references_come_to_one_form() {
        let base = Base::of_url("https://practice.example/fhir").expect("a base");
        for reference in [
            "Patient/ana",
            "Patient/ana/_history/4",
            "https://practice.example/fhir/Patient/ana",
            "http://localhost:8080/fhir/Patient/ana/_history/4",
            " Patient/ana ",
        ] {
            assert_eq!(of(reference, &base).as_deref(), Some("Patient/ana"), "{reference}");
        }
    }

    #[test]
    fn what_is_not_on_our_server_is_not_ours() {
        let base = Base::of_url("https://practice.example/fhir").expect("a base");
        for reference in [
            "https://other.example/r4/Patient/ana",
            "#ana",
            "urn:uuid:0b",
            "Patient?identifier=7",
            "Patient/../Task/7",
            "patient/ana",
            "",
        ] {
            assert_eq!(of(reference, &base), None, "{reference}");
        }
    }
}
