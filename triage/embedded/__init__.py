"""Everything in one process, on nothing but Python packages: `manage.py embedded`."""
