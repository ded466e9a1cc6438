//! The words of a text, as they are found again: whole words, and Chinese text in pairs.
//!
//! Chinese has no spaces; a run of its characters is taken in pairs of neighbours, and a run that is
//! looked for is found where all its pairs are. Letters are compared without their case; whatever is
//! neither letter nor digit divides. Total on any text; what is kept of one text is bounded.

use std::collections::BTreeSet;

/// How many words of one report are found again; what comes after them is not.
pub(crate) const KEPT_MAX: usize = 256;

/// The longest word, in characters; a longer one is found by its beginning.
const LENGTH_MAX: usize = 32;

/// The words of a text, the first of them.
pub(crate) fn kept(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in all(text) {
        if words.len() >= KEPT_MAX {
            break;
        }
        words.insert(word);
    }
    words
}

/// The words that are looked for; none when there is one that can't be: a single Chinese character.
pub(crate) fn wanted(text: &str) -> Option<BTreeSet<String>> {
    let lone = runs(text).any(|run| matches!(&run[..], [one] if is_chinese(*one)));
    (!lone).then(|| all(text).collect())
}

fn all(text: &str) -> impl Iterator<Item = String> {
    runs(text).flat_map(|run| -> Vec<String> {
        if is_chinese(run[0]) {
            return run.windows(2).map(|pair| pair.iter().collect()).collect();
        }
        vec![run.iter().take(LENGTH_MAX).flat_map(|letter| letter.to_lowercase()).collect()]
    })
}

/// Runs of Chinese characters, and runs of other letters and digits; none is empty.
fn runs(text: &str) -> impl Iterator<Item = Vec<char>> {
    let mut letters = text.chars().peekable();
    std::iter::from_fn(move || {
        while letters.next_if(|letter| !letter.is_alphanumeric()).is_some() {}
        let first = letters.next()?;
        let mut run = vec![first];
        let goes_on =
            |next: &char| next.is_alphanumeric() && is_chinese(*next) == is_chinese(first);
        while let Some(next) = letters.next_if(goes_on) {
            run.push(next);
        }
        Some(run)
    })
}

fn is_chinese(letter: char) -> bool {
    matches!(u32::from(letter), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_chinese_text_is_taken_in_pairs() {
        for (text, expected) in [
            ("三个流动摊点占道", "三个 个流 动摊 占道 摊点 流动 点占"),
            ("Charging wires, 3号楼 out!", "3 charging out wires 号楼"),
            ("", ""),
            ("、。!?\u{0}", ""),
            ("Ä", "ä"),
        ] {
            let found: Vec<String> = kept(text).into_iter().collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
        assert_eq!(kept(&"长".repeat(2_000)).len(), 1);
        let many: String = (0..2_000).map(|number| format!("{number} ")).collect();
        assert_eq!(kept(&many).len(), KEPT_MAX);
        assert_eq!(kept(&"x".repeat(2_000)), BTreeSet::from(["x".repeat(LENGTH_MAX)]));
    }

    #[test]
    fn what_is_looked_for_is_found_where_all_its_words_are() {
        let text = kept("三个流动摊点占道 Charging");
        for (wanted_words, is_found) in
            [("流动摊点", true), ("charging 占道", true), ("摊点 流动", true), ("流动摊位", false)]
        {
            let wanted = wanted(wanted_words).unwrap();
            assert_eq!(wanted.is_subset(&text), is_found, "{wanted_words}");
        }
        assert_eq!(wanted("摊"), None, "one character is in no pair");
        assert_eq!(wanted("摊 charging"), None);
        assert_eq!(wanted(" , "), Some(BTreeSet::new()));
    }
}
