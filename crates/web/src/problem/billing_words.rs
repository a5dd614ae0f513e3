//! The words for which catalogue, contracts, use, billing, tax and collection refuse; see
//! [`super::words`], whose test reads them too.

/// Word and meaning, by word.
pub(super) const OF_BILLING: &[(&str, &str)] = &[
    (
        "above_all_tiers",
        "The quantity lies above the last tier of the price, and that tier has a bound.",
    ),
    (
        "above_the_value",
        "The parts together would come to more than was agreed; what remains is in the message.",
    ),
    (
        "aggregation_fixed",
        "What a meter adds up stays as it was first published; publish another meter.",
    ),
    (
        "agreed_later",
        "A price was agreed for a later day, which a general change does not overrule.",
    ),
    (
        "already_accepted",
        "This part of the work was accepted before and is billed once.",
    ),
    (
        "already_issued",
        "The document is out; a difference in its tax is settled by a credit note.",
    ),
    (
        "already_undone",
        "It was taken back before; nothing is taken back twice.",
    ),
    (
        "amended_since",
        "A later amendment changed the same; undo that one first.",
    ),
    (
        "amendment_undone_already",
        "The amendment was undone before; which version did it is in the message.",
    ),
    (
        "anchor_does_not_fit",
        "The day on which periods begin does not go with the length of the periods.",
    ),
    (
        "bad_billing_day",
        "A billing day is a day of a month, 1 to 31.",
    ),
    (
        "bad_charge",
        "The price cannot be read as one; the message says where.",
    ),
    (
        "bad_charge_setting",
        "A setting of the price makes no sense; the field, its value and what to write are in the message.",
    ),
    (
        "bad_country",
        "A country is written in two letters, such as DE.",
    ),
    (
        "bad_customer_class",
        "A class of customers is named in small letters, digits and _, each once.",
    ),
    (
        "bad_discount",
        "The discount cannot be taken: a percentage is above 0 and at most 100, an amount is above zero.",
    ),
    (
        "bad_discount_policy",
        "The discount policy cannot be one; every problem of it is in the message.",
    ),
    (
        "bad_hours",
        "A product is given whole hours, from one to a year of them.",
    ),
    (
        "bad_invoice_policy",
        "The policy for the documents of the entity cannot be one; every problem of it is in the message.",
    ),
    (
        "bad_markup",
        "The mark-up is not a proportion from 0 upward.",
    ),
    (
        "bad_measure",
        "What the quantity is measured by cannot be read; the message says why.",
    ),
    (
        "bad_meter_setting",
        "A setting of the meter makes no sense; the field and what to write are in the message.",
    ),
    (
        "bad_offer",
        "The plan, bundle, add-on or template cannot be sold as it is; every problem of it is in the message.",
    ),
    (
        "bad_step",
        "A step of the change has a value or a day that cannot be.",
    ),
    (
        "bad_tax_profile",
        "The tax profile of the customer cannot be used; every problem of it is in the message.",
    ),
    (
        "bad_usage_batch",
        "The batch of use cannot be read, or has more events than one batch may have.",
    ),
    (
        "bad_usage_event",
        "An event of use lacks a field or has a value that cannot be; which one is in the message.",
    ),
    (
        "beyond_tolerance",
        "The difference is above what the policy gives up; apply less or write the rest off.",
    ),
    (
        "bill_run_exists",
        "There is a bill run with this id; choose another or leave it out.",
    ),
    (
        "bill_run_state",
        "The bill run does not allow this step where it stands; the message says what it allows.",
    ),
    (
        "left_to_bill_run",
        "An open bill run is to bill this contract; start that run, or cancel it to bill at once.",
    ),
    (
        "bill_to_cycle",
        "Two accounts cannot be billed for each other; take one of the two back first.",
    ),
    (
        "bill_to_itself",
        "A contract that is billed to its own customer says own, and names nobody.",
    ),
    (
        "bill_to_missing",
        "The customer that is billed has to be named.",
    ),
    (
        "billed_elsewhere",
        "Another system is the record of billing in the scope of this contract, so nothing is issued here.",
    ),
    (
        "billed_here",
        "Tieout itself bills this contract, so a document of another system would bill the customer twice.",
    ),
    (
        "billing_split",
        "The lines of the contract belong to product lines that different systems bill.",
    ),
    (
        "bundle_ramp",
        "A bundle has one price, so its parts cannot be ramped by themselves.",
    ),
    ("case_closed", "The late invoice is no longer followed up."),
    (
        "charged_once",
        "The component is charged once, so it has no periods that could change.",
    ),
    (
        "commission_missing",
        "Where we arrange a partner's sale, the part of the price that is ours is stated.",
    ),
    (
        "commission_of_principal",
        "Who sells in their own name earns the whole price and no commission.",
    ),
    (
        "component_missing",
        "The contract has several components, and the change does not say which one.",
    ),
    (
        "credit_amount_unclear",
        "A credit note states exactly one of full, fraction, amount and lines.",
    ),
    (
        "credit_exceeds_invoice",
        "More is to be credited than is left of the invoice.",
    ),
    (
        "credit_exceeds_line",
        "More is to be credited than is left of the line.",
    ),
    (
        "credit_not_positive",
        "A credit note gives something back, so its amount is above zero.",
    ),
    (
        "credits_missing",
        "A credit note of another system has to say which invoice it credits.",
    ),
    (
        "customer_class_unknown",
        "The collection policy has no such class of customers; those that it has are in the message.",
    ),
    (
        "customer_not_asked",
        "A customer is named only where somebody else than the own or the parent account is billed.",
    ),
    (
        "debit_or_credit",
        "A line of a journal states a debit or a credit, not both and not neither.",
    ),
    (
        "description_missing",
        "Say what is billed; the words stand on both entities' documents.",
    ),
    (
        "discount_unclear",
        "Give a percentage or an amount, not both and not neither.",
    ),
    (
        "does_not_recur",
        "What is charged once has no periods to change.",
    ),
    (
        "draft_changed",
        "The draft has other content than the version that was looked at; look at it again.",
    ),
    (
        "draft_held",
        "The contract of the draft cannot be billed as it stands; its exception says why.",
    ),
    (
        "draft_over",
        "The draft was issued or withdrawn before; nothing more is done with it.",
    ),
    (
        "duplicate_component",
        "Two components of the contract have the same id.",
    ),
    (
        "duplicate_discount",
        "The contract has a discount with this code; choose another code.",
    ),
    (
        "end_customer_missing",
        "A sale through a partner says who uses what is sold.",
    ),
    ("end_missing", "The change needs the day on which it ends."),
    ("ends_before_start", "The end lies before the start."),
    (
        "exceeds_applied",
        "More would be taken back than was applied.",
    ),
    (
        "exceeds_open",
        "The amount is above what is open on the invoice.",
    ),
    (
        "grant_exists",
        "There is a grant of credit with this id; choose another or leave it out.",
    ),
    (
        "inclusive_rate_changed",
        "The rate of tax has changed under a price that includes it; amend the price, so that nobody's figure moves by itself.",
    ),
    (
        "invoice_named_twice",
        "An invoice is named twice; name it once with the whole amount.",
    ),
    ("invoice_not_open", "Nothing is open on the invoice."),
    (
        "line_unclear",
        "A line names a product, a plan, a bundle or an add-on: exactly one of them.",
    ),
    (
        "lines_and_amount_differ",
        "The disputed lines with their tax do not come to the disputed amount; leave the amount out, or name other lines.",
    ),
    (
        "maker_is_checker",
        "Who made it cannot approve it; another person has to.",
    ),
    (
        "measured_in_advance",
        "What is measured is known when the period is over, so it cannot be billed in advance.",
    ),
    (
        "measured_while_running",
        "What is measured is billed when its period is over, not while it runs.",
    ),
    (
        "needs_approval",
        "It is above the limit of the policy and waits for another person.",
    ),
    (
        "no_customer_to_bill",
        "The contract has no customer that could be billed.",
    ),
    (
        "no_default_policy",
        "The collection policy has no entry for everybody whom no other entry takes.",
    ),
    (
        "no_history",
        "The versions before this one were not kept, so nothing can be restored from them.",
    ),
    (
        "no_parent_to_bill",
        "The account above is to be billed and there is none.",
    ),
    (
        "no_posting_rule",
        "No posting rule in force puts this into the books of one of the two entities.",
    ),
    (
        "no_price",
        "The catalogue has no price for this product in this currency and billing period.",
    ),
    (
        "no_shares",
        "The bundle states no shares, so its price cannot be spread over its parts.",
    ),
    (
        "no_such_milestone",
        "The price has no such milestone; the message lists those there are.",
    ),
    (
        "no_tax_rate",
        "No tax rate is stated for this entity and tax code; zero must be stated, it is never assumed.",
    ),
    (
        "not_a_mismatch",
        "The engine and our own rows agree; there is nothing to accept.",
    ),
    (
        "not_accepted",
        "The part was not accepted, so there is nothing to take back.",
    ),
    (
        "not_an_amendment",
        "The version was not made by an amendment and cannot be undone.",
    ),
    (
        "not_asked_for",
        "Only what was asked for when it came into force can be confirmed.",
    ),
    (
        "not_cancelled",
        "The contract is not cancelled, so there is nothing to take back.",
    ),
    (
        "not_in_collection",
        "The invoice is not followed up: it is not late, or it is settled.",
    ),
    (
        "not_listed",
        "The catalogue has no price for it in this currency and frequency.",
    ),
    (
        "not_paused",
        "The contract or line is not paused on that day.",
    ),
    (
        "not_previewed",
        "Preview the bill run first, so that what it comes to is known.",
    ),
    ("not_priced", "The new charge cannot price what is agreed."),
    (
        "not_served",
        "Nothing of the product is served on the day any more.",
    ),
    (
        "not_the_biller",
        "Another system than the one named is the record of billing for this contract.",
    ),
    (
        "not_the_recogniser",
        "Another system than the one named is the record of revenue for this contract.",
    ),
    (
        "not_written_off",
        "No service is withheld for a debt of this invoice that was written off; a suspended service returns when the invoice is paid.",
    ),
    (
        "nothing_named",
        "Say which invoices the payment is for, or ask for suggestions.",
    ),
    (
        "nothing_to_credit",
        "Nothing is left of the invoice that could be credited.",
    ),
    (
        "notice_without_text",
        "A notice of the policy has no words.",
    ),
    (
        "numbers_meet",
        "Documents could get the number of another one again; make the two tell apart.",
    ),
    (
        "other_currency",
        "The two are in different currencies; nothing is converted silently.",
    ),
    (
        "other_entity",
        "The two belong to different legal entities.",
    ),
    ("owner_missing", "Name who works on it."),
    (
        "part_of_a_pack",
        "Packs are sold whole; give a whole number of them.",
    ),
    ("pays_for_itself", "An account cannot be its own payer."),
    (
        "payer_cycle",
        "Two accounts cannot pay for each other, directly or over others.",
    ),
    (
        "payers_too_many",
        "Too many accounts pay one for the other.",
    ),
    (
        "plan_exists",
        "The contract line has a plan of parts; bill its parts.",
    ),
    (
        "policy_unreadable",
        "The policy cannot be read; the message says where.",
    ),
    (
        "price_change_exists",
        "There is a price change with this id already.",
    ),
    (
        "price_change_state",
        "The price change does not stand where this can be done.",
    ),
    (
        "price_missing",
        "A change of price states a unit price or a charge.",
    ),
    (
        "price_not_exact",
        "The price does not divide exactly into its parts; choose one that does.",
    ),
    (
        "price_not_single",
        "A price with tax in it is one amount or one price of a unit; this one has several.",
    ),
    (
        "price_too_large",
        "The price is out of the range that is kept.",
    ),
    ("promise_past", "The promised day has passed."),
    (
        "promise_too_long",
        "The promised day lies further away than the policy allows.",
    ),
    (
        "provisioned_already",
        "It was confirmed under another name; one of the two runs for nobody.",
    ),
    (
        "provisioning_withdrawn",
        "The component does not serve any more and is not to run.",
    ),
    (
        "quote_exists",
        "There is a quote with this id; choose another or leave it out.",
    ),
    (
        "quote_expired",
        "The quote was valid until an earlier day; revise it.",
    ),
    (
        "quote_state",
        "The quote does not allow this step where it stands; the message says what it allows.",
    ),
    (
        "quote_version",
        "The quote has another version by now; look at that one.",
    ),
    (
        "recognised_elsewhere",
        "Another system recognises this revenue by the table of systems of record.",
    ),
    (
        "recognised_further",
        "More days are recognised already; an earlier day adds nothing and takes nothing back.",
    ),
    (
        "recognised_here",
        "Tieout itself recognises this revenue, so what another system states would count it twice.",
    ),
    (
        "recovery_exceeds_write_off",
        "More would be recovered than was written off.",
    ),
    (
        "resume_not_later",
        "Service would run again before it pauses; a later day ends the pause, or none does.",
    ),
    (
        "rounding_not_posted",
        "A posting rule would not post the rounding of a document; publish rules that do first.",
    ),
    (
        "route_twice",
        "Two rows are about the same entity, country and currency; keep one.",
    ),
    ("same_entity", "An entity does not bill itself."),
    ("same_price", "The price is that one already."),
    (
        "scope_unclear",
        "Name either a customer or a legal entity, and not both.",
    ),
    ("signed_in_future", "The day of signature has not come yet."),
    (
        "steps_out_of_order",
        "The steps of the policy do not follow each other by their days.",
    ),
    (
        "suspension_without_warning",
        "The policy suspends somebody whom no earlier step has warned.",
    ),
    (
        "term_twice",
        "The term is stated twice: give its months or its last day.",
    ),
    (
        "tiers_out_of_order",
        "The tiers of a price have rising bounds.",
    ),
    (
        "undone_from_its_day",
        "An amendment is undone from the day on which it counted.",
    ),
    (
        "unknown_component",
        "The contract has no component with this id.",
    ),
    (
        "unknown_discount",
        "The contract has no discount with this code.",
    ),
    (
        "unknown_given_up",
        "What is given up is tax and net, or net alone; the message lists the words.",
    ),
    (
        "unknown_milestone",
        "The plan has no such milestone; the message lists those there are.",
    ),
    (
        "unknown_offer",
        "There is no published plan, bundle, add-on or template with this code.",
    ),
    (
        "unknown_option",
        "The bundle has no such option; the message lists those there are.",
    ),
    (
        "unknown_price_cell",
        "The price has no cell for these values and no price for the rest.",
    ),
    (
        "unknown_processor",
        "A route leads to the payment processor or to an account beside it, such as stripe_eu.",
    ),
    (
        "unknown_product",
        "The catalogue has no product with this code.",
    ),
    (
        "unknown_room",
        "The account of a customer has no such part; the parts are in the message.",
    ),
    (
        "unknown_stand",
        "A contract deviates from its template, follows none, or follows it to the letter.",
    ),
    (
        "unknown_status",
        "Nothing of this kind stands at such a status; the statuses are in the message.",
    ),
    (
        "usage_too_large",
        "What was used is out of the range that is kept.",
    ),
    (
        "version_not_next",
        "Versions follow each other; the next number is in the message.",
    ),
    (
        "what_is_billed",
        "Say what is billed: a milestone, a percentage, an amount, or hours at a rate.",
    ),
    (
        "write_off_exceeds_open",
        "More would be written off than is open.",
    ),
];
