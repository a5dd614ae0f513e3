//! The fonts that paper is set in: those that ship with the program and those of a configured
//! folder, each with what it can show.

use harfrust::ShaperData;
use krilla::Data;
use krilla::text::Font;
use skrifa::MetadataProvider as _;
use std::borrow::Cow;
use std::sync::Arc;

/// How dark the letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One font.
pub(crate) struct Face {
    bytes: Arc<Cow<'static, [u8]>>,
    index: u32,
    pub(crate) weight: Weight,
    /// What it has glyphs for, as sorted ranges.
    ranges: Vec<(u32, u32)>,
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

macro_rules! shipped {
    ($($file:literal $weight:ident),* $(,)?) => {
        &[$(($file, include_bytes!(concat!("../fonts/", $file)).as_slice(), Weight::$weight)),*]
    };
}

/// Latin with Greek and Cyrillic first: digits and punctuation of every document come from it.
const SHIPPED: &[(&str, &[u8], Weight)] = shipped![
    "NotoSans-Regular.ttf" Regular,
    "NotoSans-SemiBold.ttf" Bold,
    "NotoSansArabic-Regular.ttf" Regular,
    "NotoSansArabic-SemiBold.ttf" Bold,
    "NotoSansHebrew-Regular.ttf" Regular,
    "NotoSansHebrew-SemiBold.ttf" Bold,
    "NotoSansDevanagari-Regular.ttf" Regular,
    "NotoSansDevanagari-SemiBold.ttf" Bold,
    "NotoSansThai-Regular.ttf" Regular,
    "NotoSansThai-SemiBold.ttf" Bold,
    "NotoSansGeorgian-Regular.ttf" Regular,
    "NotoSansGeorgian-SemiBold.ttf" Bold,
    "NotoSansArmenian-Regular.ttf" Regular,
    "NotoSansArmenian-SemiBold.ttf" Bold,
    "NotoSansCJK-Regular.otf" Regular,
];

impl Fonts {
    /// The fonts that ship with the program.
    #[must_use]
    pub fn shipped() -> Self {
        let mut faces = Vec::with_capacity(SHIPPED.len());
        for (_, bytes, weight) in SHIPPED {
            faces.extend(Face::read(Cow::Borrowed(*bytes), 0, Some(*weight)));
        }
        Self { faces }
    }

    /// Adds the fonts of a file; they are asked after those that are there.
    ///
    /// # Errors
    /// When the bytes are not a font.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), FontRefused> {
        // Of a collection the first: the others have the same letters in another regional form.
        let face = Face::read(Cow::Owned(bytes), 0, None).ok_or_else(|| FontRefused {
            name: name.to_owned(),
        })?;
        self.faces.push(face);
        Ok(())
    }

    pub(crate) fn face(&self, index: usize) -> Option<&Face> {
        self.faces.get(index)
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
    fn read(bytes: Cow<'static, [u8]>, index: u32, weight: Option<Weight>) -> Option<Self> {
        let bytes = Arc::new(bytes);
        let font = skrifa::FontRef::from_index(&bytes, index).ok()?;
        let metrics = font.metrics(
            skrifa::instance::Size::unscaled(),
            skrifa::instance::LocationRef::default(),
        );
        let mut covered: Vec<u32> = font.charmap().mappings().map(|(code, _)| code).collect();
        covered.sort_unstable();
        let shape = harfrust::FontRef::from_index(&bytes, index).ok()?;
        let stated = font.attributes().weight.value();
        let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = bytes.clone();
        let painted = Font::new(Data::from(shared), index)?;
        Some(Self {
            weight: weight.unwrap_or(if stated >= 600.0 {
                Weight::Bold
            } else {
                Weight::Regular
            }),
            ranges: ranges(&covered),
            shaper: ShaperData::new(&shape),
            painted,
            units_per_em: f32::from(metrics.units_per_em),
            ascent: metrics.ascent / f32::from(metrics.units_per_em),
            index,
            bytes,
        })
    }

    /// Whether it has a glyph for `letter`.
    pub(crate) fn covers(&self, letter: char) -> bool {
        let code = u32::from(letter);
        let at = self.ranges.partition_point(|(first, _)| *first <= code);
        at.checked_sub(1)
            .and_then(|at| self.ranges.get(at))
            .is_some_and(|(_, last)| code <= *last)
    }

    /// The font as the shaper reads it.
    pub(crate) fn to_shape(&self) -> Option<harfrust::FontRef<'_>> {
        harfrust::FontRef::from_index(&self.bytes, self.index).ok()
    }
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
