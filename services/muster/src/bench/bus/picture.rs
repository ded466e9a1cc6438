//! The rates as a picture: a bar for each system, a group for each window, on a logarithmic scale.
//!
//! Plain SVG that stands on light and dark ground alike.

use super::table::{Row, Table};
use crate::cli::System;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 190.0;
const BAR: f64 = 18.0;
const GAP: f64 = 6.0;
/// From here the bars begin, in messages a second.
const LEAST: f64 = 100.0;

/// Draws it.
pub fn draw(table: &Table) -> String {
    let rows = table.rows();
    let most = rows.iter().map(|row| row.per_second()).fold(LEAST * 10.0, f64::max);
    let mut body = String::new();
    let mut y = 34.0;
    let mut window = 0;
    for row in rows {
        if row.cell.window != window {
            window = row.cell.window;
            y += 14.0;
            body += &text(10.0, y + BAR - 5.0, "start", "b", &format!("window {window}"));
            y += BAR + GAP;
        }
        body += &bar(row, y, most);
        y += BAR + GAP;
    }
    let title = "1 KiB envelopes a second, published, delivered and acknowledged (logarithmic)";
    let head = text(10.0, 22.0, "start", "b", title);
    let height = y + 14.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<style>text {{ fill: #57606a }} \
         .b {{ font-weight: bold }}</style>\n{head}{body}</svg>\n"
    )
}

fn bar(row: &Row, y: f64, most: f64) -> String {
    let rate = row.per_second();
    let part = (rate.max(LEAST) / LEAST).log10() / (most / LEAST).log10();
    let width = part * (WIDTH - LEFT - 90.0);
    let middle = y + BAR - 4.5;
    let label = text(LEFT - 8.0, middle, "end", "n", &row.cell.title());
    let value = text(LEFT + width + 6.0, middle, "start", "n", &grouped(rate));
    let fill = colour(row.cell.system);
    format!(
        "{label}<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\" \
         fill=\"{fill}\"/>\n{value}"
    )
}

fn text(x: f64, y: f64, anchor: &str, class: &str, words: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{words}</text>\n"
    )
}

fn colour(system: System) -> &'static str {
    match system {
        System::Muster => "#1a7f37",
        System::JetstreamAlways => "#8250df",
        System::JetstreamDefault => "#b392f0",
        System::RawDisk | System::EmptyStream => "#8c959f",
    }
}

/// A whole number with its thousands apart.
fn grouped(rate: f64) -> String {
    let digits = format!("{rate:.0}");
    let mut said = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [1.0, 999.4, 1_000.0, 1_234_567.0].map(grouped),
            ["1", "999", "1,000", "1,234,567"]
        );
    }
}
