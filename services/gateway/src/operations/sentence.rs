//! What was said in an operation, in words: in English and in Chinese.

mod en;
#[cfg(test)]
mod tests;
mod zh;

use domain::{
    id::{InspectionId, OrderId},
    operation::Fact,
    pack::City,
};

use crate::sentence::{Lang, Speech};

/// One fact in words.
pub(super) fn of(lang: Lang, city: &City, fact: &Fact) -> String {
    let speech = Speech { lang, city };
    match lang {
        Lang::En => en::of(speech, fact),
        Lang::Zh => zh::of(speech, fact),
    }
}

/// The order and the stop that a fact is about.
pub(super) fn about(fact: &Fact) -> (Option<&OrderId>, Option<&InspectionId>) {
    match fact {
        Fact::Ordered(order) => (Some(&order.id), None),
        Fact::Answered { order, .. } => (Some(order), None),
        Fact::Found { inspection, .. } => (None, Some(inspection)),
        _ => (None, None),
    }
}
