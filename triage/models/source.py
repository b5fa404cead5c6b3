"""Where incidents come from, and the tokens that prove it."""

import hashlib
import secrets

from django.db import models
from django.utils import timezone

TOKEN_BYTES = 32
PREFIX_LENGTH = 8


class Source(models.Model):
    """An intake system: a call centre, a device feed, another dispatcher."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True, help_text="An inactive source is refused.")
    may_read_all = models.BooleanField(
        default=False, help_text="May read every incident; otherwise only its own."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def digest_of(token: str) -> str:
    """What is stored of a token. It is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """A secret of a source, stored as its hash and shown once."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=120, blank=True)
    prefix = models.CharField(max_length=PREFIX_LENGTH, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.source})"

    def set_secret(self, token: str | None = None) -> str:
        """Give this row a token (a fresh one unless told) and return it, this once."""
        token = token or "st_" + secrets.token_urlsafe(TOKEN_BYTES)
        self.prefix, self.digest = token[:PREFIX_LENGTH], digest_of(token)
        return token

    @property
    def usable(self) -> bool:
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.source.active and self.revoked_at is None and not expired
