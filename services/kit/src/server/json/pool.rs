//! The descriptors of all our protos, read once for the whole process.

use std::sync::OnceLock;

use prost_reflect::DescriptorPool;

/// All messages and services, with their comments.
pub fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    // They are compiled in; what can't be read has no method, and the tests count them.
    POOL.get_or_init(|| DescriptorPool::decode(proto::DESCRIPTORS).unwrap_or_default())
}
