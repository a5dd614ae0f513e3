//! The help pages behind the `type` of problems and the `code` of their errors.

use super::Code;
use super::billing_words::OF_BILLING;
use super::words::REFUSALS;
use askama::Template;

/// What a word means and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "problem.html")]
pub struct Page {
    /// The word.
    pub word: &'static str,
    /// In one line.
    pub title: &'static str,
    /// The status that it comes with.
    pub status: u16,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub mend: &'static str,
}

impl Page {
    /// The page as HTML, to be put into a frame.
    #[must_use]
    pub fn html(&self) -> String {
        // Writing into memory fails for no template of ours.
        self.render().unwrap_or_default()
    }
}

/// The help page of a word, where it is one of ours.
#[must_use]
pub fn page(word: &str) -> Option<Page> {
    pages().find(|page| page.word == word)
}

/// All help pages.
pub fn pages() -> impl Iterator<Item = Page> {
    let problems = Code::ALL.into_iter().map(|code| {
        let (meaning, mend) = explain(code);
        Page {
            word: code.word(),
            title: code.title(),
            status: code.status().as_u16(),
            meaning,
            mend,
        }
    });
    let refusals = REFUSALS.iter().chain(OF_BILLING).map(|(word, meaning)| Page {
        word,
        title: "One reason for which a command or a delivery is refused",
        status: if word.starts_with("signature_") { 400 } else { Code::Refused.status().as_u16() },
        meaning,
        mend: "The message of the error names the field, the value and what would do. Mend it and send the command \
               again; nothing of the refused one was kept.",
    });
    problems.chain(refusals)
}

/// What a problem means, and the mend.
fn explain(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::Unauthorised => (
            "The call came without an API token, or with one that is not known here or was revoked.",
            "Send the header Authorization: Bearer tio_… An administrator makes a token with: tieout token create \
             --name NAME --role ROLE.",
        ),
        Code::Forbidden => (
            "The token is valid, and its role does not allow this operation.",
            "Use a token of one of the roles that the detail names. The reference lists the roles of each operation.",
        ),
        Code::NotFound => (
            "The path leads nowhere, or there is nothing with the id that it names.",
            "Search for the id with GET /api/v1/search?q=…; the reference lists the paths.",
        ),
        Code::MethodNotAllowed => (
            "The path is right, and it takes another method.",
            "The header Allow lists the methods: GET asks, POST sends a command.",
        ),
        Code::IdempotencyKeyMissing => (
            "Every command carries a key, so that a client that got no answer can send the same again without doing \
             it twice.",
            "Send the header Idempotency-Key with a value that is new for each command, such as a UUID, and keep it \
             for repeats of the same command.",
        ),
        Code::KeyReused => (
            "A command with this key was done before, and its content was another one.",
            "Use a new key for a new command. To learn the answer of the earlier one, send it again unchanged.",
        ),
        Code::UnreadableBody => (
            "The body is not JSON, or broke off. The detail names the line and the column.",
            "Send the body as one JSON object in UTF-8.",
        ),
        Code::InvalidBody => (
            "The body is JSON, and a field of it is missing, unknown or of another kind. The errors name the field.",
            "Compare with the shape in the reference. Decimals stand in quotes, because a JSON number with a point \
             may lose a cent on its way.",
        ),
        Code::InvalidParameter => (
            "A parameter of the path or the query string is unknown, given twice or cannot be read.",
            "The errors name the parameter and what would do. A cursor is good for the list that gave it only.",
        ),
        Code::UnsupportedMediaType => (
            "The body was not declared as JSON.",
            "Send the header Content-Type: application/json.",
        ),
        Code::PayloadTooLarge => (
            "The body is larger than one mebibyte.",
            "Split it: commands are about one object each.",
        ),
        Code::Refused => (
            "The command was understood and refused by a rule of the business. The errors list every reason.",
            "Each error has a code with a page of its own, and a message with the mend. Nothing of the refused \
             command was kept, so its key may be used again.",
        ),
        Code::WebhookRefused => (
            "The delivery was not signed by a secret that is known here, was not fresh, or was no event. It was \
             counted, and its content was not kept.",
            "Compare the signing secret of the endpoint with the configuration; during a rotation both secrets may \
             stand there. Check the clock of this machine when signatures are too old.",
        ),
        Code::TooManyRequests => (
            "Too many attempts came in a short time.",
            "Wait as long as the header Retry-After says.",
        ),
        Code::TimedOut => (
            "The answer took longer than the server allows. A command may have been done all the same.",
            "Send the same command again with the same Idempotency-Key: it answers as it was done, or does it now.",
        ),
        Code::OtherSystemFailed => (
            "Another system had to be asked, and it failed or said no.",
            "Look at the connections page; the program tries again by itself what can be tried again.",
        ),
        Code::StoreUnavailable => (
            "The database did not answer, or its disk is full. Nothing was changed.",
            "Send the same again in a moment, with the same key. If it stays so, /readyz and the log say more.",
        ),
        Code::Internal => (
            "The program or its files are at fault.",
            "The log has the reason on the lines with the request id. Please report it with them.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_one_page() {
        let mut seen = std::collections::BTreeSet::new();
        for page in pages() {
            assert!(seen.insert(page.word), "{} twice", page.word);
            assert!(
                page.meaning.ends_with('.') && page.mend.ends_with('.'),
                "{}",
                page.word
            );
            assert!(page.html().contains(page.word));
        }
        for code in Code::ALL {
            assert!(seen.contains(code.word()));
        }
        assert_eq!(page("no_such_word"), None);
    }
}
