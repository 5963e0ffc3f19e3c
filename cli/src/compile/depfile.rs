//! What images depend on, in the language of make, as ninja, CMake and cargo read it, too.

use super::plan::Plan;
use std::path::Path;

/// A rule for each image.
pub(super) fn text(plan: &Plan) -> String {
    let mut text = String::new();
    for task in &plan.tasks {
        text.push_str(&escape(&task.image));
        text.push_str(": ");
        text.push_str(&escape(&task.module));
        if let Some(file) = plan.choice(task).and_then(|choice| choice.file.as_deref()) {
            text.push(' ');
            text.push_str(&escape(file));
        }
        text.push('\n');
    }
    text
}

/// A path as make reads it.
fn escape(path: &Path) -> String {
    let path = path.to_string_lossy();
    let mut text = String::with_capacity(path.len());
    for character in path.chars() {
        match character {
            ' ' | '#' | '\\' => text.push('\\'),
            '$' => text.push('$'),
            _ => {}
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::escape;
    use std::path::Path;

    #[test]
    fn what_means_something_to_make_is_escaped() {
        assert_eq!(escape(Path::new("a b/$c#d.wasm")), "a\\ b/$$c\\#d.wasm");
    }
}
