//! The few words that the system shows outside the window: tray, notifications, title. The window's own are in
//! `ui/messages`. None of them ever carries a name or a word of a patient.

use tern_api::dto::Language;

/// The words of one language.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) open: &'static str,
    pub(crate) lock: &'static str,
    pub(crate) quit: &'static str,
    pub(crate) urgent_title: &'static str,
    pub(crate) locked_title: &'static str,
    nothing: &'static str,
    waiting: [&'static str; 2],
    urgent: [&'static str; 2],
    /// Between what is one's own and what is urgent of everybody's, and behind that.
    beside: [&'static str; 2],
    not_sent: [&'static str; 2],
    unwatched: &'static str,
    colon: &'static str,
    pub(crate) unsent_title: &'static str,
    leave_later: &'static str,
    pub(crate) no_start_title: &'static str,
    tell_it: &'static str,
}

static EN: Words = Words {
    open: "Open Tern",
    lock: "Lock",
    quit: "Quit",
    urgent_title: "Urgent",
    locked_title: "Tern is locked",
    nothing: "Tern: nothing waits",
    waiting: ["message of yours waits", "messages of yours wait"],
    urgent: ["urgent", "urgent"],
    beside: ["; ", " in all"],
    not_sent: ["reply not sent", "replies not sent"],
    unwatched: "urgent messages are not watched here",
    colon: ": ",
    unsent_title: "Tern has ended",
    leave_later: "what you wrote leaves when Tern is open again",
    no_start_title: "Tern cannot start",
    tell_it: "Tell your IT",
};

static FR: Words = Words {
    open: "Ouvrir Tern",
    lock: "Verrouiller",
    quit: "Quitter",
    urgent_title: "Urgent",
    locked_title: "Tern est verrouillé",
    nothing: "Tern\u{a0}: rien n’attend",
    waiting: ["message à vous attend", "messages à vous attendent"],
    urgent: ["urgent", "urgents"],
    beside: ["\u{a0}; ", " en tout"],
    not_sent: ["réponse non envoyée", "réponses non envoyées"],
    unwatched: "les messages urgents ne sont pas surveillés ici",
    colon: "\u{a0}: ",
    unsent_title: "Tern est fermé",
    leave_later: "ce que vous avez écrit partira quand Tern sera de nouveau ouvert",
    no_start_title: "Tern ne peut pas démarrer",
    tell_it: "Prévenez votre service informatique",
};

impl Words {
    /// The words of the chosen language; of the system's where none was chosen.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &EN,
            Language::Fr => &FR,
            Language::System => match sys_locale::get_locale() {
                Some(locale) if locale.to_ascii_lowercase().starts_with("fr") => &FR,
                _ => &EN,
            },
        }
    }

    /// "3 messages of yours wait; 5 urgent in all": what is urgent is everybody's, so it may be more than is one's own.
    pub(crate) fn waiting(&self, mine: u32, urgent: u32) -> String {
        match (mine, urgent) {
            (0, 0) => self.nothing.to_owned(),
            (mine, 0) => counted(mine, &self.waiting),
            (0, urgent) => counted(urgent, &self.urgent),
            (mine, urgent) => {
                let [between, in_all] = self.beside;
                format!("{}{between}{}{in_all}", counted(mine, &self.waiting), counted(urgent, &self.urgent))
            }
        }
    }

    /// "3 replies not sent; urgent messages are not watched here".
    pub(crate) fn deeply_locked(&self, unsent: u32) -> String {
        match unsent {
            0 => self.unwatched.to_owned(),
            unsent => format!("{}; {}", counted(unsent, &self.not_sent), self.unwatched),
        }
    }

    /// "Tern is locked: 3 replies not sent; urgent messages are not watched here".
    pub(crate) fn locked(&self, unsent: u32) -> String {
        format!("{}{}{}", self.locked_title, self.colon, self.deeply_locked(unsent))
    }

    /// "Tell your IT: permission denied".
    pub(crate) fn no_start(&self, cause: &str) -> String {
        format!("{}{}{cause}", self.tell_it, self.colon)
    }

    /// "3 replies not sent; what you wrote leaves when Tern is open again".
    pub(crate) fn still_unsent(&self, unsent: u32) -> String {
        format!("{}; {}", counted(unsent, &self.not_sent), self.leave_later)
    }
}

/// One and many; French counts 0 as one, and nothing here counts 0.
fn counted(n: u32, words: &[&str; 2]) -> String {
    format!("{n} {}", if n == 1 { words[0] } else { words[1] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_well_in_both_languages() {
        assert_eq!(EN.waiting(0, 0), "Tern: nothing waits");
        assert_eq!(EN.waiting(1, 0), "1 message of yours waits");
        assert_eq!(EN.waiting(3, 1), "3 messages of yours wait; 1 urgent in all");
        assert_eq!(EN.waiting(0, 1), "1 urgent");
        assert_eq!(FR.waiting(3, 2), "3 messages à vous attendent\u{a0}; 2 urgents en tout");
        assert_eq!(EN.deeply_locked(3), "3 replies not sent; urgent messages are not watched here");
        assert_eq!(EN.locked(0), "Tern is locked: urgent messages are not watched here");
        assert_eq!(FR.locked(0), "Tern est verrouillé\u{a0}: les messages urgents ne sont pas surveillés ici");
    }
}
