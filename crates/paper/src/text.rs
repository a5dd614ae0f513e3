//! Setting text: direction, choice of fonts, shaping and breaking into lines. What no font can show
//! is remembered, and the document is refused with its name; nothing is ever printed as a box.

use crate::breaking::broken;
use crate::fonts::{Fonts, Weight};
use harfrust::{Direction, Feature, ShapeOptions, ShapePlan, Tag, UnicodeBuffer};
use krilla::text::{GlyphId, KrillaGlyph};
use std::collections::{BTreeSet, HashMap};
use unicode_bidi::{BidiInfo, Level};
use unicode_script::{Script, UnicodeScript as _};

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
}

/// The colours of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Black,
    Grey,
    Rule,
    Hair,
    Panel,
}

/// Glyphs of one font, from left to right.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) face: usize,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    pub(crate) text: String,
    pub(crate) width: f32,
}

/// One line, its runs from left to right.
#[derive(Clone, Default)]
pub(crate) struct Line {
    pub(crate) runs: Vec<Run>,
    pub(crate) width: f32,
    pub(crate) right_to_left: bool,
}

/// Sets text and remembers what cannot be shown.
pub(crate) struct Setter<'a> {
    fonts: &'a Fonts,
    pub(crate) missing: BTreeSet<char>,
    features: Vec<Feature>,
    spare: Option<UnicodeBuffer>,
    /// How to shape in a font, script and direction: worked out once for a document.
    plans: HashMap<(usize, Option<harfrust::Script>, bool), ShapePlan>,
}

/// A stretch of a paragraph in one font, one direction and one script.
struct Stretch {
    from: usize,
    until: usize,
    face: usize,
    level: Level,
    script: Script,
}

impl<'a> Setter<'a> {
    pub(crate) fn new(fonts: &'a Fonts) -> Self {
        let on = |name: &[u8; 4]| Feature::new(Tag::new(name), 1, ..);
        Self {
            fonts,
            missing: BTreeSet::new(),
            features: vec![on(b"tnum"), on(b"lnum")],
            spare: None,
            plans: HashMap::new(),
        }
    }

    /// Height of letters above the base line.
    pub(crate) fn ascent(&self, style: Style) -> f32 {
        let face = self.fonts.face(0);
        face.map_or(style.size, |face| face.ascent.min(1.07) * style.size)
    }

    /// One line, however long.
    pub(crate) fn line(&mut self, text: &str, style: Style) -> Line {
        self.lines(text, style, f32::INFINITY)
            .into_iter()
            .next()
            .unwrap_or_default()
    }

    /// Width of one line.
    pub(crate) fn width(&mut self, text: &str, style: Style) -> f32 {
        self.line(text, style).width
    }

    /// Lines no wider than `width`, broken where the script allows it, and inside a word only when
    /// it is wider than a line.
    pub(crate) fn lines(&mut self, text: &str, style: Style, width: f32) -> Vec<Line> {
        let mut lines = Vec::new();
        for part in text.split('\n') {
            let part: String = part
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            self.part(part.trim_end(), style, width, &mut lines);
        }
        lines
    }

    fn part(&mut self, text: &str, style: Style, width: f32, lines: &mut Vec<Line>) {
        if text.is_empty() {
            return;
        }
        let bidi = BidiInfo::new(text, None);
        let Some(paragraph) = bidi.paragraphs.first() else {
            return;
        };
        let stretches = self.stretches(text, style.weight, &bidi.levels);
        let breaks = if width.is_finite() {
            let advances = self.advances(text, &stretches, style.size);
            broken(text, &advances, width)
        } else {
            vec![(0, text.len())]
        };
        for (from, until) in breaks {
            let shown = text
                .get(from..until)
                .map_or(until, |line| from + line.trim_end_matches(' ').len());
            if shown == from {
                continue;
            }
            let (levels, visual) = bidi.visual_runs(paragraph, from..shown);
            let mut line = Line {
                right_to_left: paragraph.level.is_rtl(),
                ..Line::default()
            };
            for run in visual {
                let right = levels.get(run.start).is_some_and(|level| level.is_rtl());
                let mut inside: Vec<&Stretch> = stretches
                    .iter()
                    .filter(|s| s.from < run.end && s.until > run.start)
                    .collect();
                if right {
                    inside.reverse();
                }
                for stretch in inside {
                    let (start, end) = (stretch.from.max(run.start), stretch.until.min(run.end));
                    if let Some(run) = self.run(text, stretch, start, end, right, style.size) {
                        line.width += run.width;
                        line.runs.push(run);
                    }
                }
            }
            lines.push(line);
        }
    }

    /// Parts of the text that can be shaped at once.
    fn stretches(&mut self, text: &str, weight: Weight, levels: &[Level]) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, letter) in text.char_indices() {
            let level = levels.get(at).copied().unwrap_or_else(Level::ltr);
            let script = letter.script();
            let neutral = matches!(script, Script::Common | Script::Inherited | Script::Unknown);
            let before = stretches.last();
            let same_face = before.map(|s| s.face).filter(|face| {
                invisible(letter)
                    || (self.joins(letter, script) && self.fonts.covers(*face, letter))
            });
            let face = match same_face.or_else(|| self.fonts.find(letter, weight)) {
                Some(face) => face,
                None => {
                    if !invisible(letter) {
                        self.missing.insert(letter);
                    }
                    before.map_or(0, |s| s.face)
                }
            };
            let until = at + letter.len_utf8();
            match stretches.last_mut() {
                Some(last)
                    if last.face == face
                        && last.level == level
                        && (neutral || last.script == script || unsettled(last.script)) =>
                {
                    last.until = until;
                    if unsettled(last.script) {
                        last.script = script;
                    }
                }
                _ => stretches.push(Stretch {
                    from: at,
                    until,
                    face,
                    level,
                    script,
                }),
            }
        }
        stretches
    }

    /// Whether a letter stays in the font of the letter before it: marks do, spaces, so that a phrase
    /// is not torn, and punctuation of several scripts, which then looks like its neighbours. Figures
    /// and signs that the first font has come from there, so that they look alike.
    fn joins(&self, letter: char, script: Script) -> bool {
        script == Script::Inherited
            || letter == ' '
            || letter == '\u{a0}'
            || (unsettled(script) && !self.fonts.covers(0, letter))
    }

    /// How far each cluster moves the pen: by the byte at which it begins.
    fn advances(&mut self, text: &str, stretches: &[Stretch], size: f32) -> Vec<f32> {
        let mut advances = vec![0.0; text.len()];
        for stretch in stretches {
            let right = stretch.level.is_rtl();
            let Some(run) = self.run(text, stretch, stretch.from, stretch.until, right, size)
            else {
                continue;
            };
            for glyph in &run.glyphs {
                if let Some(advance) = advances.get_mut(stretch.from + glyph.text_range.start) {
                    *advance += glyph.x_advance * size;
                }
            }
        }
        advances
    }

    fn run(
        &mut self,
        text: &str,
        stretch: &Stretch,
        from: usize,
        until: usize,
        right_to_left: bool,
        size: f32,
    ) -> Option<Run> {
        let face = self.fonts.face(stretch.face)?;
        let font = face.to_shape()?;
        let part = text.get(from..until)?;
        let mut buffer = self.spare.take().unwrap_or_default();
        buffer.push_str(part);
        let script: Option<harfrust::Script> = match unsettled(stretch.script) {
            true => None,
            false => stretch.script.short_name().parse().ok(),
        };
        if let Some(script) = script {
            buffer.set_script(script);
        }
        let direction = if right_to_left {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        };
        buffer.set_direction(direction);
        let shaper = face.shaper.shaper(&font).build();
        let key = (stretch.face, script, right_to_left);
        let features = &self.features;
        let plan = self
            .plans
            .entry(key)
            .or_insert_with(|| ShapePlan::new(&shaper, direction, script, None, features));
        let options = ShapeOptions::new().features(features).plan(Some(plan));
        let shaped = shaper.shape(buffer, options);
        let (infos, positions) = (shaped.glyph_infos(), shaped.glyph_positions());
        let mut starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        let em = face.units_per_em;
        let mut width = 0.0;
        let mut glyphs = Vec::with_capacity(infos.len());
        for (info, position) in infos.iter().zip(positions) {
            let start = info.cluster as usize;
            let next = starts.partition_point(|known| *known <= start);
            let end = starts.get(next).copied().unwrap_or(part.len());
            let advance = position.x_advance as f32 / em;
            width += advance * size;
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                advance,
                position.x_offset as f32 / em,
                position.y_offset as f32 / em,
                0.0,
                start..end,
                None,
            ));
        }
        self.spare = Some(shaped.clear());
        Some(Run {
            face: stretch.face,
            glyphs,
            text: part.to_owned(),
            width,
        })
    }
}

fn unsettled(script: Script) -> bool {
    matches!(script, Script::Common | Script::Inherited | Script::Unknown)
}

/// Letters that steer and show nothing: those that Unicode calls ignorable. A selector of a variant
/// that the font does not have leaves the ordinary shape.
fn invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}
