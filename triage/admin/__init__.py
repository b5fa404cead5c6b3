"""The administration pages: rules, sources, tokens, users; everything else read-only."""

from django.contrib import admin

from triage.admin import people, records, rules, sources

__all__ = ["people", "records", "rules", "sources"]

admin.site.site_header = "SemTriage administration"
admin.site.site_title = "SemTriage"
admin.site.index_title = "Rules, sources and people"
