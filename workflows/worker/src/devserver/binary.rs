//! Where the `temporal` program is: on the PATH, else in the cache, else fetched into the cache.
//!
//! A program on the PATH is the administrator's choice: its version is checked, not its bytes.
//! A program in the cache is ours: its bytes are checked each time.
//!
//! Blocks, for the length of a download of about 45 MB the first time: from async code call it
//! through `spawn_blocking`.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::Error;
use super::pinned::{RELEASES, VERSION};
use super::wheel::Release;

/// The versions that serve: this major, and at least this minor.
const MAJOR: u32 = 1;
const MINOR_MIN: u32 = 9;

/// The user's cache folder for the pinned version.
pub fn default_cache() -> Result<PathBuf, Error> {
    cache_for(&format!("temporal-{VERSION}"))
}

/// The user's cache folder for a program: under `XDG_CACHE_HOME`, else under `~/.cache`.
#[expect(clippy::disallowed_methods, reason = "where a user keeps caches is no setting of ours")]
pub fn cache_for(program: &str) -> Result<PathBuf, Error> {
    let given = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = given.or_else(|| env::home_dir().map(|home| home.join(".cache")));
    Ok(caches.ok_or(Error::NoCache)?.join("muster").join(program))
}

/// Finds the program, or fetches it into the cache; tells `progress` what it notes on the way.
#[expect(clippy::disallowed_methods, reason = "the PATH is the system's, no setting of ours")]
pub fn locate(cache: &Path, progress: impl Fn(&str)) -> Result<PathBuf, Error> {
    locate_with(&env::var_os("PATH").unwrap_or_default(), cache, &progress)
}

pub(super) fn locate_with(
    path: &OsStr,
    cache: &Path,
    progress: &dyn Fn(&str),
) -> Result<PathBuf, Error> {
    if let Some(found) = on_path(path, progress) {
        return Ok(found);
    }
    let place = cache.join("temporal");
    let missing = |why: String| Error::Missing { why, place: place.clone() };
    let release = Release::here(&RELEASES)
        .ok_or_else(|| missing("none is published for this machine".into()))?;
    if place.exists() {
        if release.is(&place) {
            return Ok(place);
        }
        progress(&format!("{} is damaged or of another release: replacing it", place.display()));
    }
    progress(&format!("getting the Temporal development server {VERSION}, once, about 45 MB"));
    release.install(&place).map_err(missing)?;
    Ok(place)
}

fn on_path(path: &OsStr, progress: &dyn Fn(&str)) -> Option<PathBuf> {
    let programs = env::split_paths(path).map(|folder| folder.join("temporal"));
    programs.filter(|program| program.is_absolute() && program.is_file()).find(|program| {
        let said = version(program);
        let fits = said.as_deref().is_some_and(fits);
        if !fits {
            let said = said.unwrap_or_else(|| "no version".into());
            progress(&format!("passing over {} ({})", program.display(), said.trim()));
        }
        fits
    })
}

fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`.
fn fits(said: &str) -> bool {
    let Some(version) = said.strip_prefix("temporal version ") else { return false };
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next().flatten(), numbers.next().flatten());
    major == Some(MAJOR) && minor.is_some_and(|minor| minor >= MINOR_MIN)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn fits_from_the_pinned_minor_on_within_the_major() {
        let cases = [
            ("temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)", true),
            ("temporal version 1.12.0-rc.1 (Server 1.40.0)", true),
            ("temporal version 1.8.3 (Server 1.31.0)", false),
            ("temporal version 2.0.0", false),
            ("tctl version 1.18.0", false),
            ("", false),
        ];
        for (said, expected) in cases {
            assert_eq!(fits(said), expected, "{said}");
        }
    }
}
