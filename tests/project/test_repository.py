"""The repository is tidy: portable, explained, and its links lead somewhere."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.services.environment import ROOT

MAX_LINES = 300
_LISTED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True,
                         check=True).stdout  # fmt: skip
TRACKED = [ROOT / name for name in _LISTED.split("\0") if name and (ROOT / name).is_file()]
TEXT_SUFFIXES = {"", ".css", ".html", ".in", ".js", ".json", ".md", ".py", ".sh", ".svg", ".toml",
                 ".txt", ".yml", ".lock", ".example", ".jsonl", ".csv"}  # fmt: skip
TEXTS = [path for path in TRACKED if path.suffix in TEXT_SUFFIXES]
PAGES = [path for path in TRACKED if path.suffix == ".md"]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def hits(pattern: re.Pattern[str], *, ignore: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{relative(path)}: {match.group()}"
        for path in TEXTS
        if path.suffix not in ignore
        for match in pattern.finditer(path.read_text(errors="replace"))
    ]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    folders = "|".join(["work", "root", "home", "Users"])
    assert hits(re.compile(rf"(?<![\w.:/~)}}])/(?:{folders})/[\w.]+")) == []


def test_no_file_names_a_package_registry() -> None:
    hosts = "|".join(["pypi", "pythonhosted", r"registry\.npmjs", r"deb\.debian"])
    assert hits(re.compile(rf"(?:{hosts})\.org")) == []


def test_there_is_no_secret_in_the_repository() -> None:
    keys = "|".join([r"AKIA[0-9A-Z]{16}", "-----BEGIN [A-Z ]*PRIVATE" + " KEY", r"ghp_\w{30}"])
    assert hits(re.compile(keys)) == []
    assert not {".env", "secrets"} & {relative(path).split("/")[0] for path in TRACKED}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_the_directory_page_says_where_everything_is() -> None:
    page = (ROOT / "docs" / "directory.md").read_text()
    top = {relative(path).split("/")[0] for path in TRACKED}
    packages = {"/".join(relative(path).split("/")[:2]) for path in TRACKED
                if relative(path).startswith(("triage/", "tests/", "weights/", "training/"))
                and relative(path).count("/") > 1}  # fmt: skip
    missing = {name for name in top | packages
               if f"`{name}" not in page and f"`{name.split('/')[-1]}" not in page}  # fmt: skip
    assert missing == set()


def test_source_files_stay_small() -> None:
    long = {
        relative(path): count
        for path in TRACKED
        if path.suffix == ".py" and "migrations" not in path.parts
        if (count := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_every_command_of_the_makefile_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert phony is not None
    explained = re.findall(r"^([a-z-]+):.*## \S", makefile, flags=re.MULTILINE)
    assert sorted(phony[1].split()) == sorted(explained)
    shown = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True,
                           text=True, check=True).stdout  # fmt: skip
    assert all(f"make {name}" in shown for name in explained)
