//! Painting pages into a PDF/A-3 with tags (and PDF/UA-1), the UBL document attached when there is
//! one.

use crate::fonts::Fonts;
use crate::layout::{self, PAGE_HEIGHT, PAGE_WIDTH};
use crate::letterhead::is_png;
use crate::sheet::{Mark, Meaning, Part, Role, Shape, Sheets};
use crate::text::Ink;
use crate::value::{InvoicePaper, PaperKind};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};
use krilla::{Document, SerializeSettings};
use std::num::NonZeroU16;
use unicode_script::UnicodeScript as _;

/// Why there is no PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfRefused {
    /// Letters that no font has.
    #[error(
        "document {number}: no font can show {letters}; put a font that has them (.ttf, .otf or \
         .ttc) into the folder that `[paper] fonts` names"
    )]
    MissingLetters {
        /// Number of the document.
        number: String,
        /// The letters, each with its code and script.
        letters: String,
    },
    /// The logo cannot be read.
    #[error("document {number}: the logo of the letterhead is damaged; set a PNG or JPEG picture")]
    Logo {
        /// Number of the document.
        number: String,
    },
    /// The library refused to write the file.
    #[error("document {number}: the PDF cannot be written: {told}")]
    Unwritable {
        /// Number of the document.
        number: String,
        /// What the library says.
        told: String,
    },
}

/// Renders a document; `attached` is its UBL document, embedded as an alternative of the pages.
///
/// # Errors
/// When a letter has no font, the logo is damaged, or the file cannot be written.
pub fn render_pdf(
    paper: &InvoicePaper,
    fonts: &Fonts,
    attached: Option<&[u8]>,
) -> Result<Vec<u8>, PdfRefused> {
    let number = || paper.number.clone();
    let damaged = || PdfRefused::Logo { number: number() };
    let logo = match &paper.seller.logo {
        Some(logo) => {
            let bytes = logo.bytes().map_err(|_| damaged())?;
            Some(picture(&bytes).ok_or_else(damaged)?)
        }
        None => None,
    };
    let composed = layout::compose(paper, fonts, logo.as_ref().map(Image::size));
    if !composed.missing.is_empty() {
        let letters: Vec<String> = composed.missing.iter().map(|c| named(*c)).collect();
        return Err(PdfRefused::MissingLetters {
            number: number(),
            letters: letters.join(", "),
        });
    }
    let unwritable = |told: String| PdfRefused::Unwritable {
        number: number(),
        told,
    };
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| unwritable(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let tree = paint(&mut document, &composed.sheets, fonts, logo.as_ref())
        .ok_or_else(|| unwritable("a length is not a number".to_owned()))?;
    document.set_tag_tree(tree.with_lang(Some(paper.seller.language.code().to_owned())));
    document.set_metadata(metadata(paper));
    document.set_outline(outline(composed.sheets.pages.len()));
    if let Some(bytes) = attached {
        document.embed_file(EmbeddedFile {
            path: "invoice.xml".to_owned(),
            mime_type: MimeType::new("application/xml"),
            description: Some("The document in UBL 2.1".to_owned()),
            association_kind: AssociationKind::Alternative,
            data: bytes.to_vec().into(),
            modification_date: Some(moment(paper)),
            compress: Some(true),
            location: None,
        });
    }
    document.finish().map_err(|error| match &error {
        krilla::error::KrillaError::Validation(faults) => {
            let told: Vec<String> = faults
                .iter()
                .map(|(fault, _)| format!("{fault:?}"))
                .collect();
            unwritable(told.join("; "))
        }
        other => unwritable(other.to_string()),
    })
}

/// A PNG or JPEG picture, when it can be read.
pub(crate) fn picture(bytes: &[u8]) -> Option<Image> {
    let data = krilla::Data::from(bytes.to_vec());
    if is_png(bytes) {
        Image::from_png(data, false).ok()
    } else {
        Image::from_jpeg(data, false).ok()
    }
}

/// `'你' (U+4F60, Han)`.
fn named(letter: char) -> String {
    let script = letter.script().full_name();
    format!("'{letter}' (U+{:04X}, {script})", u32::from(letter))
}

/// A way to every page.
fn outline(pages: usize) -> Outline {
    let mut outline = Outline::new();
    for page in 0..pages {
        let top = XyzDestination::new(page, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new((page + 1).to_string(), top));
    }
    outline
}

/// Dates of the file are those of the document: printing it again gives the same bytes.
fn moment(paper: &InvoicePaper) -> DateTime {
    let part = |value: i8| u8::try_from(value).unwrap_or(1);
    let year = u16::try_from(paper.issued.year()).unwrap_or(1);
    DateTime::new(year)
        .month(part(paper.issued.month()))
        .day(part(paper.issued.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn metadata(paper: &InvoicePaper) -> Metadata {
    let labels = paper.seller.language.labels();
    let word = match paper.kind {
        PaperKind::Invoice => labels.invoice,
        PaperKind::CreditNote => labels.credit_note,
    };
    Metadata::new()
        .title(format!("{word} {}", paper.number))
        .authors(vec![paper.seller.name.clone()])
        .language(paper.seller.language.code().to_owned())
        .creator("Tieout".to_owned())
        .document_id(format!("{}/{}", paper.seller.name, paper.number))
        .creation_date(moment(paper))
}

fn paint(
    document: &mut Document,
    sheets: &Sheets,
    fonts: &Fonts,
    logo: Option<&Image>,
) -> Option<TagTree> {
    let mut leaves: Vec<Vec<Identifier>> = sheets.parts.iter().map(|_| Vec::new()).collect();
    for marks in &sheets.pages {
        let mut page = document.start_page_with(PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT)?);
        let mut surface = page.surface();
        // Neighbours with one meaning share a tag.
        let same = |one: &Mark, other: &Mark| one.meaning == other.meaning;
        for group in marks.chunk_by(same) {
            let meaning = group.first().map_or(Meaning::Ornament, |mark| mark.meaning);
            let identifier = surface.start_tagged(tag(meaning));
            for mark in group {
                draw(&mut surface, &mark.shape, fonts, logo)?;
            }
            surface.end_tagged();
            if let Meaning::Part(part) = meaning {
                leaves.get_mut(part)?.push(identifier);
            }
        }
        surface.finish();
        page.finish();
    }
    let top = sheets.top.iter();
    let children: Vec<Node> = top
        .filter_map(|part| group(sheets, *part, &leaves))
        .collect();
    Some(TagTree::from(children))
}

fn tag(meaning: Meaning) -> ContentTag<'static> {
    let artifact = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
    match meaning {
        Meaning::Part(_) => ContentTag::Span(SpanTag::empty()),
        Meaning::Head => artifact(ArtifactType::Header),
        Meaning::Foot => artifact(ArtifactType::Footer),
        Meaning::Ornament => artifact(ArtifactType::Layout),
    }
}

fn group(sheets: &Sheets, index: usize, leaves: &[Vec<Identifier>]) -> Option<Node> {
    let Part { role, inside } = sheets.parts.get(index)?;
    let mut children: Vec<Node> = Vec::new();
    for identifier in leaves.get(index)? {
        children.push((*identifier).into());
    }
    for part in inside {
        children.extend(group(sheets, *part, leaves));
    }
    if children.is_empty() && !matches!(role, Role::Cell) {
        return None;
    }
    let level = |level| NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
    let group = |tag: krilla::tagging::TagKind| TagGroup::with_children(tag, children);
    Some(Node::from(match role {
        Role::Title(text) => group(Tag::Hn(level(1), Some(text.clone())).into()),
        Role::Heading(text) => group(Tag::Hn(level(2), Some(text.clone())).into()),
        Role::Paragraph => group(Tag::P.into()),
        Role::Figure(alt) => group(Tag::Figure(Some(alt.clone())).into()),
        Role::Table(summary) => group(Tag::Table.with_summary(Some(summary.clone())).into()),
        Role::TableHead => group(Tag::THead.into()),
        Role::TableBody => group(Tag::TBody.into()),
        Role::Row => group(Tag::TR.into()),
        Role::HeadCell => group(Tag::TH(TableHeaderScope::Both).into()),
        Role::Cell => group(Tag::TD.into()),
    }))
}

fn draw(
    surface: &mut Surface<'_>,
    shape: &Shape,
    fonts: &Fonts,
    logo: Option<&Image>,
) -> Option<()> {
    match shape {
        Shape::Text {
            x,
            y,
            size,
            ink,
            line,
        } => {
            surface.set_fill(Some(fill(*ink)));
            let mut x = *x;
            for run in &line.runs {
                let face = fonts.face(run.face)?;
                surface.draw_glyphs(
                    Point::from_xy(x, *y),
                    &run.glyphs,
                    face.painted.clone(),
                    &run.text,
                    *size,
                    false,
                );
                x += run.width;
            }
        }
        Shape::Bar {
            x,
            y,
            width,
            height,
            ink,
        } => {
            let mut path = PathBuilder::new();
            path.push_rect(Rect::from_xywh(*x, *y, *width, *height)?);
            surface.set_fill(Some(fill(*ink)));
            surface.draw_path(&path.finish()?);
        }
        Shape::Picture {
            x,
            y,
            width,
            height,
        } => {
            surface.push_transform(&Transform::from_translate(*x, *y));
            surface.draw_image(logo?.clone(), Size::from_wh(*width, *height)?);
            surface.pop();
        }
    }
    Some(())
}

fn fill(ink: Ink) -> Fill {
    let color = match ink {
        Ink::Black => rgb::Color::new(23, 27, 33),
        Ink::Grey => rgb::Color::new(95, 103, 115),
        Ink::Rule => rgb::Color::new(176, 183, 193),
        Ink::Hair => rgb::Color::new(214, 219, 226),
        Ink::Panel => rgb::Color::new(241, 244, 247),
    };
    Fill {
        paint: color.into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}
