//! Words of a pack that come from a closed list: a kind, a module, a stage.
//!
//! `words!` makes the enum, its word and its parser from one list, so that they cannot disagree.

/// A type whose values are the words of a closed list.
pub(crate) trait Word: Copy + 'static {
    /// What such a word is called in a sentence: "a module".
    const NOUN: &'static str;
    /// Every word and what it means.
    const ALL: &'static [(&'static str, Self)];

    /// Reads a word.
    fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    /// "one of a, b, c".
    fn choice() -> String {
        let words: Vec<&str> = Self::ALL.iter().map(|(word, _)| *word).collect();
        format!("one of {}", words.join(", "))
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $noun:literal {
        $($(#[$meaning:meta])* $value:ident = $word:literal),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$meaning])* #[serde(rename = $word)] $value),*
        }

        impl $name {
            /// The word in the pack.
            pub fn word(self) -> &'static str {
                match self { $($name::$value => $word),* }
            }
        }

        impl $crate::pack::word::Word for $name {
            const NOUN: &'static str = $noun;
            const ALL: &'static [(&'static str, $name)] = &[$(($word, $name::$value)),*];
        }
    };
}

pub(crate) use words;
