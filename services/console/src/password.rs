//! Passwords: kept as argon2id hashes with a salt of their own, and checked a few at a time.
//!
//! The hash is slow and takes 19 MiB on purpose, so no more than `AT_ONCE` are made at the same
//! time; whoever comes then waits. A name that nobody has costs as long as one that somebody has.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// The fewest characters of a password.
pub const LENGTH_MIN: usize = 12;
/// The most bytes of one.
const BYTES_MAX: usize = 1_024;
/// How many hashes are made at the same time.
const AT_ONCE: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// The hash of a password that nobody knows, against which unknown names are checked.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash(&crate::secret::token()).unwrap_or_default());

/// Why a password is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is too short or too long.
    #[error("a password has at least {LENGTH_MIN} characters and at most {BYTES_MAX} bytes")]
    Length,
    /// The hash can't be made.
    #[error("the hash of the password can't be made: {0}")]
    Hash(String),
}

/// The hash that is kept, with its salt and its cost in it.
pub fn hash(password: &str) -> Result<String, Error> {
    if password.chars().count() < LENGTH_MIN || password.len() > BYTES_MAX {
        return Err(Error::Length);
    }
    let salt: [u8; 16] = rand::random();
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| Error::Hash(error.to_string()))
}

/// Whether the password is the one of this hash; without a hash it is not, and that takes as long.
pub async fn is_right(password: String, kept: Option<String>) -> bool {
    let Ok(_place) = PLACES.acquire().await else { return false };
    let checked = tokio::task::spawn_blocking(move || check(&password, kept.as_deref()));
    checked.await.unwrap_or(false)
}

fn check(password: &str, kept: Option<&str>) -> bool {
    if password.len() > BYTES_MAX {
        return false;
    }
    let Ok(hash) = PasswordHash::new(kept.unwrap_or(&NOBODY)) else { return false };
    let is_right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    is_right && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_kept_as_a_hash_and_known_again() {
        let (first, second) =
            (hash("社区吹哨、部门报到！一二三").unwrap(), hash("correct horse battery").unwrap());
        assert!(first.starts_with("$argon2id$") && !first.contains("吹哨"));
        assert_ne!(hash("correct horse battery").unwrap(), second, "each has a salt of its own");
        let right =
            |password: &str, kept: &str| is_right(password.to_owned(), Some(kept.to_owned()));
        assert!(right("correct horse battery", &second).await);
        assert!(!right("correct horse batterz", &second).await);
        assert!(!right("correct horse battery", &first).await);
        assert!(!right("correct horse battery", "no hash").await);
        assert!(!is_right("correct horse battery".to_owned(), None).await);
    }

    #[test]
    fn a_short_or_endless_password_is_refused() {
        assert_eq!(hash("eleven char"), Err(Error::Length));
        assert_eq!(hash("十一个字不够长的密码呀"), Err(Error::Length));
        assert_eq!(hash(&"x".repeat(BYTES_MAX + 1)), Err(Error::Length));
        hash("twelve chars").unwrap();
    }
}
