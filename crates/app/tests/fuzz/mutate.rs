//! A seeded mutator over bytes: the same seed gives the same inputs.

/// Words that parsers stumble over.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "[[",
    "]]",
    "\"",
    "'",
    "\"\"\"",
    ":",
    ",",
    "=",
    "-",
    "--",
    "+",
    ".",
    "0",
    "-0",
    "00",
    "1e308",
    "1e-400",
    "1E+999999999",
    "NaN",
    "Infinity",
    "null",
    "true",
    "\\u0000",
    "\\ud800",
    "\\",
    "\n",
    "\r\n",
    "\0",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "é",
    "🂡",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "79228162514264337593543950335",
    "0.0000000000000000000000000001",
    "9999-12-31",
    "-9999-01-01",
    "0000-00-00",
    "2024-02-30",
    "2026-13",
    "24:00:00Z",
    "t=",
    "v1=",
    "v1,",
    ";",
    "&",
    "*",
    "|",
    "---",
    "!!binary",
    "&a",
    "*a",
    "<<:",
    "${jndi}",
    "../..",
    "%00",
    "%",
    "USD",
    "JPY",
    "XXX",
    "sealed:v1:",
];

pub struct Mutator {
    state: u64,
    pool: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, pool: Vec<Vec<u8>>) -> Mutator {
        Mutator {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            pool,
        }
    }

    pub fn keep(&mut self, input: Vec<u8>) {
        if self.pool.len() < 5_000 && input.len() < 8_192 {
            self.pool.push(input);
        }
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn below(&mut self, most: usize) -> usize {
        (self.random() % most.max(1) as u64) as usize
    }

    pub fn next(&mut self, most: usize) -> Vec<u8> {
        let at = self.below(self.pool.len());
        let mut input = self.pool[at].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input.truncate(most);
        input
    }

    fn range(&mut self, input: &[u8]) -> (usize, usize) {
        let start = self.below(input.len() + 1);
        let long = self.below(1 + (input.len() - start).min(64));
        (start, start + long)
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let (start, end) = self.range(input);
        match self.below(9) {
            0 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] ^= 1 << self.below(8);
            }
            1 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] = self.random() as u8;
            }
            2 => drop(input.drain(start..end)),
            3 | 4 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(start..start, word.bytes());
            }
            5 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(start..end, word.bytes());
            }
            6 => {
                // Depth and length: the same piece many times.
                let piece = input[start..end].to_vec();
                let times = 1 << self.below(10);
                input.splice(start..start, piece.repeat(times).into_iter().take(32_768));
            }
            7 => {
                let other = self.below(self.pool.len());
                let other = self.pool[other].clone();
                let (from, to) = self.range(&other);
                input.splice(start..end, other[from..to].iter().copied());
            }
            _ => input.truncate(start),
        }
    }
}
