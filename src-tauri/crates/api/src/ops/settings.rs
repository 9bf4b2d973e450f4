//! The settings, which stand outside the cache: the sign-in screen needs theme and language.

use crate::{dto::Settings, fail::Answer, program::Program};

impl Program {
    /// The settings.
    pub fn settings_now(&self) -> Settings {
        self.settings()
    }

    /// Keeps settings and answers with what was kept: numbers out of their range are brought into it.
    ///
    /// # Errors
    /// [`crate::dto::ErrorCode::DiskFull`] and its like; then the old ones stand.
    pub fn settings_save(&self, settings: Settings) -> Answer<Settings> {
        let settings = within_range(settings);
        self.profile.keep_settings(&settings)?;
        self.replace_settings(settings.clone());
        self.tell(["settings"], []);
        Ok(settings)
    }
}

fn within_range(settings: Settings) -> Settings {
    Settings {
        undo_seconds: settings.undo_seconds.min(30),
        screen_lock_minutes: settings.screen_lock_minutes.clamp(1, 120),
        deep_lock_hours: settings.deep_lock_hours.clamp(1, 24),
        ..settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_brought_into_it() {
        let kept = within_range(Settings {
            undo_seconds: 99,
            screen_lock_minutes: 0,
            deep_lock_hours: 100,
            ..Settings::default()
        });
        assert_eq!((kept.undo_seconds, kept.screen_lock_minutes, kept.deep_lock_hours), (30, 1, 24));
    }
}
