//! FHIR R4: wire to domain and back, without I/O.
