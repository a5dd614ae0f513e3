//! The fonts that paper is set in: those that ship with the program and those of a configured
//! folder, each with what it can show.

use crate::shipped::SHIPPED;
use harfrust::ShaperData;
use krilla::Data;
use krilla::text::Font;
use skrifa::MetadataProvider as _;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// How dark the letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One font. Nothing of it is read before a letter is looked for in it.
struct Face {
    bytes: Bytes,
    weight: Weight,
    /// What it has glyphs for, as sorted ranges; read when a letter is first looked for.
    ranges: OnceLock<Vec<(u32, u32)>>,
    /// Read when a letter is first set in it; nothing when it cannot be read.
    open: OnceLock<Option<OpenFace>>,
}

/// The bytes of a file, of the program itself or read from a folder.
type Bytes = Arc<Cow<'static, [u8]>>;

/// Of a collection the first font: the others have the same letters in another regional form.
const FIRST: u32 = 0;

/// A font that letters are set in.
pub(crate) struct OpenFace {
    bytes: Bytes,
    pub(crate) shaper: ShaperData,
    pub(crate) painted: Font,
    pub(crate) units_per_em: f32,
    /// Above and below the base line, as parts of the size.
    pub(crate) ascent: f32,
}

/// All fonts, in the order in which they are asked.
pub struct Fonts {
    faces: Vec<Face>,
}

/// Why a file is not a font.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name}: this is not a font that can be used; use TrueType or OpenType files (.ttf, .otf, .ttc)"
)]
pub struct FontRefused {
    /// The file's name.
    pub name: String,
}

impl Fonts {
    /// The fonts that ship with the program. This is cheap: each is read when a document first needs it.
    #[must_use]
    pub fn shipped() -> Self {
        let faces = SHIPPED
            .iter()
            .map(|(bytes, weight)| Face::new(Arc::new(Cow::Borrowed(*bytes)), *weight));
        Self {
            faces: faces.collect(),
        }
    }

    /// Adds the fonts of a file; they are asked after those that are there.
    ///
    /// # Errors
    /// When the bytes are not a font.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), FontRefused> {
        let refused = || FontRefused {
            name: name.to_owned(),
        };
        let bytes: Bytes = Arc::new(Cow::Owned(bytes));
        let open = OpenFace::read(&bytes).ok_or_else(refused)?;
        let stated = stated_weight(&bytes).ok_or_else(refused)?;
        let face = Face::new(bytes, stated);
        let _ = face.open.set(Some(open));
        self.faces.push(face);
        Ok(())
    }

    /// A font, read when it was not yet.
    pub(crate) fn face(&self, index: usize) -> Option<&OpenFace> {
        self.faces.get(index)?.open()
    }

    /// Whether a font has a glyph for `letter`.
    pub(crate) fn covers(&self, index: usize, letter: char) -> bool {
        self.faces
            .get(index)
            .is_some_and(|face| face.covers(letter))
    }

    /// The font to show `letter` in: of the wished weight when there is one.
    pub(crate) fn find(&self, letter: char, weight: Weight) -> Option<usize> {
        let of = |wished: Option<Weight>| {
            self.faces.iter().position(|face| {
                wished.is_none_or(|wished| face.weight == wished) && face.covers(letter)
            })
        };
        of(Some(weight)).or_else(|| of(None))
    }
}

impl Face {
    fn new(bytes: Bytes, weight: Weight) -> Self {
        Self {
            bytes,
            weight,
            ranges: OnceLock::new(),
            open: OnceLock::new(),
        }
    }

    fn open(&self) -> Option<&OpenFace> {
        let read = || OpenFace::read(&self.bytes);
        self.open.get_or_init(read).as_ref()
    }

    fn covers(&self, letter: char) -> bool {
        let ranges = self.ranges.get_or_init(|| covered(&self.bytes));
        let code = u32::from(letter);
        let at = ranges.partition_point(|(first, _)| *first <= code);
        at.checked_sub(1)
            .and_then(|at| ranges.get(at))
            .is_some_and(|(_, last)| code <= *last)
    }
}

impl OpenFace {
    fn read(bytes: &Bytes) -> Option<Self> {
        let font = skrifa::FontRef::from_index(bytes, FIRST).ok()?;
        let metrics = font.metrics(
            skrifa::instance::Size::unscaled(),
            skrifa::instance::LocationRef::default(),
        );
        let shape = harfrust::FontRef::from_index(bytes, FIRST).ok()?;
        let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = bytes.clone();
        let painted = Font::new(Data::from(shared), FIRST)?;
        Some(Self {
            shaper: ShaperData::new(&shape),
            painted,
            units_per_em: f32::from(metrics.units_per_em),
            ascent: metrics.ascent / f32::from(metrics.units_per_em),
            bytes: Arc::clone(bytes),
        })
    }

    /// The font as the shaper reads it.
    pub(crate) fn to_shape(&self) -> Option<harfrust::FontRef<'_>> {
        harfrust::FontRef::from_index(&self.bytes, FIRST).ok()
    }
}

/// How dark a font says that it is.
fn stated_weight(bytes: &Bytes) -> Option<Weight> {
    let font = skrifa::FontRef::from_index(bytes, FIRST).ok()?;
    let bold = font.attributes().weight.value() >= 600.0;
    Some(if bold { Weight::Bold } else { Weight::Regular })
}

/// The letters that a font has glyphs for.
fn covered(bytes: &Bytes) -> Vec<(u32, u32)> {
    let Ok(font) = skrifa::FontRef::from_index(bytes, FIRST) else {
        return Vec::new();
    };
    let mut codes: Vec<u32> = font.charmap().mappings().map(|(code, _)| code).collect();
    codes.sort_unstable();
    ranges(&codes)
}

fn ranges(sorted: &[u32]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &code in sorted {
        match ranges.last_mut() {
            Some((_, last)) if code <= last.saturating_add(1) => *last = code.max(*last),
            _ => ranges.push((code, code)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_of_the_folder_ships_and_a_second_weight_has_the_letters_of_the_first() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts");
        let files = std::fs::read_dir(folder).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let fonts = names.filter(|name| name.ends_with(".ttf") || name.ends_with(".otf"));
        assert_eq!(fonts.count(), SHIPPED.len());
        let shipped = Fonts::shipped();
        let mut seconds = 0;
        for pair in shipped.faces.windows(2) {
            if pair[1].weight == Weight::Bold {
                assert_eq!(covered(&pair[0].bytes), covered(&pair[1].bytes));
                seconds += 1;
            }
            assert!(pair[0].open().is_some() && pair[1].open().is_some());
        }
        assert_eq!(seconds, 13);
    }

    #[test]
    fn a_document_reads_only_the_fonts_that_it_needs() {
        let fonts = Fonts::shipped();
        let read = || fonts.faces.iter().filter(|face| face.open.get().is_some());
        assert_eq!(read().count(), 0);
        let latin = fonts.find('A', Weight::Regular).unwrap();
        assert!(fonts.face(latin).is_some());
        assert_eq!(read().count(), 1);
        let asked = fonts.faces.iter();
        assert_eq!(asked.filter(|face| face.ranges.get().is_some()).count(), 1);
    }
}
