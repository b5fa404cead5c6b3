"""The dispatcher's pages. Each view parses, calls one action, answers."""
