"""Editing the watchlist: records as trees, changes of them, and what a team laid over the packs."""
