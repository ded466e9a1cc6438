//! What browsers load beside pages: the style, the scripts, the icon; all of it in the program.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    extract::{Path, RawQuery},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{secret, trouble::Trouble};

/// Name, media type, text.
const ASSETS: &[(&str, &str, &str)] = &[
    ("console.css", "text/css; charset=utf-8", include_str!("../assets/console.css")),
    ("live.js", "text/javascript; charset=utf-8", include_str!("../assets/live.js")),
    ("acts.css", "text/css; charset=utf-8", include_str!("../assets/acts.css")),
    ("keep.js", "text/javascript; charset=utf-8", include_str!("../assets/keep.js")),
    ("waterfall.js", "text/javascript; charset=utf-8", include_str!("../assets/waterfall.js")),
    ("waterfall.css", "text/css; charset=utf-8", include_str!("../assets/waterfall.css")),
    ("field.js", "text/javascript; charset=utf-8", include_str!("../assets/field.js")),
    ("field-queue.js", "text/javascript; charset=utf-8", include_str!("../assets/field-queue.js")),
    ("field-leave.js", "text/javascript; charset=utf-8", include_str!("../assets/field-leave.js")),
    ("field.css", "text/css; charset=utf-8", include_str!("../assets/field.css")),
    ("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
];

/// The beginning of each one's hash: its address changes when it does.
static VERSIONS: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
    let version = |text: &str| secret::hex(&secret::digest(text)[..6]);
    ASSETS.iter().map(|(name, _, text)| (*name, version(text))).collect()
});

/// The address of one.
pub(crate) fn link(name: &str) -> String {
    let version = VERSIONS.get(name).map_or("", String::as_str);
    format!("/assets/{name}?v={version}")
}

/// Serves one; anybody may have it.
///
/// An address with the version of now may be kept; another one, as scripts name each other, is asked
/// for again each time.
pub(crate) async fn show(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let found = ASSETS.iter().find(|(known, _, _)| *known == name);
    let (_, kind, text) = found.ok_or_else(Trouble::not_found)?;
    let version = VERSIONS.get(name.as_str()).map(|version| format!("v={version}"));
    let kept = if query == version { "public, max-age=86400" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, kept)];
    Ok((headers, *text).into_response())
}
