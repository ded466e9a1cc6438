//! A message of protobuf as JSON and back, by the rules that proto3 has for it.
//!
//! Read strictly: a name that the message does not have is a refusal, and so is a word that an
//! enum does not have. What is wrong is named with its place. Written: fields at their default are
//! left out, numbers of 64 bits are text, moments are RFC 3339.

use domain::rejection::Rejection;
use prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor};
use tonic::Status;

use super::{place, pool};
use crate::status::internal;

/// One message of a known type.
#[derive(Clone, Debug, PartialEq)]
pub struct Message(pub(super) DynamicMessage);

impl Message {
    /// Reads JSON; says where it is wrong and what would be right.
    pub fn read(of: &MessageDescriptor, text: &[u8]) -> Result<Message, Rejection> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let strict = DeserializeOptions::new().deny_unknown_fields(true);
        let read = DynamicMessage::deserialize_with_options(of.clone(), &mut reader, &strict);
        let read = read.and_then(|message| reader.end().map(|()| message));
        read.map(Message).map_err(|error| place::fault(of, text, &error))
    }

    /// Reads protobuf.
    pub fn decode(of: &MessageDescriptor, bytes: &[u8]) -> Result<Message, prost::DecodeError> {
        DynamicMessage::decode(of.clone(), bytes).map(Message)
    }

    /// The same as protobuf.
    pub fn encode(&self) -> Vec<u8> {
        self.0.encode_to_vec()
    }

    /// The same as JSON, in one line.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.0)
    }

    /// The message of this name among ours.
    pub fn named(name: &str) -> Option<MessageDescriptor> {
        pool().get_message_by_name(name)
    }
}

/// An answer of ours as JSON; one that can't be is our fault.
pub(super) fn written(of: &MessageDescriptor, bytes: &[u8]) -> Result<String, Status> {
    let message = Message::decode(of, bytes).map_err(|error| internal(error.to_string()))?;
    message.write().map_err(|error| internal(error.to_string()))
}
