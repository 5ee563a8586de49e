//! Carries doc comments of async methods over to their blocking twins.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The lines of the docs, without code: it shows async calls.
///
/// Paths of the core crate get its name, so that links still lead there.
pub(super) fn lines(attrs: &[Attribute]) -> Vec<String> {
    lines_of(attrs, "arraylake_core::")
}

/// As [`lines`], for docs of the crate that is reached by `home`.
pub(super) fn lines_of(attrs: &[Attribute], home: &str) -> Vec<String> {
    let all: Vec<String> = attrs.iter().filter_map(text).flat_map(|text| split(&text)).collect();
    let all = without_empty_examples(without_code(all));
    let all = all.into_iter().map(|line| line.replace("crate::", home));
    without_double_blanks(all.collect())
}

/// `#[doc = "…"]`, which is what `///` becomes.
fn text(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attr.meta else {
        return None;
    };
    match &meta.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if meta.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// A `/** */` comment is one attribute with many lines.
fn split(text: &str) -> Vec<String> {
    if text.is_empty() {
        return vec![String::new()];
    }
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn without_code(lines: Vec<String>) -> Vec<String> {
    let mut fence: Option<&str> = None;
    let mut kept = Vec::new();
    for line in lines {
        let start = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|marker| start.starts_with(marker));
        match (fence, marker) {
            (None, None) => kept.push(line),
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (Some(_), _) => {}
        }
    }
    kept
}

/// Drops `# Example` headings with nothing left below them.
fn without_empty_examples(lines: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let next = lines[index + 1..].iter().map(|line| line.trim()).find(|line| !line.is_empty());
        let is_example = matches!(line.trim(), "# Example" | "# Examples" | "## Example" | "## Examples");
        if !(is_example && next.is_none_or(|next| next.starts_with('#'))) {
            kept.push(line.clone());
        }
    }
    kept
}

fn without_double_blanks(lines: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        if !(line.trim().is_empty() && kept.last().is_none_or(|last| last.trim().is_empty())) {
            kept.push(line);
        }
    }
    if kept.last().is_some_and(|last| last.trim().is_empty()) {
        kept.pop();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs(comment: &str) -> Vec<String> {
        let item: syn::ItemFn = syn::parse_str(&format!("{comment}\nfn a() {{}}")).unwrap();
        lines(&item.attrs)
    }

    #[test]
    fn examples_are_dropped_and_the_errors_section_stays() {
        let text = "/// One.\n///\n/// # Examples\n///\n/// ```no_run\n/// # fn f() {}\n///\n/// ```\n///\n/// # Errors\n///\n/// `Api`.";
        assert_eq!(docs(text), [" One.", "", " # Errors", "", " `Api`."]);
    }

    #[test]
    fn an_example_with_words_keeps_its_heading() {
        assert_eq!(
            docs("/// # Examples\n/// See there.\n/// ```\n/// x\n/// ```"),
            [" # Examples", " See there."]
        );
    }

    #[test]
    fn links_into_the_core_crate_name_it() {
        assert_eq!(docs("/// [E](crate::Error)"), [" [E](arraylake_core::Error)"]);
    }
}
