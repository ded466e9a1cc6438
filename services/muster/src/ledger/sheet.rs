//! A sheet: headings and rows of cells, written as CSV or as a sheet of a workbook.
//!
//! What people wrote is text and stays text: a cell that a spreadsheet would take for a formula has
//! ' before it, in both forms, since a workbook may be saved as CSV later.

use std::{fs::File, io::Write as _, path::Path};

use anyhow::Context;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// The most characters that a cell of a workbook takes.
const CELL_MAX: usize = 32_767;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Words.
    Text(String),
    /// A count.
    Number(u64),
    /// A rate in hundredths of a percent.
    Rate(u32),
    /// Nothing.
    Empty,
}

/// A sheet.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// Its name.
    pub(super) name: String,
    /// The headings.
    pub(super) heads: Vec<String>,
    /// The rows, each as long as the headings.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A text that no spreadsheet takes for a formula. OWASP names = + - @, tab and carriage return; the
/// wide forms are taken for the narrow ones by some.
pub(super) fn plain(text: &str) -> String {
    let first = text.chars().next();
    let is_formula = first.is_some_and(|first| "=+-@\t\r\n＝＋－＠".contains(first));
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

impl Cell {
    fn shown(&self) -> String {
        match self {
            Cell::Text(text) => plain(text),
            Cell::Number(number) => number.to_string(),
            Cell::Rate(rate) => format!("{}.{:02}", rate / 100, rate % 100),
            Cell::Empty => String::new(),
        }
    }
}

/// Writes a sheet as CSV, in UTF-8 with the mark by which spreadsheets know it.
pub(super) fn write_csv(sheet: &Sheet, path: &Path) -> anyhow::Result<()> {
    let mut file = create(path)?;
    file.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(sheet.heads.iter().map(|head| plain(head)))?;
    for row in &sheet.rows {
        writer.write_record(row.iter().map(Cell::shown))?;
    }
    writer.flush()?;
    Ok(writer.into_inner().map_err(|error| error.into_error())?.sync_all()?)
}

/// Writes sheets as one workbook.
pub(super) fn write_xlsx(sheets: &[Sheet], path: &Path) -> anyhow::Result<()> {
    let mut workbook = Workbook::new();
    let head = Format::new().set_bold();
    let rate = Format::new().set_num_format("0.00");
    for sheet in sheets {
        fill(&mut workbook, sheet, &head, &rate)
            .with_context(|| format!("the sheet {} can't be written", sheet.name))?;
    }
    let bytes = workbook.save_to_buffer().context("the workbook can't be written")?;
    let mut file = create(path)?;
    file.write_all(&bytes)?;
    Ok(file.sync_all()?)
}

fn fill(
    workbook: &mut Workbook,
    sheet: &Sheet,
    head: &Format,
    rate: &Format,
) -> Result<(), XlsxError> {
    let page = workbook.add_worksheet();
    page.set_name(&sheet.name)?;
    page.set_freeze_panes(1, 0)?;
    for (column, text) in (0_u16..).zip(&sheet.heads) {
        page.write_string_with_format(0, column, plain(text), head)?;
        page.set_column_width(column, 18)?;
    }
    for (row, cells) in (1_u32..).zip(&sheet.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                // Never `write`, which takes some texts for formulas or addresses.
                Cell::Text(text) => {
                    let text: String = plain(text).chars().take(CELL_MAX).collect();
                    page.write_string(row, column, text)?;
                }
                Cell::Number(number) => drop(page.write_number(row, column, exact(*number))?),
                Cell::Rate(points) => {
                    let percent = f64::from(*points) / 100.0;
                    page.write_number_with_format(row, column, percent, rate)?;
                }
                Cell::Empty => {}
            }
        }
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn exact(number: u64) -> f64 {
    number as f64
}

fn create(path: &Path) -> anyhow::Result<File> {
    let file = File::options().create_new(true).write(true).open(path);
    file.with_context(|| format!("{} can't be written anew", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_calculate_is_text() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+86 13800000000", "'+86 13800000000"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("＝1+1", "'＝1+1"),
            ("三个摊点=占道", "三个摊点=占道"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn a_csv_is_known_as_utf_8_and_holds_any_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let text = |text: &str| Cell::Text(text.into());
        let rows = vec![
            vec![text("a,\"b\"\n占道"), Cell::Number(7), Cell::Rate(9_505)],
            vec![text("=cmd|' /C calc'!A0"), Cell::Empty, Cell::Empty],
        ];
        let heads = ["案件", "数", "率"].map(str::to_owned).to_vec();
        let sheet = Sheet { name: "案件".into(), heads, rows };
        write_csv(&sheet, &path).unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        let expected = "\u{feff}案件,数,率\n\"a,\"\"b\"\"\n占道\",7,95.05\n'=cmd|' /C calc'!A0,,\n";
        assert_eq!(written, expected);
        assert!(write_csv(&sheet, &path).is_err(), "what is there is not written over");
        let book = dir.path().join("a.xlsx");
        write_xlsx(&[sheet], &book).unwrap();
        assert!(std::fs::read(&book).unwrap().starts_with(b"PK"));
    }
}
