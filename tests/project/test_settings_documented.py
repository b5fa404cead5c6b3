"""The code, `.env.example` and `docs/settings.md` know the same settings."""

import ast
import re

import pytest

from tests.services.environment import ENV_FILE, ROOT, setting_names

SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text()
PRODUCT_PAGE, COMMANDS_PAGE = SETTINGS_PAGE.split("## For commands only")
EXAMPLE = (ROOT / ".env.example").read_text()
# Set by one of our processes for another one; nobody sets them by hand.
BETWEEN_PROCESSES = {"SEMTRIAGE_STATS_FILE", "SEMTRIAGE_OWNER_PID", "DJANGO_SETTINGS_MODULE"}


def table(page: str) -> dict[str, str]:
    """Name -> default, of every row of the tables of a page."""
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| (.*?) \|", page, flags=re.MULTILINE)
    return {name: default for names, default in rows for name in re.findall(r"\w+", names)}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert sorted(table(PRODUCT_PAGE)) == sorted(setting_names())


def test_the_example_lists_every_setting_once() -> None:
    names = re.findall(r"^# ([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE)
    assert sorted(names) == sorted(setting_names())


def code_defaults() -> dict[str, str]:
    """Name -> literal default in the code, for those that are literals."""
    defaults = {}
    for node in ast.walk(ast.parse(ENV_FILE.read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            for keyword in node.keywords:
                try:
                    value = ast.literal_eval(keyword.value)
                except ValueError:
                    continue
                if keyword.arg == "default" and value not in ("", []):
                    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                    defaults[str(node.args[0].value)] = text.lower() if value is False else text
    return defaults


@pytest.mark.parametrize(("name", "default"), sorted(code_defaults().items()))
def test_the_documented_default_is_that_of_the_code(name: str, default: str) -> None:
    documented = table(PRODUCT_PAGE)[name].strip("`").replace(",", ", ").replace("  ", " ")
    assert documented == default


@pytest.mark.parametrize(("name", "default"), sorted(code_defaults().items()))
def test_the_example_shows_the_default(name: str, default: str) -> None:
    shown = re.search(rf"^# {name}=(.*)$", EXAMPLE, flags=re.MULTILINE)
    assert shown is not None
    values = [part.strip().removesuffix(".0") for part in default.split(",")]
    assert [part.strip() for part in shown[1].split(",")] == values


def test_nothing_else_is_read_from_the_environment() -> None:
    pattern = re.compile(
        r'environ(?:\.get|\.setdefault|\.pop)?[\[(]\s*"([A-Z_]+)"|getenv\("([A-Z_]+)"'
    )
    known = {*setting_names(), *table(COMMANDS_PAGE), *BETWEEN_PROCESSES}
    unknown = {}
    for folder in ("triage", "scheduler", "docker"):
        for path in (ROOT / folder).rglob("*.py"):
            for match in pattern.finditer(path.read_text()):
                name = match[1] or match[2]
                if name not in known and not name.startswith(("VLLM_", "HF_", "TOKENIZERS_")):
                    unknown[name] = str(path.relative_to(ROOT))
    assert not unknown, "document these in docs/settings.md, or read them in triage/config/env.py"
