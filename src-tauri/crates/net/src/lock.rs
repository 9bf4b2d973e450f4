//! One process at a time, by a file: two windows of one account never refresh at once.
//!
//! A server that rotates refresh tokens takes the second use of an old one for theft and ends the session, so
//! the token is read, used and replaced under this lock. The operating system releases it with the process,
//! however that ends.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use backon::{ConstantBuilder, Retryable};

/// How often a held lock is tried again.
const EVERY: Duration = Duration::from_millis(50);

/// Tries: thirty seconds, longer than a refresh takes.
const TRIES: usize = 600;

/// A lock file; the lock itself is [`Held`].
#[derive(Clone, Debug)]
pub(crate) struct RefreshLock(PathBuf);

/// Holds the lock until dropped.
#[derive(Debug)]
pub(crate) struct Held(#[expect(dead_code, reason = "dropping it unlocks")] File);

impl RefreshLock {
    /// The lock at `path`; nothing is touched yet.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Waits until no other process holds it.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] after half a minute; where the file cannot be made.
    pub(crate) async fn hold(&self) -> io::Result<Held> {
        (|| async { self.try_hold() })
            .retry(ConstantBuilder::default().with_delay(EVERY).with_max_times(TRIES))
            .when(|error| error.kind() == io::ErrorKind::WouldBlock)
            .await
    }

    fn try_hold(&self) -> io::Result<Held> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(&self.0)?;
        match file.try_lock() {
            Ok(()) => Ok(Held(file)),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_second_waits_for_the_first_and_gives_up_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let lock = RefreshLock::new(&folder.path().join("profile").join("refresh.lock"));
        let held = lock.hold().await.unwrap();
        assert_eq!(lock.hold().await.unwrap_err().kind(), io::ErrorKind::WouldBlock);

        let waiting = tokio::spawn({
            let lock = lock.clone();
            async move { lock.hold().await.map(drop) }
        });
        drop(held);
        waiting.await.unwrap().unwrap();
    }
}
