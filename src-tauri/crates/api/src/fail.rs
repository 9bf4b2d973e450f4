//! Errors inside become one code at the edge. The detail names the operation and the cause, never a word of a
//! patient: `StoreError` and `KeyError` carry none.

use tern_store::StoreError;

use crate::{
    dto::{ApiError, ErrorCode},
    ports::KeyError,
};

/// What an operation returns.
pub type Answer<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with its code alone.
    pub fn new(code: ErrorCode) -> Self {
        Self { code, detail: None }
    }

    /// An error with a cause for the support. Never patient text.
    pub fn because(code: ErrorCode, cause: impl std::fmt::Display) -> Self {
        Self { code, detail: Some(cause.to_string()) }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.code)?;
        self.detail.as_ref().map_or(Ok(()), |detail| write!(f, " ({detail})"))
    }
}

impl std::error::Error for ApiError {}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::DiskFull => ErrorCode::DiskFull,
            StoreError::NotFound(_) => ErrorCode::NotFound,
            StoreError::Delivery(_) | StoreError::Touch(_) | StoreError::Filing(_) | StoreError::HasLeft => {
                ErrorCode::TooLate
            }
            StoreError::Closed => ErrorCode::Locked,
            _ => ErrorCode::Cache,
        };
        Self::because(code, error)
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        Self::because(ErrorCode::Keyring, error)
    }
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
            _ => ErrorCode::Internal,
        };
        Self::because(code, error.kind())
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(error: tokio::task::JoinError) -> Self {
        // The panic's text may quote anything.
        let cause = if error.is_panic() { "a task panicked" } else { "a task was cancelled" };
        Self::because(ErrorCode::Internal, cause)
    }
}
