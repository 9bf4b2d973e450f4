//! What to ask for: SMART v2 scopes, or v1 where that is all the server knows.

use super::discovery::Configuration;

/// Which grammar of scopes a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grammar {
    /// SMART App Launch 2: `user/*.cruds`.
    V2,
    /// SMART App Launch 1: `user/*.read`, `user/*.*`.
    V1,
}

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    User,
    System,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
        }
    }
}

/// The scopes of a member's session: who they are, a refresh token, and what they may do anyway.
pub(super) fn member(configuration: &Configuration) -> Vec<String> {
    let mut scopes = vec!["openid".to_owned()];
    // SMART 1 servers named the same claim by OpenID's `profile`.
    let says = |scope: &str| configuration.scopes.iter().any(|supported| supported == scope);
    let identity = if says("profile") && !says("fhirUser") { "profile" } else { "fhirUser" };
    scopes.push(identity.to_owned());
    scopes.push("offline_access".to_owned());
    scopes.extend(clinical(configuration, Level::User));
    scopes
}

/// The scopes of the agent.
pub(super) fn system(configuration: &Configuration) -> Vec<String> {
    clinical(configuration, Level::System)
}

fn clinical(configuration: &Configuration, level: Level) -> Vec<String> {
    let name = level.as_str();
    match grammar(configuration, level) {
        Grammar::V2 => vec![format!("{name}/*.cruds")],
        Grammar::V1 => {
            // `*` for both was optional; who lists the two halves means them.
            let both = [format!("{name}/*.read"), format!("{name}/*.write")];
            if both.iter().all(|half| configuration.scopes.contains(half)) {
                both.into()
            } else {
                vec![format!("{name}/*.*")]
            }
        }
    }
}

fn grammar(configuration: &Configuration, level: Level) -> Grammar {
    let capable = |name: &str| configuration.capabilities.iter().any(|capability| capability == name);
    if capable("permission-v2") {
        return Grammar::V2;
    }
    if capable("permission-v1") {
        return Grammar::V1;
    }
    // Servers from between the two say it only by example.
    let prefix = format!("{}/", level.as_str());
    let permissions = configuration.scopes.iter().filter_map(|scope| scope.strip_prefix(&prefix)?.split_once('.'));
    for (_, permission) in permissions {
        let permission = permission.split('?').next().unwrap_or_default();
        if matches!(permission, "read" | "write" | "*") {
            return Grammar::V1;
        }
        if !permission.is_empty() && permission.chars().all(|letter| "cruds".contains(letter)) {
            return Grammar::V2;
        }
    }
    // No `capabilities` at all: known by a CapabilityStatement, as SMART 1 was.
    if configuration.capabilities.is_empty() { Grammar::V1 } else { Grammar::V2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(capabilities: &[&str], scopes: &[&str]) -> Configuration {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Configuration { capabilities: owned(capabilities), scopes: owned(scopes), ..Configuration::default() }
    }

    #[test]
    fn each_server_is_asked_in_its_own_grammar() {
        for (capabilities, scopes, asked) in [
            (&["permission-v2"][..], &[][..], "openid fhirUser offline_access user/*.cruds"),
            (&["permission-v1", "permission-v2"], &[], "openid fhirUser offline_access user/*.cruds"),
            (&["permission-v1"], &[], "openid fhirUser offline_access user/*.*"),
            (
                &["permission-v1"],
                &["user/*.read", "user/*.write"],
                "openid fhirUser offline_access user/*.read user/*.write",
            ),
            (
                &["sso-openid-connect"],
                &["openid", "fhirUser", "user/*.rs"],
                "openid fhirUser offline_access user/*.cruds",
            ),
            (&["sso-openid-connect"], &["openid", "profile", "user/*.*"], "openid profile offline_access user/*.*"),
            (&["sso-openid-connect"], &[], "openid fhirUser offline_access user/*.cruds"),
            (&[], &[], "openid fhirUser offline_access user/*.*"),
        ] {
            assert_eq!(member(&configuration(capabilities, scopes)).join(" "), asked, "{capabilities:?} {scopes:?}");
        }
    }

    #[test]
    fn the_agent_asks_for_the_systems_scopes() {
        assert_eq!(system(&configuration(&["permission-v2"], &[])), ["system/*.cruds"]);
        assert_eq!(system(&configuration(&["permission-v1"], &[])), ["system/*.*"]);
    }
}
