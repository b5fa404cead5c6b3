"""The policies by name. `register` adds one of your own."""

import importlib
from typing import Any

from scheduler.policies.base import Policy
from scheduler.policies.fcfs import Fcfs
from scheduler.policies.priority import Priority
from scheduler.policies.semantic import Semantic
from scheduler.policies.semantic_plus import SemanticPlus
from scheduler.policies.sjf import Sjf

_REGISTRY: dict[str, type[Policy]] = {}


def register(policy: type[Policy]) -> type[Policy]:
    """Make a policy known by its name; usable as a class decorator.

    Raises ValueError when it has no name, or that of another policy.
    """
    name = _named(policy).name
    if _REGISTRY.setdefault(name, policy) is not policy:
        raise ValueError(f"policy: {policy.__name__} has the name of another policy, {name!r}")
    return policy


def available() -> list[str]:
    """The names of all known policies."""
    return list(_REGISTRY)


def get_policy(name: str, **options: Any) -> Policy:
    """A policy by name, or by dotted path "module:Class".

    A class named by its path is not registered: it may share its name with another.
    Raises ValueError when there is none of that name.
    """
    if ":" in name:
        return _named(_imported(name))(**options)
    if name not in _REGISTRY:
        raise ValueError(f"policy: no policy {name!r}; known are {', '.join(available())}")
    return _REGISTRY[name](**options)


def _named(policy: type[Policy]) -> type[Policy]:
    if not getattr(policy, "name", ""):
        raise ValueError(f"policy: {policy.__name__} has no name")
    return policy


def _imported(path: str) -> type[Policy]:
    module, _, attribute = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"policy: {path!r} cannot be imported ({error})") from error
    if not (isinstance(found, type) and issubclass(found, Policy)):
        raise ValueError(f"policy: {path!r} is not a subclass of scheduler.Policy")
    return found


for _policy in (Fcfs, Sjf, Priority, Semantic, SemanticPlus):
    register(_policy)

__all__ = ["Policy", "available", "get_policy", "register"]
