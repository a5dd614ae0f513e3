//! Who is signed in at the sample company.

use super::{SampleSource, at};
use app::access::SessionRow;
use web::console::{AccountSource, OwnSession, SessionLine, SourceFault, Viewer};

fn line(id: &str, user: &str, times: [&str; 2], address: &str, agent: &str) -> SessionLine {
    SessionLine {
        row: SessionRow {
            id: id.to_owned(),
            user: user.to_owned(),
            began: at(times[0]),
            used: at(times[1]),
            expires: at("2026-06-30T19:00:00Z"),
            address: address.to_owned(),
            agent: agent.to_owned(),
        },
        is_own: id == "ses_1",
    }
}

impl AccountSource for SampleSource {
    fn sessions(
        &self,
        user: Option<&str>,
        _own: Option<OwnSession>,
    ) -> Result<Vec<SessionLine>, SourceFault> {
        let me = user.unwrap_or("Ines Vidal");
        let mut lines = vec![
            line(
                "ses_1",
                me,
                ["2026-06-30T07:02:11Z", "2026-06-30T09:40:00Z"],
                "203.0.113.7",
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            ),
            line(
                "ses_2",
                me,
                ["2026-06-29T18:20:44Z", "2026-06-30T06:12:00Z"],
                "198.51.100.23",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) <b>Safari</b>",
            ),
            line(
                "ses_3",
                "li",
                ["2026-06-30T08:00:00Z", "2026-06-30T09:31:00Z"],
                "203.0.113.8",
                "",
            ),
        ];
        lines.retain(|line| user.is_none() || line.row.user == me);
        self.unless_empty(lines)
    }

    fn end_session(&self, _: &str, id: &str, _: &Viewer) -> Result<bool, SourceFault> {
        Ok(id == "ses_2")
    }

    fn end_other_sessions(&self, _: &Viewer, _: OwnSession) -> Result<u64, SourceFault> {
        Ok(1)
    }

    fn change_password(
        &self,
        _: &Viewer,
        _: &str,
        _: &str,
        _: OwnSession,
    ) -> Result<(), SourceFault> {
        Ok(())
    }
}
