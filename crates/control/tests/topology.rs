//! The table of systems of record: presets, hybrids, ties, and the law that no write by another
//! system than the owner takes effect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use control::Role;
use control::flow::FlowRegister;
use control::ownership::{CANONICAL_FIELDS, Verdict, WriteRefusal, may_write};
use control::topology::{
    Domain, ForeignWrite, Mode, OURSELVES, OwnWrite, PRESETS, Place, RoutedFact, SystemRole,
    Topology, TopologyProblem, preset,
};
use proptest::prelude::*;

fn of(name: &str) -> Topology {
    preset(name)
        .unwrap()
        .topology()
        .unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn problems(text: &str) -> Vec<String> {
    match Topology::read(text) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_preset_can_be_activated_and_names_a_system_for_everything() {
    for preset in PRESETS {
        let topology = preset
            .topology()
            .unwrap_or_else(|refusal| panic!("{}: {refusal}", preset.name));
        assert_eq!(topology.name(), preset.name);
        for domain in Domain::ALL {
            assert!(
                topology.row(*domain, &Place::default()).is_some(),
                "{} {domain}",
                preset.name
            );
        }
        assert_eq!(topology.fields().count(), CANONICAL_FIELDS.len());
        assert!(!topology.summary().is_empty());
    }
}

#[test]
fn erp_centric_lets_the_crm_send_commercial_events_and_nothing_else() {
    let erp = of("erp_centric");
    let place = Place::default();
    assert_eq!(
        may_write(&erp, "salesforce", "contract.quantity", &place),
        Verdict::Allowed
    );
    for field in [
        "invoice.lines",
        "payment.status",
        "tax.rate",
        "ledger.journal",
    ] {
        let Verdict::Refused(refusal) = may_write(&erp, "salesforce", field, &place) else {
            panic!("{field} is not refused");
        };
        let told = refusal.to_string();
        assert!(told.contains(field) && told.contains("netsuite"), "{told}");
    }
    assert_eq!(erp.mode(Domain::Billing, &place), Mode::Verify);
}

#[test]
fn crm_centric_keeps_the_books_out_of_the_crm() {
    let crm = of("crm_centric");
    assert_eq!(
        crm.row(Domain::Contract, &Place::default()).unwrap().system,
        "salesforce"
    );
    assert_eq!(crm.mode(Domain::Ledger, &Place::default()), Mode::Act);
    let text = preset("crm_centric").unwrap().text.replace(
        "domain = \"ledger\"\nsystem = \"tieout\"\nmode = \"act\"",
        "domain = \"ledger\"\nsystem = \"salesforce\"\nmode = \"mirror\"",
    );
    let told = problems(&text);
    assert!(
        told.len() == 1
            && told[0].contains("salesforce")
            && told[0].contains("finance keeps the books"),
        "{told:?}"
    );
}

#[test]
fn orchestrated_has_two_crms_and_two_billing_systems_by_region() {
    let between = of("orchestrated");
    let emea = between.place(Some("DE"), None);
    let elsewhere = between.place(Some("US"), None);
    assert_eq!(emea.region, "EMEA");
    let system = |domain, place: &Place| between.row(domain, place).unwrap().system.clone();
    assert_eq!(system(Domain::Contract, &emea), "hubspot");
    assert_eq!(system(Domain::Contract, &elsewhere), "salesforce");
    assert_eq!(system(Domain::Billing, &emea), "billing");
    assert_eq!(system(Domain::Billing, &elsewhere), OURSELVES);
    assert_eq!(between.edges().len(), 0);
}

#[test]
fn the_suite_has_no_interface_and_tells_nobody() {
    let suite = of("suite");
    assert_eq!(suite.systems().len(), 1);
    for fact in RoutedFact::ALL {
        assert_eq!(suite.route(*fact, &Place::default()), None);
    }
    for domain in Domain::ALL {
        assert_eq!(suite.mode(*domain, &Place::default()), Mode::Act);
    }
}

#[test]
fn event_driven_has_no_way_between_two_systems() {
    let driven = of("event_driven");
    assert!(
        driven
            .edges()
            .iter()
            .all(|edge| edge.from == OURSELVES || edge.to == OURSELVES)
    );
    let text = format!(
        "{}\n[[edges]]\nfrom = \"salesforce\"\nto = \"netsuite\"\nwhat = \"orders\"\n",
        preset("event_driven").unwrap().text
    );
    let refusal = Topology::read(&text).unwrap_err();
    assert!(
        matches!(
            refusal.problems.as_slice(),
            [TopologyProblem::DirectEdge { .. }]
        ),
        "{refusal}"
    );
    for role in [
        SystemRole::Engagement,
        SystemRole::Monetization,
        SystemRole::Record,
        SystemRole::Insight,
    ] {
        assert!(
            driven.systems().iter().any(|system| system.role == role),
            "{role}"
        );
    }
}

#[test]
fn a_system_of_insight_writes_nothing_whatever_the_table_says() {
    let driven = of("event_driven");
    for field in CANONICAL_FIELDS {
        let verdict = may_write(&driven, "warehouse", field, &Place::default());
        assert!(
            matches!(verdict, Verdict::Refused(WriteRefusal::OnlyReads { .. })),
            "{field}"
        );
    }
    let text = preset("event_driven").unwrap().text.replacen(
        "system = \"salesforce\"",
        "system = \"warehouse\"",
        1,
    );
    assert!(problems(&text)[0].contains("only reads"));
}

#[test]
fn a_hybrid_is_a_row_more() {
    let text = format!(
        "{}\n[[product_lines]]\nid = \"B\"\nproducts = [\"SEAT\"]\n\n[[domains]]\ndomain = \"contract\"\nproduct_line = \"B\"\nsystem = \"tieout\"\nmode = \"act\"\n",
        preset("crm_led").unwrap().text
    );
    let hybrid = Topology::read(&text).unwrap();
    let (a, b) = (
        hybrid.place(Some("US"), Some("PLATFORM")),
        hybrid.place(Some("US"), Some("SEAT")),
    );
    let may = |source, place: &Place| {
        may_write(&hybrid, source, "contract.quantity", place) == Verdict::Allowed
    };
    assert!(may("salesforce", &a) && !may("tieout", &a));
    assert!(may("tieout", &b) && !may("salesforce", &b));
}

#[test]
fn rows_that_tie_are_refused_until_a_row_says_what_holds_where_they_meet() {
    let base = preset("standard").unwrap().text;
    let rows = "\n[[product_lines]]\nid = \"A\"\nproducts = [\"SEAT\"]\n\
        [[domains]]\ndomain = \"billing\"\nentity = \"US\"\nsystem = \"netsuite\"\nmode = \"verify\"\n\
        [[domains]]\ndomain = \"billing\"\nproduct_line = \"A\"\nsystem = \"tieout\"\nmode = \"act\"\n";
    let told = problems(&format!("{base}{rows}"));
    assert!(
        told.len() == 1 && told[0].contains("entity US, product line A"),
        "{told:?}"
    );
    let settled = format!(
        "{base}{rows}[[domains]]\ndomain = \"billing\"\nentity = \"US\"\nproduct_line = \"A\"\nsystem = \"tieout\"\nmode = \"act\"\n"
    );
    assert_eq!(problems(&settled), Vec::<String>::new());
    let twice =
        format!("{base}\n[[domains]]\ndomain = \"tax\"\nsystem = \"tieout\"\nmode = \"act\"\n");
    assert_eq!(problems(&twice).len(), 1);
}

#[test]
fn an_unowned_field_a_missing_domain_and_a_shared_database_keep_it_from_being_activated() {
    let base = preset("standard").unwrap().text;
    let none = base.replacen("version = 1", "version = 1\nownership = \"none\"", 1);
    let told = problems(&none);
    assert_eq!(told.len(), CANONICAL_FIELDS.len());
    assert!(told[0].contains("has no owner"), "{}", told[0]);
    let lacking = base.replacen("domain = \"tax\"", "entity = \"US\"\ndomain = \"tax\"", 1);
    assert!(problems(&lacking)[0].contains("domain tax"));
    let database = base.replacen("interface = \"internal\"", "interface = \"database\"", 1);
    assert!(
        problems(&database)[0].contains("database"),
        "{:?}",
        problems(&database)
    );
    let staging = base.replacen(
        "role = \"record\"",
        "role = \"record\"\ninterface = \"staging\"",
        1,
    );
    assert!(problems(&staging)[0].contains("approved deviation"));
    let waived = base.replacen(
        "role = \"record\"",
        "role = \"record\"\ninterface = \"staging\"\nwaiver = \"dev_1\"",
        1,
    );
    assert_eq!(
        Topology::read(&waived)
            .unwrap()
            .waivers()
            .collect::<Vec<_>>(),
        [("netsuite", "dev_1")]
    );
    let misspelled = base.replacen("hand_entry = ", "handentry = ", 1);
    assert!(problems(&misspelled)[0].contains("handentry"));
}

#[test]
fn a_mode_goes_with_its_system() {
    let base = preset("standard").unwrap().text;
    let acting = base.replacen(
        "system = \"stripe\"\nmode = \"mirror\"",
        "system = \"stripe\"\nmode = \"act\"",
        1,
    );
    assert!(problems(&acting)[0].contains("verify or mirror"));
}

#[test]
fn what_people_enter_can_need_a_second_person() {
    let crm = of("crm_centric");
    let place = Place::default();
    let Verdict::Proposed(proposed) = may_write(&crm, OURSELVES, "price.charge", &place) else {
        panic!("a price entered by hand is not proposed");
    };
    assert_eq!(
        (proposed.owner.as_str(), proposed.steward),
        ("salesforce", Role::RevOps)
    );
    assert_eq!(
        may_write(&crm, "salesforce", "price.charge", &place),
        Verdict::Allowed
    );
}

#[test]
fn a_token_writes_as_its_system() {
    let text = preset("standard").unwrap().text.replacen(
        "id = \"netsuite\"",
        "id = \"netsuite\"\ntokens = [\"erp-writer\"]",
        1,
    );
    let topology = Topology::read(&text).unwrap();
    assert_eq!(topology.system_of_token("erp-writer"), "netsuite");
    assert_eq!(topology.system_of_token("anybody"), OURSELVES);
}

proptest! {
    /// Over all presets, systems and fields: a write takes effect only when the writer is the
    /// system of record there, or a person enters it where the row opens the hand entry; every
    /// other write is recorded as a proposal or a refusal that names field and owner.
    #[test]
    fn no_write_by_another_than_the_owner_takes_effect(
        preset in prop::sample::select(PRESETS),
        field in prop::sample::select(CANONICAL_FIELDS),
        writer in prop::sample::select(&["tieout", "salesforce", "hubspot", "stripe", "billing", "netsuite", "warehouse", "tax_engine", "stranger"][..]),
        entity in prop::sample::select(&["", "US", "DE", "FR"][..]),
    ) {
        let topology = preset.topology().unwrap();
        let place = topology.place(Some(entity).filter(|it| !it.is_empty()), None);
        let owned = topology.fields().find(|it| it.field == field).unwrap();
        let row = topology.row(owned.domain, &place).unwrap();
        let is_owner = row.system == writer || (writer == OURSELVES && row.hand_entry);
        match may_write(&topology, writer, field, &place) {
            Verdict::Allowed => prop_assert!(is_owner && !(writer == OURSELVES && row.entry == OwnWrite::SecondPerson)),
            Verdict::Proposed(proposed) => {
                prop_assert!(row.others == ForeignWrite::Propose || row.entry == OwnWrite::SecondPerson);
                prop_assert_eq!((proposed.field.as_str(), proposed.owner.as_str()), (field, row.system.as_str()));
            }
            Verdict::Refused(refusal) => {
                prop_assert!(!is_owner);
                prop_assert_eq!(refusal.field(), field);
                let told = refusal.to_string();
                let names_owner = told.contains(&row.system);
                let is_unknown = matches!(refusal, WriteRefusal::UnknownSystem { .. });
                prop_assert!(names_owner || is_unknown, "{}", told);
            }
        }
    }
}

#[test]
fn the_control_matrix_is_generated_from_the_register() {
    let register = FlowRegister::read(FlowRegister::STANDARD).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/controls.md");
    if std::env::var_os("UPDATE_CONTROLS").is_some() {
        std::fs::write(path, register.matrix()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        register.matrix(),
        "UPDATE_CONTROLS=1 writes it anew"
    );
}

#[test]
fn a_flow_that_lacks_anything_cannot_go_live() {
    for field in ["schema", "idempotency_key", "sla", "runbook"] {
        let mut lines: Vec<String> = FlowRegister::STANDARD.lines().map(str::to_owned).collect();
        let at = lines
            .iter()
            .position(|line| line.starts_with(&format!("{field} = ")))
            .unwrap();
        lines[at] = format!("{field} = \" \"");
        let told = FlowRegister::read(&lines.join("\n")).unwrap_err();
        assert!(told[0].to_string().contains(field), "{told:?}");
    }
    let ownerless = FlowRegister::STANDARD.replacen("owner = \"revops\"\n", "", 1);
    assert!(
        FlowRegister::read(&ownerless).unwrap_err()[0]
            .to_string()
            .contains("owner")
    );
}
