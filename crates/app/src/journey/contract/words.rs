//! Which field of `amend_contract` a refusal of the contract is about.

use commerce::ContractRefusal;

/// The field that is to be mended.
pub(super) fn field_at_fault(refusal: &ContractRefusal) -> &'static str {
    match refusal {
        ContractRefusal::UnknownComponent { .. } => "change.component",
        ContractRefusal::OutsideService { .. } | ContractRefusal::NotPaused { .. } => "effective",
        ContractRefusal::ResumesTooSoon { .. } => "change.resume_on",
        ContractRefusal::NotLater { .. } | ContractRefusal::TermTooLong { .. } => "change.end",
        ContractRefusal::DuplicateDiscount { .. } | ContractRefusal::UnknownDiscount { .. } => {
            "change.code"
        }
        ContractRefusal::NothingKept { .. } => "change.credit_unused",
        other => match other.code() {
            "quantity_not_positive" => "change.quantity",
            "negative_price" => "change.unit_price",
            _ => "change",
        },
    }
}
