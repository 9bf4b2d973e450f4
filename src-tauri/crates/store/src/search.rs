//! placeholder
#[cfg(test)]
pub(crate) const SCREENS: &[(&str, &str)] = &[];
