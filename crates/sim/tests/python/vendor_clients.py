"""Drives the vendors' own client libraries against the simulators.

Called by tests/vendor_clients.rs with one argument, the JSON object

    {"stripe": {...}, "adyen": {...}, "salesforce": {...}, "netsuite": {...}}

that says where the simulators listen. Prints one line for each check that holds, and ends with
status 1 at the first that does not, or with status 3 when a library is missing.
"""

import asyncio
import json
import sys

try:
    import Adyen
    import requests
    from Adyen.exceptions import AdyenAPIAuthenticationError, AdyenAPIUnprocessableEntity
    from Adyen.util import is_valid_hmac_notification
    import stripe
    from netsuite import Config, NetSuiteRestApi, TokenAuth
    from netsuite.exceptions import NetsuiteAPIRequestError
    from simple_salesforce import Salesforce
    from simple_salesforce.exceptions import (
        SalesforceExpiredSession,
        SalesforceMalformedRequest,
        SalesforceResourceNotFound,
    )
except ImportError as missing:
    print(f"missing: {missing}", file=sys.stderr)
    sys.exit(3)


def holds(name, condition, detail=""):
    if not condition:
        print(f"FAILED {name} {detail}", file=sys.stderr)
        sys.exit(1)
    print(f"ok {name}")


def refused(error, call):
    """The exception of this kind that the call raises, or None."""
    try:
        call()
    except error as raised:
        return raised
    return None


# ---------------------------------------------------------------- Stripe


def check_stripe(where):
    client = stripe.StripeClient(
        where["api_key"],
        base_addresses={"api": where["base_url"]},
        max_network_retries=0,
    )
    v1 = client.v1
    customer = v1.customers.create(
        {"name": "Anna's Bakery", "email": "anna@example.com", "metadata": {"tieout": "acme"}}
    )
    holds("stripe: a customer is created", customer.id.startswith("cus_") and customer.metadata["tieout"] == "acme")
    card = v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    declining = v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})

    payment = {
        "amount": 12000,
        "currency": "usd",
        "customer": customer.id,
        "payment_method": card.id,
        "confirm": True,
        "off_session": True,
        "metadata": {"tieout_invoice": "inv_1"},
        "expand": ["latest_charge.balance_transaction"],
    }
    intent = v1.payment_intents.create(payment, {"idempotency_key": "python-1"})
    holds("stripe: a payment settles", intent.status == "succeeded" and intent.amount_received == 12000)
    holds("stripe: the fee is on the balance transaction", intent.latest_charge.balance_transaction.fee == 378)
    again = v1.payment_intents.create(payment, {"idempotency_key": "python-1"})
    holds("stripe: the same key answers the same", again.id == intent.id)
    holds("stripe: the replay is marked", again.last_response.headers["Idempotent-Replayed"] == "true")
    other = refused(
        stripe.IdempotencyError,
        lambda: v1.payment_intents.create({**payment, "amount": 1}, {"idempotency_key": "python-1"}),
    )
    holds("stripe: the same key with other content is refused", other is not None)

    declined = refused(
        stripe.CardError,
        lambda: v1.payment_intents.create({**payment, "payment_method": declining.id, "expand": []}),
    )
    holds("stripe: a decline is a card error", declined is not None and declined.http_status == 402)
    holds("stripe: the decline has its code", declined.error.decline_code == "generic_decline")
    holds("stripe: the decline shows the intent", declined.error.payment_intent.status == "requires_payment_method")
    unknown = refused(stripe.InvalidRequestError, lambda: v1.payment_intents.create({**payment, "colour": "red"}))
    holds("stripe: an unknown parameter is refused", unknown is not None and unknown.code == "parameter_unknown")
    missing = refused(stripe.InvalidRequestError, lambda: v1.payment_intents.retrieve("pi_none"))
    holds("stripe: a missing object is refused", missing is not None and missing.code == "resource_missing")

    refund = v1.refunds.create({"payment_intent": intent.id, "amount": 2000})
    holds("stripe: a refund is made", refund.status == "succeeded" and refund.amount == 2000)
    charge = v1.charges.retrieve(refund.charge)
    holds("stripe: the charge shows it", charge.amount_refunded == 2000 and not charge.refunded)
    movements = v1.balance_transactions.list({"limit": 100})
    holds("stripe: the balance moves", sum(movement.net for movement in movements.data) == 12000 - 378 - 2000)

    rate = v1.tax_rates.create({"display_name": "VAT", "inclusive": False, "percentage": 19})
    draft = v1.invoices.create({"customer": customer.id, "metadata": {"tieout_contract": "C-1"}})
    item = {"customer": customer.id, "invoice": draft.id, "amount": 10000, "currency": "usd", "tax_rates": [rate.id]}
    v1.invoice_items.create(item)
    invoice = v1.invoices.finalize_invoice(draft.id)
    holds("stripe: an invoice is finalized with its tax", invoice.status == "open" and invoice.total == 11900)
    line = {"type": "invoice_line_item", "invoice_line_item": invoice.lines.data[0].id, "amount": 4000}
    note = v1.credit_notes.create({"invoice": invoice.id, "lines": [line], "reason": "order_change"})
    holds("stripe: a credit note makes it owe less", note.total == 4760 and note.type == "pre_payment")
    too_much = refused(
        stripe.InvalidRequestError,
        lambda: v1.credit_notes.create({"invoice": invoice.id, "amount": 7141}),
    )
    holds("stripe: more than is left cannot be credited", too_much is not None)
    holds("stripe: a credit note is voided", v1.credit_notes.void_credit_note(note.id).status == "void")
    holds("stripe: an invoice is voided", v1.invoices.void_invoice(invoice.id).status == "void")

    for number in range(5):
        v1.customers.create({"name": f"customer {number}"})
    names = [found.name for found in v1.customers.list({"limit": 2}).auto_paging_iter()]
    holds("stripe: lists are paged through", names == [f"customer {n}" for n in (4, 3, 2, 1, 0)] + ["Anna's Bakery"])
    events = v1.events.list({"type": "payment_intent.succeeded", "created": {"gte": 0}})
    holds("stripe: events can be swept", [event.data.object["id"] for event in events.data] == [intent.id])
    wrong = stripe.StripeClient("sk_wrong", base_addresses={"api": where["base_url"]})
    holds(
        "stripe: a wrong key is refused",
        refused(stripe.AuthenticationError, lambda: wrong.v1.customers.list()) is not None,
    )

    delivery = where["delivery"]
    event = stripe.Webhook.construct_event(
        delivery["payload"], delivery["signature"], where["webhook_secret"], tolerance=None
    )
    holds("stripe: a delivered event is signed well", event["type"] == "customer.created")
    tampered = refused(
        stripe.SignatureVerificationError,
        lambda: stripe.Webhook.construct_event(
            delivery["payload"] + " ", delivery["signature"], where["webhook_secret"], tolerance=None
        ),
    )
    holds("stripe: a tampered event is not", tampered is not None)


# ------------------------------------------------------------ Salesforce


class OverPlainHttp(requests.adapters.HTTPAdapter):
    """The client insists on https; the simulator is on the loopback address without it."""

    def send(self, request, *args, **kwargs):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)

    def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):
        return self.poolmanager.connection_from_url(request.url.replace("https://", "http://", 1))


def check_salesforce(where):
    host = where["base_url"].removeprefix("http://")
    session = requests.Session()
    session.mount(f"https://{host}", OverPlainHttp())

    sf = Salesforce(
        consumer_key=where["client_id"],
        consumer_secret=where["client_secret"],
        domain=where["domain"],
        session=RedirectedLogin(session, where["domain"], host),
        version="62.0",
    )
    sf.session = session
    holds("salesforce: client credentials get a session", bool(sf.session_id))
    check_records(sf)

    jwt = Salesforce(
        username=where["username"],
        consumer_key=where["jwt_consumer"],
        privatekey=where["private_key"],
        session=RedirectedLogin(session, "login", host),
        version="62.0",
    )
    jwt.session = session
    holds("salesforce: a JWT gets a session", jwt.query("SELECT Id FROM User")["totalSize"] == 1)
    gone = Salesforce(instance_url=f"https://{host}", session_id="nonsense", session=session, version="62.0")
    holds(
        "salesforce: a bad session is refused",
        refused(SalesforceExpiredSession, lambda: gone.query("SELECT Id FROM Account")) is not None,
    )


class RedirectedLogin:
    """Sends the token request, which the client addresses to a Salesforce host, to the simulator."""

    def __init__(self, session, domain, host):
        self.session, self.domain, self.host = session, domain, host
        self.proxies = session.proxies

    def post(self, url, *args, **kwargs):
        theirs = f"https://{self.domain}.salesforce.com"
        if not url.startswith(theirs):
            raise AssertionError(f"unexpected token address {url}")
        return self.session.post(url.replace(theirs, f"https://{self.host}", 1), *args, **kwargs)

    def __getattr__(self, name):
        return getattr(self.session, name)


def check_records(sf):
    created = sf.Account.create({"Name": "Anna's Bakery", "BillingCountry": "US"})
    holds("salesforce: a record is created", created["success"] and len(created["id"]) == 18)
    holds("salesforce: it is read back", sf.Account.get(created["id"])["Name"] == "Anna's Bakery")
    holds("salesforce: an update answers 204", sf.Account.update(created["id"], {"BillingCity": "Albany"}) == 204)
    upserted = [sf.Account.upsert("Tieout_Key__c/acc-1", {"Name": "Bertram"}) for _ in range(2)]
    holds("salesforce: an upsert creates, then updates", upserted == [201, 200], upserted)
    for number in range(5):
        sf.Contact.create({"LastName": f"contact {number}", "AccountId": created["id"]})
    found = sf.query_all("SELECT LastName, Account.Name FROM Contact ORDER BY LastName")
    names = [(record["LastName"], record["Account"]["Name"]) for record in found["records"]]
    holds("salesforce: a query is paged through", names == [(f"contact {n}", "Anna's Bakery") for n in range(5)], names)
    nested = sf.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE BillingCity LIKE 'Alb%'")
    children = nested["records"][0]["Contacts"]
    holds("salesforce: children come with their parent", children["totalSize"] == 5)
    holds("salesforce: a describe lists fields", any(f["name"] == "Name" for f in sf.Account.describe()["fields"]))
    holds("salesforce: usage is told", "api-usage" in sf.api_usage or sf.api_usage["api-usage"].used > 0)
    malformed = refused(SalesforceMalformedRequest, lambda: sf.query("SELECT FROM"))
    holds("salesforce: a malformed query is refused", malformed.content[0]["errorCode"] == "MALFORMED_QUERY")
    unknown = refused(SalesforceMalformedRequest, lambda: sf.Account.create({"Name": "x", "Colour__c": "red"}))
    holds("salesforce: an unknown field is refused", unknown.content[0]["errorCode"] == "INVALID_FIELD")
    holds("salesforce: a delete answers 204", sf.Account.delete(created["id"]) == 204)
    holds(
        "salesforce: what is deleted is gone",
        refused(SalesforceResourceNotFound, lambda: sf.Account.get(created["id"])) is not None,
    )


# -------------------------------------------------------------- NetSuite


def check_netsuite(where):
    key, secret, token, token_secret = where["credentials"]

    def client(token_secret):
        auth = TokenAuth(consumer_key=key, consumer_secret=secret, token_id=token, token_secret=token_secret)
        api = NetSuiteRestApi(Config(account=where["account"], auth=auth))
        api._make_url = lambda path: where["base_url"] + "/services/rest" + path
        return api

    asyncio.run(check_ledger(client(token_secret), client("wrong")))


async def check_ledger(api, intruder):
    customer = {"companyName": "Anna's Bakery", "subsidiary": {"id": "1"}, "email": "anna@example.com"}
    for _ in range(2):
        await api.put("/record/v1/customer/eid:acc-1", json=customer)
    shown = await api.get("/record/v1/customer/eid:acc-1")
    holds("netsuite: a customer is upserted", shown["companyName"] == "Anna's Bakery")
    listed = await api.get("/record/v1/customer", params={"limit": 10, "q": 'email IS "anna@example.com"'})
    holds("netsuite: it is found once", listed["totalResults"] == 1 and listed["items"][0]["id"] == shown["id"])

    entry = {
        "externalId": "je-1",
        "tranDate": "2026-01-31",
        "subsidiary": {"id": "1"},
        "currency": {"id": "1"},
        "line": {
            "items": [
                {"account": {"id": "1100"}, "debit": 1000.1, "entity": {"id": shown["id"]}},
                {"account": {"id": "4000"}, "credit": 1000.1},
            ]
        },
    }
    answer = await api.request("POST", "/record/v1/journalEntry", json=entry)
    holds("netsuite: an entry is posted", answer.status_code == 204 and "/journalEntry/" in answer.headers["Location"])
    found = await api.get("/record/v1/journalEntry/eid:je-1", params={"expandSubResources": "true"})
    holds("netsuite: it is read back", [line.get("debit") for line in found["line"]["items"]] == [1000.1, None])
    rows = await api.suiteql("SELECT id, externalid, trandate FROM transaction WHERE externalid = 'je-1'")
    holds("netsuite: SuiteQL finds it", rows["items"][0]["id"] == found["id"] and rows["count"] == 1)

    async def code_of(call):
        try:
            await call
        except NetsuiteAPIRequestError as raised:
            body = json.loads(raised.response_text)
            return raised.status_code, body["o:errorDetails"][0]["o:errorCode"]
        return None

    again = await code_of(api.post("/record/v1/journalEntry", json=entry))
    holds("netsuite: the same external id is refused", again == (400, "USER_ERROR"), again)
    unknown = await code_of(api.post("/record/v1/journalEntry", json={**entry, "externalId": "je-2", "colour": 1}))
    holds("netsuite: an unknown field is refused", unknown == (400, "INVALID_CONTENT"), unknown)
    closed = await code_of(api.post("/record/v1/journalEntry", json={**entry, "externalId": "je-2", "tranDate": "2025-12-31"}))
    holds("netsuite: a closed period is refused", closed == (400, "USER_ERROR"), closed)
    stranger = await code_of(intruder.get("/record/v1/customer"))
    holds("netsuite: a wrong signature is refused", stranger == (401, "INVALID_LOGIN"), stranger)

    headers = {"Prefer": "respond-async", "X-NetSuite-Idempotency-Key": "key-1"}
    later = {**entry, "externalId": "je-3"}
    first = await api.request("POST", "/record/v1/journalEntry", json=later, headers=headers)
    second = await api.request("POST", "/record/v1/journalEntry", json=later, headers=headers)
    holds("netsuite: a job is taken once", (first.status_code, second.status_code) == (202, 400))
    holds("netsuite: the second names the first", first.headers["Location"] == second.headers["Location"])


# ---------------------------------------------------------------- Adyen


def check_adyen(where):
    client = Adyen.Adyen(xapikey=where["api_key"], platform="test")
    payments = client.checkout.payments_api
    payments.baseUrl = where["base_url"]
    modifications = client.checkout.modifications_api
    modifications.baseUrl = where["base_url"]
    asked = {
        "amount": {"value": 1250, "currency": "EUR"},
        "reference": "pay_python-1",
        "merchantAccount": where["merchant_account"],
        "returnUrl": "https://tieout.invalid/return",
        "shopperReference": "shopper-1",
        "shopperInteraction": "ContAuth",
        "recurringProcessingModel": "Subscription",
        "paymentMethod": {"type": "scheme", "storedPaymentMethodId": "STORED1"},
    }
    paid = payments.payments(asked, idempotency_key="python-1").message
    holds("adyen: a payment is authorised", paid["resultCode"] == "Authorised", paid)
    again = payments.payments(asked, idempotency_key="python-1").message
    holds("adyen: the same key answers the same", again == paid)
    other = {**asked, "amount": {"value": 1251, "currency": "EUR"}}
    call = refused(AdyenAPIUnprocessableEntity, lambda: payments.payments(other, idempotency_key="python-1"))
    holds("adyen: the same key with other content is refused", call is not None)
    stranger = {**asked, "shopperReference": "shopper-2"}
    call = refused(AdyenAPIUnprocessableEntity, lambda: payments.payments(stranger, idempotency_key="python-2"))
    holds("adyen: a card of another shopper is refused", call is not None)
    lacking = {name: value for name, value in asked.items() if name != "returnUrl"}
    call = refused(AdyenAPIUnprocessableEntity, lambda: payments.payments(lacking, idempotency_key="python-3"))
    holds("adyen: a required field is required", call is not None)
    refund = {
        "amount": {"value": 250, "currency": "EUR"},
        "reference": "rfd_python",
        "merchantAccount": where["merchant_account"],
    }
    taken = modifications.refund_captured_payment(refund, paid["pspReference"], idempotency_key="python-4").message
    holds("adyen: a refund is taken on", taken["status"] == "received" and taken["paymentPspReference"] == paid["pspReference"])
    intruder = Adyen.Adyen(xapikey="a key of nobody", platform="test").checkout.payments_api
    intruder.baseUrl = where["base_url"]
    call = refused(AdyenAPIAuthenticationError, lambda: intruder.payments(asked))
    holds("adyen: a wrong key is refused", call is not None)
    delivered = json.loads(where["delivery"])
    item = delivered["notificationItems"][0]["NotificationRequestItem"]
    holds("adyen: a notification is signed", is_valid_hmac_notification(item, where["hmac_key"]))
    item["amount"]["value"] += 1
    holds("adyen: a changed one is not", not is_valid_hmac_notification(item, where["hmac_key"]))


if __name__ == "__main__":
    places = json.loads(sys.argv[1])
    check_stripe(places["stripe"])
    check_adyen(places["adyen"])
    check_salesforce(places["salesforce"])
    check_netsuite(places["netsuite"])
