"""Set-up and development helpers behind the Makefile."""
