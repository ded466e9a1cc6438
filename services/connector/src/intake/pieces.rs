//! The bytes of what shows a report, beside its record, until it is whistled.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use domain::evidence::{Digest, Evidence};
use sha2::{Digest as _, Sha256};

use super::report::Pieces as Shown;

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Pieces(PathBuf);

impl Pieces {
    /// Opens it, or makes it; lets go of what none of these reports needs. Blocks.
    pub(crate) fn open(dir: &Path, needed: &[(String, Digest)]) -> io::Result<Pieces> {
        fs::create_dir_all(dir)?;
        let pieces = Pieces(dir.to_owned());
        let names = needed.iter().map(|(number, digest)| name(number, digest));
        let needed: HashSet<String> = names.collect();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if !needed.contains(entry.file_name().to_string_lossy().as_ref()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(pieces)
    }

    /// Keeps what shows a report; it is on disk at the end. Blocks.
    pub(crate) fn put(&self, number: &str, (pieces, contents): &Shown) -> io::Result<()> {
        for (piece, content) in pieces.iter().zip(contents) {
            let path = self.0.join(name(number, &piece.digest));
            let begun = path.with_extension("part");
            let mut file = File::create(&begun)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&begun, &path)?;
        }
        if contents.is_empty() { Ok(()) } else { File::open(&self.0)?.sync_all() }
    }

    /// A piece, which is what its name says. Blocks.
    pub(crate) fn read(&self, number: &str, piece: &Evidence) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.0.join(name(number, &piece.digest)))?;
        let is_whole = Digest::sha256(Sha256::digest(&bytes).into()) == piece.digest;
        is_whole.then_some(bytes).ok_or_else(|| io::Error::other("the disk has spoiled a piece"))
    }

    /// Lets go of what shows a report. Blocks.
    pub(crate) fn drop_all(&self, number: &str, pieces: &[Evidence]) {
        for piece in pieces {
            // What stays is let go of at the next start.
            let _stays = fs::remove_file(self.0.join(name(number, &piece.digest)));
        }
    }
}

/// Two reports may have the same piece, and each lets go of its own.
fn name(number: &str, piece: &Digest) -> String {
    let number = Digest::sha256(Sha256::digest(number).into());
    format!("{}-{}", &number.hex()[..32], piece.hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::report;

    #[test]
    fn pieces_stay_while_their_report_needs_them() {
        let dir = tempfile::tempdir().unwrap();
        let item = serde_json::json!({
            "number": "7", "evidence": [{ "kind": "photo", "content": "b25l" }],
        });
        let brought = report::of_feed(&item, domain::pack::Datum::Wgs84);
        let pieces = Pieces::open(dir.path(), &[]).unwrap();
        let shown = (brought.report.pieces, brought.contents);
        pieces.put("7", &shown).unwrap();
        let piece = &shown.0[0];
        assert_eq!(pieces.read("7", piece).unwrap(), b"one");
        assert!(pieces.read("8", piece).is_err(), "another report has its own");
        let again = Pieces::open(dir.path(), &[("7".to_owned(), piece.digest.clone())]).unwrap();
        assert_eq!(again.read("7", piece).unwrap(), b"one");
        let path = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        fs::write(&path, b"two").unwrap();
        assert!(again.read("7", piece).is_err(), "what the disk has spoiled is no piece");
        drop(Pieces::open(dir.path(), &[]).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
