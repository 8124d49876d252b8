"""The kinds of payment method there are at Stripe; cards are the ones that can be paid with here."""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie bizum
blik boleto card cashapp crypto custom customer_balance eps fpx giropay grabpay ideal interac_present
kakao_pay klarna konbini kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24
pay_by_bank payco paynow paypal paypay payto pix promptpay revolut_pay samsung_pay satispay scalapay
sepa_debit sequra sofort sunbit swish twint upi us_bank_account wechat_pay zip
"""
TYPES: Final = tuple(_NAMES.split())
OTHERS: Final = tuple(name for name in TYPES if name != "card")
