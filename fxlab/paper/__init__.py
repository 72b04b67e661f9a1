"""Drive the kernel with a feed, one closed bar at a time, with a journal that a later session resumes."""

from fxlab.paper.feed import Feed, ReplayFeed
from fxlab.paper.journal import Journal, JournalError
from fxlab.paper.session import paper_trade

__all__ = ["Feed", "Journal", "JournalError", "ReplayFeed", "paper_trade"]
