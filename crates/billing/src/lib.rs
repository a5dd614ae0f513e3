//! Expected less billed: rating, proration, invoices, credit notes, collection
