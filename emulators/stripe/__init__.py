"""Stripe's API, version 1: customers, catalogue, card payments, refunds, the ledger and events."""

from .service import emulator

__all__ = ["emulator"]
