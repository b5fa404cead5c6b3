"""The administration: rules are checked, tried and logged; secrets are shown once."""

import pytest
from django.urls import reverse

from triage import broker
from triage.actions import classification, in_service, intake
from triage.models import ApiToken, DecisionLogEntry, PriorityRule, Source, User


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


RULE = {"name": "Wrists", "order": 5, "active": "on", "reason": "because", "words": "wrist",
        "action": "at_least", "level": "0"}  # fmt: skip


def test_a_rule_is_added_with_its_author_and_counts_at_once(admin, administrator, monkeypatch):
    monkeypatch.setattr(broker, "send_classify", lambda _incident_id: True)
    response = admin.post(reverse("admin:triage_priorityrule_add"), RULE)
    assert response.status_code == 302
    assert PriorityRule.objects.get().author == administrator
    assert DecisionLogEntry.objects.filter(action="priorityrule_added").exists()
    incident, _ = intake.submit(intake.NewReport("my wrist"), user=administrator)
    classification.classify_incident(incident.pk, None)
    incident.refresh_from_db()
    assert incident.urgency == 0


def test_a_wrong_pattern_is_shown_at_its_field(admin):
    response = admin.post(reverse("admin:triage_priorityrule_add"), {**RULE, "pattern": "(?=x)"})
    assert "not a valid RE2 expression" in response.content.decode()
    assert not PriorityRule.objects.exists()


def test_a_level_is_chosen_by_its_number_and_word(admin):
    page = admin.get(reverse("admin:triage_priorityrule_add")).content.decode()
    assert '<option value="0">0 Immediate</option>' in page
    assert '<option value="" selected>none</option>' in page


def test_a_rule_is_tried_without_changing_anything(admin, administrator, monkeypatch):
    monkeypatch.setattr(broker, "send_classify", lambda _incident_id: True)
    incident, _ = intake.submit(intake.NewReport("sore wrist"), user=administrator)
    classification.classify_incident(incident.pk, None)
    incident.refresh_from_db()
    before = incident.urgency
    rule = PriorityRule.objects.create(name="W", words="wrist", level=0, reason="r", active=False)
    page = admin.get(reverse("admin:rule-try", args=[rule.pk])).content.decode()
    assert incident.reference in page
    assert "<strong>0</strong>" in page
    incident.refresh_from_db()
    assert incident.urgency == before


def test_a_tokens_secret_is_shown_once_and_works(admin, source):
    response = admin.post(
        reverse("admin:triage_apitoken_add"), {"source": source.pk, "label": "x"}, follow=True
    )
    page = response.content.decode()
    secret = page.split("shown this once: ")[1].split("<")[0].strip()
    assert secret.startswith("st_")
    assert secret not in admin.get(reverse("admin:triage_apitoken_changelist")).content.decode()
    headers = {"Authorization": f"Bearer {secret}"}
    admin.logout()
    assert admin.get("/api/v1/incidents/", headers=headers).status_code == 200


def test_a_revoked_token_is_refused(admin, source, source_token):
    token = ApiToken.objects.get()
    admin.post(
        reverse("admin:triage_apitoken_changelist"),
        {"action": "revoke", "_selected_action": [token.pk]},
    )
    admin.logout()
    headers = {"Authorization": f"Bearer {source_token}"}
    assert admin.get("/api/v1/incidents/", headers=headers).status_code == 401


@pytest.mark.parametrize("model", ["incident", "draft", "assessment", "decisionlogentry"])
def test_the_records_cannot_be_edited(admin, model):
    assert admin.get(reverse(f"admin:triage_{model}_add")).status_code == 403


def test_an_administrator_cannot_make_themselves_superuser(admin, administrator):
    boss = User.objects.create_superuser("boss", password="x")
    assert admin.post(reverse("admin:triage_user_change", args=[boss.pk]), {}).status_code == 403
    page = admin.get(reverse("admin:triage_user_change", args=[administrator.pk])).content.decode()
    assert "is_superuser" not in page


def test_a_dispatcher_has_no_admin(client, dispatcher):
    client.force_login(dispatcher)
    assert client.get(reverse("admin:index")).status_code == 302


def test_sources_are_kept(admin):
    admin.post(reverse("admin:triage_source_add"), {"name": "City", "slug": "city", "active": "on"})
    assert Source.objects.get().active


def test_the_models_page_shows_what_is_in_service_and_its_figures(admin, administrator):
    stored = in_service.urgency_in_service()
    assert stored.stored_version and stored.figures
    page = admin.get(reverse("models-in-service")).content.decode()
    assert stored.stored_version in page
    assert "Nothing has been assessed yet" in page
    assert f"<td>{100 * stored.figures[0][2][0]:.1f}</td>" in page  # exact, held out
    incident, _ = intake.submit(intake.NewReport("my wrist"), user=administrator)
    classification.classify_incident(incident.pk, None)
    page = admin.get(reverse("models-in-service")).content.decode()
    assert "the rules alone" in page
    assert "Of the latest 1 assessments 1 were made without the model" in page
    assert reverse("models-in-service") in admin.get(reverse("admin:index")).content.decode()


def test_the_models_page_says_when_the_weights_cannot_be_read(admin, monkeypatch, tmp_path):
    monkeypatch.setattr(in_service, "URGENCY_WEIGHTS", tmp_path)
    page = admin.get(reverse("models-in-service")).content.decode()
    assert "The weights cannot be read" in page
    (tmp_path / "settings.json").write_text('{"version": "of-our-own", "held_out": {"n": 9}}')
    page = admin.get(reverse("models-in-service")).content.decode()
    assert "of-our-own" in page and "families held out" not in page


def test_the_models_page_is_for_staff(client, dispatcher):
    client.force_login(dispatcher)
    assert client.get(reverse("models-in-service")).status_code == 302
