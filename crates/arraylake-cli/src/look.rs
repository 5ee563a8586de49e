//! Tables, trees and times for people.

use arraylake_core::types::{RepoOperationMode, Timestamp};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, TableStyle};

/// How text for people looks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Look {
    /// Whether there are colours.
    pub colour: bool,
    /// Columns that a line may have; none means as many as it needs.
    pub width: Option<u16>,
}

/// What a cell stands for, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Doubtful,
    Bad,
    Dim,
}

/// A cell of a table.
pub(crate) fn cell(text: impl AsRef<str>) -> Cell {
    Cell::new(plain(text.as_ref()))
}

/// A cell with a colour.
pub(crate) fn mood_cell(text: impl AsRef<str>, mood: Mood) -> Cell {
    let cell = cell(text);
    match mood {
        Mood::Good => cell.fg(Color::Green),
        Mood::Doubtful => cell.fg(Color::Yellow),
        Mood::Bad => cell.fg(Color::Red),
        Mood::Dim => cell.add_attribute(Attribute::Dim),
    }
}

/// How a repo's mode is.
pub(crate) fn mood_of(mode: &RepoOperationMode) -> Mood {
    match mode {
        RepoOperationMode::Online => Mood::Good,
        RepoOperationMode::Offline => Mood::Bad,
        _ => Mood::Doubtful,
    }
}

/// A table with a line of headings. On a terminal it is as wide as that and breaks lines within cells; in a pipe it is
/// as wide as it needs to be.
pub(crate) fn table(look: &Look, headings: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> String {
    let mut table = Table::new();
    table.set_header(headings.iter().map(|heading| Cell::new(heading).add_attribute(Attribute::Bold)));
    table.add_rows(rows);
    finish(look, table)
}

/// Names and values, a line each. Those without a value are left out.
pub(crate) fn facts<'f>(look: &Look, facts: impl IntoIterator<Item = (&'f str, Option<Cell>)>) -> String {
    let mut table = Table::new();
    for (name, value) in facts {
        if let Some(value) = value {
            table.add_row([mood_cell(name, Mood::Dim), value]);
        }
    }
    finish(look, table)
}

fn finish(look: &Look, mut table: Table) -> String {
    table.load_style(TableStyle::new());
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    match look.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    if look.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A moment, to the minute, in UTC.
pub(crate) fn moment(moment: Option<Timestamp>) -> String {
    moment.map_or_else(String::new, |moment| {
        let text = moment.truncated().to_string();
        text.get(..16).map_or_else(|| text.clone(), |start| format!("{}Z", start.replace('T', " ")))
    })
}

/// Text of others for a terminal: what would move the cursor or change colours is shown as a blank.
pub(crate) fn plain(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The start of a text, with a mark where it was cut.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A value of JSON without the quotes of a text.
pub(crate) fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPE: Look = Look { colour: false, width: None };

    #[test]
    fn in_a_pipe_a_table_is_as_wide_as_it_needs_to_be_and_has_no_colours() {
        let long = "x".repeat(200);
        let text = table(&PIPE, &["Name", "Text"], [vec![mood_cell("a", Mood::Good), cell(&long)]]);
        assert_eq!(text, format!("Name  Text\na     {long}\n"));
    }

    #[test]
    fn on_a_terminal_a_table_keeps_to_its_width() {
        let look = Look { colour: false, width: Some(40) };
        let text = table(&look, &["Name", "Text"], [vec![cell("a"), cell("word ".repeat(30))]]);
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert_eq!(text.matches("word").count(), 30);
    }

    #[test]
    fn colours_are_there_when_they_are_wanted() {
        let look = Look { colour: true, width: None };
        let text = facts(&look, [("Status", Some(mood_cell("online", Mood::Good))), ("Gone", None)]);
        assert!(text.contains("\u{1b}[") && !text.contains("Gone"), "{text:?}");
    }

    #[test]
    fn text_of_others_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc"), "a [2Jb c");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }

    #[test]
    fn a_moment_is_shown_to_the_minute_in_utc() {
        assert_eq!(moment("2025-03-01T14:00:59+02:00".parse().ok()), "2025-03-01 12:00Z");
        assert_eq!(moment(None), "");
    }
}
