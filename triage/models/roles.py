"""The roles, as groups with permissions; made anew after every migration."""

from typing import Any

ROLES: dict[str, list[str]] = {
    "observer": ["view_incident", "view_draft"],
    "dispatcher": [
        "view_incident",
        "view_draft",
        "submit_incident",
        "override_urgency",
        "review_draft",
    ],
    "administrator": [
        "view_incident",
        "view_draft",
        "submit_incident",
        "override_urgency",
        "review_draft",
        *(
            f"{verb}_{model}"
            for model in ("priorityrule", "source", "apitoken", "user")
            for verb in ("view", "add", "change", "delete")
        ),
        "view_assessment",
        "view_decisionlogentry",
    ],
}


def create_role_groups(using: str = "default", **_: Any) -> None:
    """Create or refresh the three groups. Runs after migrate; safe to repeat."""
    from django.apps import apps
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    create_permissions(apps.get_app_config("triage"), verbosity=0, using=using)
    for role, codenames in ROLES.items():
        group, _created = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set(
            Permission.objects.using(using).filter(
                content_type__app_label="triage", codename__in=codenames
            )
        )
