//! Pages before they are painted: where every line of text and every rule stands, and what each
//! means to a reader who cannot see it.

use crate::text::{Ink, Line};

/// What a mark on a page means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A part of the text: the node that it belongs to.
    Part(usize),
    /// Repeated at the head of a page.
    Head,
    /// Repeated at the foot of a page.
    Foot,
    /// Decoration.
    Ornament,
}

/// A mark on a page.
pub(crate) struct Mark {
    pub(crate) meaning: Meaning,
    pub(crate) shape: Shape,
}

/// What is drawn.
pub(crate) enum Shape {
    /// Text with its left end on the base line.
    Text {
        x: f32,
        y: f32,
        size: f32,
        ink: Ink,
        line: Line,
    },
    /// A filled rectangle.
    Bar {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
    },
    /// The logo.
    Picture {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
}

/// What a part of the text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    Title(String),
    Heading(String),
    Paragraph,
    Figure(String),
    Table(String),
    TableHead,
    TableBody,
    Row,
    HeadCell,
    Cell,
}

/// A part of the text, with the parts inside it.
pub(crate) struct Part {
    pub(crate) role: Role,
    pub(crate) inside: Vec<usize>,
}

/// All pages of a document and the tree of its parts.
#[derive(Default)]
pub(crate) struct Sheets {
    pub(crate) pages: Vec<Vec<Mark>>,
    pub(crate) parts: Vec<Part>,
    /// Parts that are in no other.
    pub(crate) top: Vec<usize>,
}

impl Sheets {
    /// A new part, inside `parent` or on its own.
    pub(crate) fn part(&mut self, role: Role, parent: Option<usize>) -> usize {
        let index = self.parts.len();
        self.parts.push(Part {
            role,
            inside: Vec::new(),
        });
        match parent.and_then(|parent| self.parts.get_mut(parent)) {
            Some(parent) => parent.inside.push(index),
            None => self.top.push(index),
        }
        index
    }

    /// A mark on the last page.
    pub(crate) fn mark(&mut self, meaning: Meaning, shape: Shape) {
        if let Some(page) = self.pages.last_mut() {
            page.push(Mark { meaning, shape });
        }
    }
}
