//! Names and words in every script that the shipped fonts are for, besides those of the samples.

use super::samples;
use paper::InvoicePaper;
use values::TaxCategory;

/// The script, and a name or words in it.
pub const NAMES: &[(&str, &str)] = &[
    ("Bengali", "ঢাকা টেক্সটাইল লিমিটেড, চট্টগ্রাম।"),
    ("Assamese", "অসম চাহ কোম্পানী, গুৱাহাটী"),
    ("Gurmukhi", "ਪੰਜਾਬ ਟ੍ਰੈਕਟਰ ਲਿਮਟਿਡ, ਅੰਮ੍ਰਿਤਸਰ"),
    ("Gujarati", "અમદાવાદ સોફ્ટવેર પ્રાઇવેટ લિમિટેડ"),
    ("Oriya", "ଓଡ଼ିଶା ଖଣି ନିଗମ, ଭୁବନେଶ୍ୱର"),
    ("Tamil", "சென்னை மென்பொருள் நிறுவனம், ஸ்ரீரங்கம்"),
    ("Telugu", "హైదరాబాద్ సాఫ్ట్‌వేర్ ప్రైవేట్ లిమిటెడ్"),
    ("Kannada", "ಬೆಂಗಳೂರು ತಂತ್ರಜ್ಞಾನ ಸಂಸ್ಥೆ"),
    ("Malayalam", "കൊച്ചി കപ്പൽശാല ലിമിറ്റഡ്, തൃശ്ശൂർ"),
    ("Sinhala", "ශ්‍රී ලංකා තේ සමාගම, කොළඹ"),
    ("Khmer", "ក្រុមហ៊ុនភ្នំពេញ ស្ថាបត្យកម្មខ្មែរ"),
    ("Lao", "ບໍລິສັດ ວຽງຈັນ ຈຳກັດ ຜູ້ດຽວ"),
    ("Myanmar", "ရန်ကုန် ကုမ္ပဏီ လီမိတက်၊ မန္တလေး"),
    ("Ethiopic", "አዲስ አበባ ንግድ ድርጅት፣ ኢትዮጵያ"),
    ("Thaana", "މާލެ ކުންފުނި ޕްރައިވެޓް"),
    ("Tibetan", "ལྷ་ས་གྲོང་ཁྱེར། བོད་ལྗོངས་"),
    ("Mongolian", "ᠮᠣᠩᠭᠣᠯ ᠤᠯᠤᠰ"),
    ("African Arabic", "\u{8a2}\u{8a7}\u{8b1} \u{8bb}"),
    ("Adlam", "𞤆𞤵𞤤𞤢𞤪 𞤀𞤣𞤤𞤢𞤥"),
    ("Balinese", "ᬅᬓ᭄ᬱᬭ ᬩᬮᬶ"),
    ("Bamum", "ꚠꚡꚢ ꛀꛁ"),
    ("Batak", "ᯅᯖᯂ᯲ ᯘᯮᯒᯗ᯲"),
    ("Canadian syllabics", "ᓄᓇᕗᑦ ᐃᓄᒃᑎᑐᑦ"),
    ("Chakma", "𑄌𑄋𑄴𑄟𑄳𑄦 𑄃𑄧𑄏𑄛𑄖𑄴"),
    ("Cham", "ꨀꨇꩉ ꨌꩌ"),
    ("Cherokee", "ᏣᎳᎩ ᎠᏰᎵ"),
    ("Hanifi Rohingya", "𐴌𐴟𐴇𐴥𐴝𐴚𐴒𐴙𐴝"),
    ("Javanese", "ꦲꦤꦕꦫꦏ ꦲꦏ꧀ꦱꦫ"),
    ("Kayah Li", "ꤊꤢꤛꤢ꤭ ꤜꤟꤤ꤬"),
    ("Lepcha", "ᰛᰩᰵ ᰛᰩᰵᰠᰦ"),
    ("Limbu", "ᤕᤰᤌᤢᤱ ᤐᤠᤴ"),
    ("Lisu", "ꓡꓲ ꓢꓴ"),
    ("Mandaic", "ࡌࡀࡍࡃࡀࡉࡀ"),
    ("Meetei Mayek", "ꯃꯅꯤꯄꯨꯔ ꯏꯝꯐꯥꯜ"),
    ("Miao", "𖼀𖼁𖼂 𖼽"),
    ("New Tai Lue", "ᦷᦺᦑ ᦟᦹᧉ"),
    ("Newa", "𑐣𑐾𑐰𑐵𑑅 𑐨𑐵𑐫𑑂"),
    ("N'Ko", "ߒߞߏ ߞߊ߲"),
    ("Ol Chiki", "ᱥᱟᱱᱛᱟᱲᱤ ᱯᱟᱹᱨᱥᱤ"),
    ("Osage", "𐓏𐓘𐓻𐓘𐓻𐓟"),
    ("Nyiakeng Puachue Hmong", "𞄀𞄁𞄂 𞄤𞄥"),
    ("Saurashtra", "ꢱꣃꢬꢵꢰ꣄ꢜ꣄ꢬꢵ"),
    ("Sundanese", "ᮘᮞ ᮞᮥᮔ᮪ᮓ"),
    ("Syloti Nagri", "ꠍꠤꠟꠐꠤ ꠘꠣꠉꠞꠤ"),
    ("Syriac", "ܣܘܪܝܝܐ ܟܬܒܐ"),
    ("Tai Le", "ᥖᥭᥰ ᥘᥫᥴ"),
    ("Tai Tham", "ᨲ᩠ᩅᩫᨾᩮᩬᩥᨦ ᨩ᩠ᨿᨦᩉ᩠ᨾᩲ᩵"),
    ("Tai Viet", "ꪼꪕ ꪀꪱ"),
    ("Tifinagh", "ⵜⴰⵎⴰⵣⵉⵖⵜ ⵉⵎⴰⵣⵉⵖⵏ"),
    ("Vai", "ꕙꔤ ꔳꕩ"),
    ("Wancho", "𞋒𞋀𞋉𞋃𞋕"),
    ("Yi", "ꆈꌠꁱꂷ ꆀꎭ"),
    ("rare Han", "渋谷 𠮷野家 山﨑 髙橋 堃 淼 㐂 犇 喆 龘 鿍"),
    ("Hangul", "똠방각하 쌍용 뷁 힣 펲시"),
    ("signs", "✓ ✔ ✗ → ≥ ★ ☎ ✉ ⚠"),
];

/// A document with a line for every name, bought by whom `buyer` names.
pub fn in_every_script(buyer: &str) -> InvoicePaper {
    let export = samples::rate(TaxCategory::G, "0", "Export", "Export outside the Union");
    let line = |(_, words): &(&str, &str)| {
        let net = samples::money("9.00", "USD");
        samples::line(words, "1", "9.00", net, &export)
    };
    let mut draft = samples::draft("USD", NAMES.iter().map(line).collect());
    draft.number = "DE-2026-00045".to_owned();
    draft.buyer.name = buyer.to_owned();
    draft.finish().expect("a document")
}
