//! The comments of the protos, by what they stand at.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor,
};

/// By the name of the file and the path in it.
pub(super) struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    pub(super) fn of(pool: &DescriptorPool) -> Comments {
        let mut found = HashMap::new();
        for file in pool.files() {
            let info = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
            for place in info.location {
                let said = place.leading_comments.or(place.trailing_comments);
                if let Some(said) = said {
                    found.insert((file.name().to_owned(), place.path), words(&said));
                }
            }
        }
        Comments(found)
    }

    fn at(&self, file: &FileDescriptor, path: &[i32]) -> String {
        self.0.get(&(file.name().to_owned(), path.to_vec())).cloned().unwrap_or_default()
    }

    pub(super) fn of_service(&self, of: &ServiceDescriptor) -> String {
        self.at(&of.parent_file(), of.path())
    }

    pub(super) fn of_method(&self, of: &MethodDescriptor) -> String {
        self.at(&of.parent_service().parent_file(), of.path())
    }

    pub(super) fn of_message(&self, of: &MessageDescriptor) -> String {
        self.at(&of.parent_file(), of.path())
    }

    pub(super) fn of_field(&self, of: &FieldDescriptor) -> String {
        self.at(&of.parent_message().parent_file(), of.path())
    }

    pub(super) fn of_enum(&self, of: &EnumDescriptor) -> String {
        self.at(&of.parent_file(), of.path())
    }

    /// What each value of an enum means, a line for each.
    pub(super) fn of_values(&self, of: &EnumDescriptor) -> String {
        let file = of.parent_file();
        let lines = of.values().filter_map(|value| {
            let said = self.at(&file, value.path());
            (!said.is_empty()).then(|| format!("- {}: {said}", value.name()))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A comment without the space that each line begins with.
fn words(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
