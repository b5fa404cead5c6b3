"""Who uses the product."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A dispatcher, an administrator or an observer, by group (see `roles.py`)."""
