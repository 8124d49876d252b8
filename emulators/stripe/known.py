"""Every endpoint of Stripe's API, version 1, so that what is not supported here can be told from what does not exist.

One line per collection: its path below ``/v1/``, then for each path below that (``*`` stands for an identifier) a
colon and the methods it takes: G, P(OST), D(ELETE). Lines that begin with spaces go on with the one above.
"""

from __future__ import annotations

from functools import cache
from typing import Final

_KNOWN: Final = """
account :DGP
account_links :P
account_sessions :P
accounts :GP *:DGP */bank_accounts:P */bank_accounts/*:DGP */capabilities:G */capabilities/*:GP
    */external_accounts:GP */external_accounts/*:DGP */login_links:P */people:GP */people/*:DGP */persons:GP
    */persons/*:DGP */reject:P */unreject:P
apple_pay/domains :GP *:DG
application_fees :G *:G */refunds:GP */refunds/*:GP
apps/installs :GP *:GP */uninstall:P
apps/secrets :GP delete:P find:G
balance :G history:G history/*:G
balance_settings :GP
balance_transactions :G *:G
billing/alerts :GP *:G */activate:P */archive:P */deactivate:P
billing/credit_balance_summary :G
billing/credit_balance_transactions :G *:G
billing/credit_grants :GP *:GP */expire:P */void:P
billing/feedback_options :GP *:GP */deactivate:P
billing/meter_event_adjustments :P
billing/meter_events :P
billing/meters :GP *:GP */deactivate:P */event_summaries:G */reactivate:P
billing_portal/configurations :GP *:GP
billing_portal/sessions :P
charges :GP *:GP */capture:P */dispute:GP */dispute/close:P */refund:P */refunds:GP */refunds/*:GP search:G
checkout/sessions :GP *:GP */expire:P */line_items:G
climate/orders :GP *:GP */cancel:P
climate/products :G *:G
climate/suppliers :G *:G
confirmation_tokens *:G
country_specs :G *:G
coupons :GP *:DGP
credit_notes :GP *:GP */lines:G */void:P preview:G preview/lines:G
customer_sessions :P
customers :GP *:DGP */balance_transactions:GP */balance_transactions/*:GP */bank_accounts:GP
    */bank_accounts/*:DGP */bank_accounts/*/verify:P */cards:GP */cards/*:DGP */cash_balance:GP
    */cash_balance_transactions:G */cash_balance_transactions/*:G */discount:DG */funding_instructions:P
    */payment_methods:G */payment_methods/*:G */sources:GP */sources/*:DGP */sources/*/verify:P
    */subscriptions:GP */subscriptions/*:DGP */subscriptions/*/discount:DG */tax_ids:GP */tax_ids/*:DG search:G
disputes :G *:GP */close:P
entitlements/active_entitlements :G *:G
entitlements/features :GP *:GP
ephemeral_keys :P *:D
events :G *:G
exchange_rates :G *:G
file_links :GP *:GP
files :GP *:G
financial_connections/accounts :G *:G */disconnect:P */owners:G */refresh:P */subscribe:P */unsubscribe:P
financial_connections/sessions :P *:G
financial_connections/transactions :G *:G
forwarding/requests :GP *:G
identity/verification_reports :G *:G
identity/verification_sessions :GP *:GP */cancel:P */redact:P
invoice_payments :G *:G
invoice_rendering_templates :G *:G */archive:P */unarchive:P
invoiceitems :GP *:DGP
invoices :GP *:DGP */add_lines:P */attach_payment:P */finalize:P */lines:G */lines/*:P */mark_uncollectible:P
    */pay:P */remove_lines:P */send:P */update_lines:P */void:P create_preview:P search:G upcoming:G
    upcoming/lines:G
issuing/authorizations :G *:GP */approve:P */decline:P
issuing/cardholders :GP *:GP
issuing/cards :GP *:GP
issuing/disputes :GP *:GP */submit:P
issuing/personalization_designs :GP *:GP
issuing/physical_bundles :G *:G
issuing/tokens :G *:GP
issuing/transactions :G *:GP
linked_accounts :G *:G
mandates *:G
payment_attempt_records :G *:G
payment_intents :GP *:GP */amount_details_line_items:G */apply_customer_balance:P */cancel:P */capture:P
    */confirm:P */increment_authorization:P */verify_microdeposits:P search:G
payment_links :GP *:GP */line_items:G
payment_method_configurations :GP *:GP
payment_method_domains :GP *:GP */validate:P
payment_methods :GP *:GP */attach:P */detach:P
payment_pages *:G */confirm:P
payment_records :G *:G */report_payment_attempt:P */report_payment_attempt_canceled:P
    */report_payment_attempt_failed:P */report_payment_attempt_guaranteed:P
    */report_payment_attempt_informational:P */report_refund:P report_payment:P
payouts :GP *:GP */cancel:P */reverse:P
plans :GP *:DGP
prices :GP *:GP search:G
product_catalog/trial_offers :GP *:GP
products :GP *:DGP */features:GP */features/*:DG search:G
promotion_codes :GP *:GP
quotes :GP *:GP */accept:P */cancel:P */computed_upfront_line_items:G */finalize:P */line_items:G
radar/early_fraud_warnings :G *:G
radar/payment_evaluations :P
radar/value_list_items :GP *:DG
radar/value_lists :GP *:DGP
refunds :GP *:GP */cancel:P
reporting/report_runs :GP *:G
reporting/report_types :G *:G
reviews :G *:G */approve:P
setup_attempts :G
setup_intents :GP *:GP */cancel:P */confirm:P */verify_microdeposits:P
shipping_rates :GP *:GP
sigma/scheduled_query_runs :G *:G
sources :P *:GP */source_transactions:G */verify:P
subscription_items :GP *:DGP */usage_record_summaries:G */usage_records:P
subscription_schedules :GP *:GP */cancel:P */release:P
subscriptions :GP *:DGP */discount:D */migrate:P */pause:P */resume:P search:G
tax/associations find:G
tax/calculations :P *:G */line_items:G
tax/locations :GP *:G
tax/registrations :GP *:GP
tax/settings :GP
tax/transactions *:G */line_items:G create_from_calculation:P create_reversal:P
tax_codes :G *:G
tax_ids :GP *:DG
tax_rates :GP *:GP
terminal/configurations :GP *:DGP
terminal/connection_tokens :P
terminal/locations :GP *:DGP
terminal/onboarding_links :P
terminal/readers :GP *:DGP */cancel_action:P */collect_inputs:P */collect_payment_method:P
    */confirm_payment_intent:P */process_payment_intent:P */process_setup_intent:P */refund_payment:P
    */set_reader_display:P
test_helpers/confirmation_tokens :P
test_helpers/customers */fund_cash_balance:P
test_helpers/issuing/authorizations :P */capture:P */expire:P */finalize_amount:P */fraud_challenges/respond:P
    */increment:P */reverse:P
test_helpers/issuing/cards */shipping/deliver:P */shipping/fail:P */shipping/return:P */shipping/ship:P
    */shipping/submit:P
test_helpers/issuing/personalization_designs */activate:P */deactivate:P */reject:P
test_helpers/issuing/transactions */refund:P create_force_capture:P create_unlinked_refund:P
test_helpers/refunds */expire:P
test_helpers/terminal/readers */present_payment_method:P */succeed_input_collection:P
    */timeout_input_collection:P
test_helpers/test_clocks :GP *:DG */advance:P
test_helpers/treasury/inbound_transfers */fail:P */return:P */succeed:P
test_helpers/treasury/outbound_payments *:P */fail:P */post:P */return:P
test_helpers/treasury/outbound_transfers *:P */fail:P */post:P */return:P
test_helpers/treasury/received_credits :P
test_helpers/treasury/received_debits :P
three_d_secure/authentications :GP *:G */cancel:P */submit:P
tokens :P *:G
topups :GP *:GP */cancel:P
transfers :GP *:GP */reversals:GP */reversals/*:GP
treasury/credit_reversals :GP *:G
treasury/debit_reversals :GP *:G
treasury/financial_accounts :GP *:GP */close:P */features:GP
treasury/inbound_transfers :GP *:G */cancel:P
treasury/outbound_payments :GP *:G */cancel:P
treasury/outbound_transfers :GP *:G */cancel:P
treasury/received_credits :G *:G
treasury/received_debits :G *:G
treasury/transaction_entries :G *:G
treasury/transactions :G *:G
webhook_endpoints :GP *:DGP
"""

VERSION_2: Final = (
    "billing",
    "commerce",
    "core",
    "data",
    "iam",
    "money_management",
    "payments",
    "reporting",
    "tax",
    "test_helpers",
)
"""The namespaces below ``/v2/``."""
_METHODS: Final = {"G": "GET", "P": "POST", "D": "DELETE"}


@cache
def endpoints() -> frozenset[tuple[str, str]]:
    """Method and path of every endpoint, with ``*`` for identifiers."""
    found: set[tuple[str, str]] = set()
    for line in _KNOWN.replace("\n    ", " ").strip().splitlines():
        collection, *entries = line.split()
        for entry in entries:
            below, _, methods = entry.partition(":")
            path = f"/v1/{collection}/{below}" if below else f"/v1/{collection}"
            found.update((_METHODS[letter], path) for letter in methods)
    return frozenset(found)


def exists(method: str, path: str) -> bool:
    """Whether Stripe has such an endpoint, whatever identifiers the path holds."""
    parts = path[1:].split("/")
    if parts[0] == "v2":
        return len(parts) > 1 and parts[1] in VERSION_2
    return any(
        method == known and len(parts) == path_.count("/") and _fits(path_[1:].split("/"), parts)
        for known, path_ in endpoints()
    )


def _fits(pattern: list[str], parts: list[str]) -> bool:
    return all(part and wanted in ("*", part) for wanted, part in zip(pattern, parts, strict=True))
