//! Fields of the long forms of the console, as they are listed.

/// A text field of a form.
pub(super) struct Field {
    /// Its name in the form and in what is set, with points between its parts.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// A hint where it is empty.
    pub(super) hint: &'static str,
    /// Several lines of text.
    pub(super) long: bool,
}

/// One of a line.
pub(super) const fn field(name: &'static str, title: &'static str, hint: &'static str) -> Field {
    Field {
        name,
        title,
        hint,
        long: false,
    }
}

/// One of several lines.
pub(super) const fn long(name: &'static str, title: &'static str, hint: &'static str) -> Field {
    Field {
        long: true,
        ..field(name, title, hint)
    }
}
