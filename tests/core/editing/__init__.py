"""Tests of editing the watchlist, without a database."""
