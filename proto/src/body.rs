//! The names of bodies that are no facts of a case: questions, replies, notices, and what another system
//! is told.
//!
//! As with facts, the name of a body is its protobuf name.

use prost::{Message, Name};

use crate::{ask, intake, muster::outage::v1 as outage, notice, unit};

macro_rules! named {
    ($($package:literal $module:ident { $($name:ident),* $(,)? })*) => {$($(
        impl Name for $module::$name {
            const PACKAGE: &'static str = $package;
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*)*};
}

named! {
    "muster.ask.v1" ask { QuestionAsked, QuestionAnswered, QuestionRefused, QuestionUnanswered }
    "muster.intake.v1" intake { CaseState }
    "muster.notice.v1" notice { NoticeGiven }
    "muster.unit.v1" unit { ClaimTaskRequest }
    "muster.outage.v1" outage { OutageRecorded }
}

/// Writes a body: its name and its bytes.
pub fn write<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Reads a body of this name; none when it is another's, or can't be read.
pub fn read<M: Message + Name + Default>(kind: &str, body: &[u8]) -> Option<M> {
    (kind == M::full_name()).then(|| M::decode(body).ok()).flatten()
}
