//! Where lines end: where the script allows it, and inside a word only when it is wider than a line.

use unicode_linebreak::{BreakOpportunity, linebreaks};

/// Where lines begin and end: `advances` say how far each cluster of `text` moves the pen, by the byte
/// at which it begins.
pub(crate) fn broken(text: &str, advances: &[f32], width: f32) -> Vec<(usize, usize)> {
    let measure = |from: usize, until: usize| -> f32 {
        advances
            .get(from..until)
            .map_or(0.0, |part| part.iter().sum())
    };
    let mut lines = Vec::new();
    let (mut begin, mut fits) = (0, 0);
    for (at, opportunity) in linebreaks(text) {
        let trimmed = text
            .get(begin..at)
            .map_or(at, |part| begin + part.trim_end_matches(' ').len());
        if measure(begin, trimmed) > width {
            if fits > begin {
                lines.push((begin, fits));
                begin = fits;
            }
            // A word wider than a line is broken between clusters; so is a
            // phrase of a script that puts no spaces between words.
            begin = chopped(text, advances, width, begin, at, &mut lines);
        }
        fits = at;
        if opportunity == BreakOpportunity::Mandatory {
            lines.push((begin, at));
            begin = at;
        }
    }
    lines
}

fn chopped(
    text: &str,
    advances: &[f32],
    width: f32,
    from: usize,
    until: usize,
    lines: &mut Vec<(usize, usize)>,
) -> usize {
    let (mut begin, mut reached) = (from, 0.0);
    let Some(word) = text.get(from..until) else {
        return begin;
    };
    let solid = from + word.trim_end_matches(' ').len();
    // The last place before which a line may begin, and how far the pen was there.
    let (mut seam, mut before_seam) = (from, 0.0);
    for (offset, _) in word.char_indices() {
        let at = from + offset;
        let advance = advances.get(at).copied().unwrap_or(0.0);
        if at < solid && advance > 0.0 && at > begin {
            if seam <= begin || !glued(text, at) {
                (seam, before_seam) = (at, reached);
            }
            if reached + advance > width {
                lines.push((begin, seam));
                (begin, reached) = (seam, reached - before_seam);
            }
        }
        reached += advance;
    }
    begin
}

/// Whether what stands before and after `at` is one syllable. Thai and Lao write some vowels before
/// the consonant that they are spoken after, some only where a consonant closes the syllable, and
/// signs of repetition and abbreviation after a word; a Myanmar consonant that is killed closes the syllable before it.
fn glued(text: &str, at: usize) -> bool {
    let (Some(left), Some(right)) = (text.get(..at), text.get(at..)) else {
        return false;
    };
    let mut next = right.chars();
    let first = next.next().unwrap_or(' ');
    let mut back = left
        .chars()
        .rev()
        .skip_while(|sign| matches!(sign, '\u{e47}'..='\u{e4e}' | '\u{ec8}'..='\u{ecd}'));
    let leads = matches!(
        back.next(),
        Some('เ'..='ไ' | 'ເ'..='ໄ' | '\u{e31}' | '\u{e37}' | '\u{eb1}' | '\u{ebb}')
    );
    let follows = matches!(
        first,
        'ะ' | 'า' | 'ำ' | 'ๅ' | 'ๆ' | 'ฯ' | 'ະ' | 'າ' | 'ຳ' | 'ໆ' | 'ຯ' | 'ឣ'..='៝' | 'ါ'..='ှ'
    );
    let killed = matches!(first, 'က'..='အ') && killed_next(next);
    leads || follows || killed
}

/// Whether a killer stands on the Myanmar consonant that was before `after`.
fn killed_next(after: std::str::Chars<'_>) -> bool {
    let mut signs = after.take_while(|sign| matches!(sign, '\u{1037}' | '\u{1039}' | '\u{103a}'));
    signs.any(|sign| sign != '\u{1037}')
}

#[cfg(test)]
mod tests {
    use super::glued;
    use crate::fonts::{Fonts, Weight};
    use crate::text::{Ink, Setter, Style};

    const STYLE: Style = Style {
        size: 9.2,
        weight: Weight::Regular,
        ink: Ink::Black,
    };

    /// Words without a space between them.
    const WITHOUT_SPACES: [&str; 6] = [
        "ការប្រើប្រាស់ប្រព័ន្ធគ្រប់គ្រងហិរញ្ញវត្ថុសម្រាប់ក្រុមហ៊ុនអន្តរជាតិ",
        "ການບໍລິການລະບົບບັນຊີປະຈຳປີສຳລັບບໍລິສັດໃຫຍ່ທີ່ມີຫຼາຍສາຂາ",
        "ကုမ္ပဏီများအတွက်နှစ်စဉ်ဝန်ဆောင်မှုနှင့်နည်းပညာပံ့ပိုးမှုစနစ်",
        "ค่าบริการแพลตฟอร์มรายปีสำหรับบริษัทที่มีหลายสาขาทั่วประเทศ",
        "སྤྱི་ཚོགས་རིང་ལུགས་ཀྱི་ལས་འགུལ་ཁག་གི་མཐུན་འགྱུར་དངུལ་རྩིས་",
        "ඇමරිකානුශ්‍රීලංකාතේසමාගමේවාර්ෂිකසේවාගාස්තුවකොළඹනගරය",
    ];

    #[test]
    fn no_line_is_wider_than_its_column_and_nothing_is_lost() {
        let fonts = Fonts::shipped();
        for words in WITHOUT_SPACES {
            let long = words.repeat(4);
            for width in [40.0, 97.0, 215.0] {
                let mut setter = Setter::new(&fonts);
                let lines = setter.lines(&long, STYLE, width);
                assert_eq!(setter.missing.len(), 0, "{:?}", setter.missing);
                assert!(lines.len() > 3, "{} lines of {words}", lines.len());
                let mut text = String::new();
                for line in &lines {
                    for run in &line.runs {
                        text.push_str(&run.text);
                    }
                    assert!(line.width <= width + 0.01, "{} of {words}", line.width);
                }
                assert_eq!(text, long);
                // Lines are filled: only what is one syllable goes over whole.
                let filled = lines.iter().take(lines.len() - 1);
                for line in filled {
                    assert!(line.width > width - 36.0, "{} of {width}", line.width);
                }
            }
        }
    }

    #[test]
    fn a_line_never_begins_inside_a_syllable() {
        let fonts = Fonts::shipped();
        let mut setter = Setter::new(&fonts);
        for words in WITHOUT_SPACES {
            for width in 40..140 {
                let width = f32::from(u8::try_from(width).unwrap_or(0));
                let lines = setter.lines(words, STYLE, width);
                let mut at = 0;
                for line in lines {
                    assert!(at == 0 || !glued(words, at), "{} in {words}", &words[at..]);
                    at += line.runs.iter().map(|run| run.text.len()).sum::<usize>();
                }
            }
        }
        for (words, at) in [
            ("แห่ง", "แ"),
            ("ต่างๆ", "ต่าง"),
            ("รับ", "รั"),
            ("ရန်", "ရ"),
            ("ໃຫຍ່", "ໃ"),
        ] {
            assert!(glued(words, at.len()), "{words}");
        }
        assert!(!glued("ရန်ကုန်", "ရန်".len()));
        assert!(!glued("แห่งไทย", "แห่ง".len()));
    }
}
