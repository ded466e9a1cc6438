//! A table for people: columns as wide as what is in them, numbers to the right.

/// A table that is filled row by row.
pub struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these columns; a head that begins with `>` has its column to the right.
    pub fn of(heads: &[&'static str]) -> Table {
        Table { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// One more row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The head and the rows, a line each.
    pub fn lines(&self) -> Vec<String> {
        let names: Vec<String> = self.heads.iter().map(|head| head.replace('>', "")).collect();
        let wide = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([names[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..names.len()).map(wide).collect();
        let line = |cells: &Vec<String>| {
            let cell = |(column, text): (usize, &String)| match self.heads[column].starts_with('>')
            {
                true => format!("{text:>width$}", width = widths[column]),
                false => format!("{text:<width$}", width = widths[column]),
            };
            let cells: Vec<String> = cells.iter().enumerate().map(cell).collect();
            cells.join("  ").trim_end().to_owned()
        };
        std::iter::once(&names).chain(&self.rows).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut table = Table::of(&["WHO", ">DEPTH"]);
        table.row(vec!["unit/housing".into(), "7".into()]);
        assert_eq!(table.lines(), ["WHO           DEPTH", "unit/housing      7"]);
    }
}
