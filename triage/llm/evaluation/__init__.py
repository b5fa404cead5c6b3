"""How good the drafts are, and how well their lengths are foretold, on any file of messages."""
