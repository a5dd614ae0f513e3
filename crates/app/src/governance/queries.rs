//! Questions about governance: documents, proposals, waiting changes, the topology, deviations.

use super::view::{
    ChangeRow, ConfigurationDetail, ConfigurationRow, DeviationView, FieldRow, Impact, Line,
    ProposalDetail, ProposalRow, RouteRow, SystemRow, TopologyRow, TopologyView, VersionRow,
};
use super::{date_of, day_of, deviations, digest_of, impact, proposals, readable};
use crate::App;
use crate::fault::{AppFault, stored};
use control::change::{ConfigurationKind, difference};
use control::deviation;
use control::topology::{Domain, ForeignWrite, OwnWrite, PRESETS, Place, Row, Topology};
use store::Tx;
use store::governance::{self, ConfigurationProposalRow, ProposedChangeRow};
use values::{Date, Instant};

/// Most proposals and changes that a list shows.
const NEWEST: i64 = 200;

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn configuration_row(
    tx: &mut Tx<'_>,
    kind: ConfigurationKind,
    today: Date,
) -> Result<(ConfigurationRow, String), AppFault> {
    let (version, text) = proposals::in_force(tx, kind, today)?;
    let mut versions = Vec::new();
    for row in governance::versions(tx, kind.as_str())? {
        versions.push(VersionRow {
            version: row.version,
            recorded: Instant::from_microseconds(row.recorded),
            maker: row.actor,
            checker: some(&row.checker),
            effective: date_of(&row.effective)?,
            proposal: some(&row.proposal),
            in_force: row.version == version,
        });
    }
    let waiting = governance::proposals(tx, NEWEST)?
        .iter()
        .filter(|row| row.kind == kind.as_str() && row.state == "proposed")
        .count() as i64;
    let row = ConfigurationRow {
        kind: kind.as_str().to_owned(),
        title: kind.title().to_owned(),
        version,
        digest: digest_of(&text),
        versions,
        waiting,
    };
    Ok((row, text))
}

fn proposal_row(row: &ConfigurationProposalRow) -> Result<(ProposalRow, Impact), AppFault> {
    let found = proposals::impact_of(row)?;
    let kind = ConfigurationKind::from_word(&row.kind);
    let view = ProposalRow {
        id: row.id.clone(),
        kind: row.kind.clone(),
        title: kind.map_or_else(|| row.kind.clone(), |kind| kind.title().to_owned()),
        state: row.state.clone(),
        reason: row.reason.clone(),
        maker: row.maker.clone(),
        checker: some(&row.checker),
        base: row.base,
        version: (row.version > 0).then_some(row.version),
        effective: date_of(&row.effective)?,
        created: Instant::from_microseconds(row.created),
        summary: impact::summary(&found),
    };
    Ok((view, found))
}

fn change_row(row: ProposedChangeRow) -> Result<ChangeRow, AppFault> {
    Ok(ChangeRow {
        fields: stored("fields", &row.fields)?,
        diff: stored("differences", &row.diff)?,
        checker: some(&row.checker),
        created: Instant::from_microseconds(row.created),
        id: row.id,
        origin: row.origin,
        source: row.source,
        owner: row.owner,
        steward: row.steward,
        object: row.object,
        state: row.state,
        maker: row.maker,
        reason: row.reason,
    })
}

/// What becomes of writes, in words.
fn writes(row: &Row) -> String {
    let others = match row.others {
        ForeignWrite::Refuse => "others are refused",
        ForeignWrite::Propose => "others propose",
    };
    let entry = match (row.hand_entry, row.entry) {
        (_, OwnWrite::SecondPerson) => "; what people enter needs a second person",
        (true, OwnWrite::Direct) => "; people may enter",
        (false, OwnWrite::Direct) => "",
    };
    format!("{others}{entry}")
}

fn topology_view(topology: &Topology, version: i64) -> TopologyView {
    let owns = |id: &str| {
        let of_system = |domain: &&Domain| {
            let mut rows = topology.rows().iter();
            rows.any(|row| row.domain == **domain && row.system == id)
        };
        let domains = Domain::ALL.iter().filter(of_system);
        domains.map(ToString::to_string).collect()
    };
    let mut rows: Vec<&Row> = topology.rows().iter().collect();
    rows.sort_by_key(|row| (row.domain, row.scope.specificity()));
    TopologyView {
        name: topology.name().to_owned(),
        summary: topology.summary().to_owned(),
        version,
        systems: topology
            .systems()
            .iter()
            .map(|system| SystemRow {
                id: system.id.clone(),
                role: system.role.to_string(),
                interface: system.interface.to_string(),
                owns: owns(&system.id),
            })
            .collect(),
        rows: rows
            .into_iter()
            .map(|row| TopologyRow {
                domain: row.domain.to_string(),
                scope: row.scope.to_string(),
                system: row.system.clone(),
                mode: row.mode.to_string(),
                writes: writes(row),
            })
            .collect(),
        routes: topology
            .routes()
            .iter()
            .map(|route| RouteRow {
                fact: route.fact.to_string(),
                scope: route.scope.to_string(),
                to: route.to.clone(),
            })
            .collect(),
        fields: topology
            .fields()
            .map(|owner| FieldRow {
                field: owner.field.clone(),
                domain: owner.domain.to_string(),
                system: topology
                    .row(owner.domain, &Place::default())
                    .map_or_else(String::new, |row| row.system.clone()),
                steward: owner.steward.title().to_owned(),
            })
            .collect(),
        presets: PRESETS.iter().map(|it| it.name.to_owned()).collect(),
    }
}

impl App {
    /// Every configuration document with its versions.
    ///
    /// # Errors
    /// When the store fails.
    pub fn configurations(&self) -> Result<Vec<ConfigurationRow>, AppFault> {
        let today = day_of(self.clock().now());
        self.store().read(move |tx| {
            ConfigurationKind::ALL
                .iter()
                .map(|kind| configuration_row(tx, *kind, today).map(|(row, _)| row))
                .collect()
        })
    }

    /// One document with the text in force.
    ///
    /// # Errors
    /// When the store fails.
    pub fn configuration(&self, word: &str) -> Result<Option<ConfigurationDetail>, AppFault> {
        let Some(kind) = ConfigurationKind::from_word(word) else {
            return Ok(None);
        };
        let today = day_of(self.clock().now());
        self.store().read(move |tx| {
            let (row, text) = configuration_row(tx, kind, today)?;
            Ok(Some(ConfigurationDetail { row, text }))
        })
    }

    /// The newest version of a document and its text, whether its day has come or not.
    ///
    /// # Errors
    /// When the store fails.
    pub fn newest_configuration(&self, kind: ConfigurationKind) -> Result<(i64, String), AppFault> {
        self.store().read(move |tx| {
            let version = proposals::newest(tx, kind)?;
            Ok((version, proposals::text_of(tx, kind, version)?))
        })
    }

    /// What a document would change of the last days, without proposing it.
    ///
    /// # Errors
    /// Everything that is wrong with the document, or the fault of the store.
    pub fn configuration_impact(
        &self,
        kind: ConfigurationKind,
        text: &str,
        days: u32,
    ) -> Result<(Impact, String), AppFault> {
        let (context, text) = (self.context("tieout"), text.to_owned());
        let found = self
            .store()
            .read(move |tx| proposals::tried(tx, &context, kind, &text, days))?;
        let summary = impact::summary(&found);
        Ok((found, summary))
    }

    /// Whether a role may approve a change of a document.
    ///
    /// # Errors
    /// When it may not.
    pub fn check_approver(
        &self,
        kind: ConfigurationKind,
        role: control::Role,
    ) -> Result<(), AppFault> {
        proposals::may_approve(kind, Some(role))
    }

    /// Proposals, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn proposals(&self) -> Result<Vec<ProposalRow>, AppFault> {
        self.store().read(|tx| {
            let rows = governance::proposals(tx, NEWEST)?;
            rows.iter()
                .map(|row| proposal_row(row).map(|(view, _)| view))
                .collect()
        })
    }

    /// One proposal with its difference and impact.
    ///
    /// # Errors
    /// When the store fails.
    pub fn proposal(&self, id: &str) -> Result<Option<ProposalDetail>, AppFault> {
        let id = id.to_owned();
        self.store().read(move |tx| {
            let Some(row) = governance::proposal(tx, &id)? else {
                return Ok(None);
            };
            let (before, after) = match ConfigurationKind::from_word(&row.kind) {
                Some(kind) => {
                    let before = proposals::text_of(tx, kind, row.base)?;
                    (readable(kind, &before), readable(kind, &row.body))
                }
                None => (String::new(), row.body.clone()),
            };
            let (view, impact) = proposal_row(&row)?;
            Ok(Some(ProposalDetail {
                row: view,
                difference: difference(&before, &after)
                    .into_iter()
                    .map(Line::from)
                    .collect(),
                impact,
                decision: row.decision,
            }))
        })
    }

    /// Writes that wait for a steward, and those that were decided, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn proposed_changes(&self) -> Result<Vec<ChangeRow>, AppFault> {
        self.store().read(|tx| {
            let rows = governance::changes(tx, NEWEST)?;
            rows.into_iter().map(change_row).collect()
        })
    }

    /// The topology in force.
    ///
    /// # Errors
    /// When the store fails.
    pub fn topology(&self) -> Result<TopologyView, AppFault> {
        let today = day_of(self.clock().now());
        let (version, _) = self
            .store()
            .read(move |tx| proposals::in_force(tx, ConfigurationKind::Topology, today))?;
        Ok(topology_view(&self.books().governance.topology, version))
    }

    /// The register of deviations, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn deviations(&self) -> Result<Vec<DeviationView>, AppFault> {
        let (today, books) = (day_of(self.clock().now()), self.books());
        self.store().read(move |tx| {
            let rows = governance::deviations(tx)?.into_iter().map(|row| {
                let until = deviations::last_day(&row)?;
                let template = books.governance.template.key(&row.key);
                Ok(DeviationView {
                    standing: deviation::standing(&row.state, until, today)
                        .as_str()
                        .to_owned(),
                    template: template.map(|it| it.value.clone()),
                    entity: some(&row.entity),
                    key: some(&row.key),
                    value: some(&row.value),
                    approver: some(&row.approver),
                    until,
                    id: row.id,
                    class: row.class,
                    title: row.title,
                    reason: row.reason,
                    maker: row.maker,
                })
            });
            rows.collect()
        })
    }
}
