//! What browsers load beside pages: the style, the scripts, the icon; all of it in the program.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{secret, trouble::Trouble};

/// Name, media type, text.
const ASSETS: &[(&str, &str, &str)] = &[
    ("console.css", "text/css; charset=utf-8", include_str!("../assets/console.css")),
    ("live.js", "text/javascript; charset=utf-8", include_str!("../assets/live.js")),
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
pub(crate) async fn show(Path(name): Path<String>) -> Result<Response, Trouble> {
    let found = ASSETS.iter().find(|(known, _, _)| *known == name);
    let (_, kind, text) = found.ok_or_else(Trouble::not_found)?;
    let headers = [(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "public, max-age=86400")];
    Ok((headers, *text).into_response())
}
