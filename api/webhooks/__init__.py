"""Webhooks: the feed, delivered by us to whoever subscribed, signed as Standard Webhooks 1.0 says.

routes ── store (what is wanted) ──┐
├── PostgreSQL, schema `webhooks`
dispatch ── courier ── book ───────┘
├── source (what there is to send; the feed)
└── sender ── targets (who may be reached) , signing
"""
