"""Workloads in files: JSON for small ones, JSONL (one request a line) for large ones.

JSON: {"name": ..., "setting": {"slots": 16}, "requests": [{...}, ...]}, the shape of `Workload`.
JSONL (.jsonl, .ndjson): one request object a line, in order of arrival; read and written in a
stream. The fields of a request are those of `Request`; `predicted_output_tokens` and
`predicted_urgency` default to the truth and `id` to the place in the file.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scheduler.job import LEAST_URGENT
from scheduler.sim.workload.checks import is_number, load_json, parse_json
from scheduler.sim.workload.request import DEFAULT_SLOTS, Request, Workload

STREAMED = (".jsonl", ".ndjson")
MAX_TOKENS = 1e6
MAX_SLOTS = 100_000


def read_workload(path: Path, *, slots: int | None = None) -> Workload:
    """Read a JSON or JSONL workload; `slots` counts instead of what the file says, if anything.

    Raises ValueError with one sentence that names the field.
    """
    if path.suffix in STREAMED:
        return Workload(path.stem, list(stream_requests(path)), slots or DEFAULT_SLOTS)
    data = load_json(path)
    if not isinstance(data, dict) or not isinstance(data.get("requests"), list):
        raise ValueError(f"{path.name}: requests: a list of requests is needed")
    requests = [
        parse_request(row, index, f"{path.name}: requests[{index}]")
        for index, row in enumerate(data["requests"])
    ]
    _refuse_doubles(path.name, requests)
    requests.sort(key=lambda request: request.arrival_s)
    name, reported = data.get("name", path.stem), data.get("reported_mean_time_in_system_s")
    if not isinstance(name, str):
        raise ValueError(f"{path.name}: name: a text is needed")
    if reported is not None and not isinstance(reported, dict):
        raise ValueError(f"{path.name}: reported_mean_time_in_system_s: an object is needed")
    said = _slots(path.name, data)
    return Workload(name, requests, slots or said, reported)


def stream_requests(path: Path) -> Iterator[Request]:
    """The requests of a JSONL file, one at a time; empty lines are skipped.

    Raises ValueError that names the line and the field; also when a request arrives before
    the one above it.
    """
    last_s = 0.0
    index = 0
    seen: set[int] = set()
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                where = f"{path.name}, line {number}"
                request = parse_request(parse_json(line, where), index, where)
                if request.arrival_s < last_s:
                    raise ValueError(f"{where}.arrival_s: is before that of the line above")
                if request.id in seen:
                    raise ValueError(f"{where}.id: {request.id} is there twice")
                seen.add(request.id)
                last_s = request.arrival_s
                index += 1
                yield request
    except OSError as error:
        raise ValueError(f"{path.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: is not UTF-8 (byte {error.start})") from error


def write_workload(workload: Workload, path: Path) -> None:
    """Write a workload; a JSONL file holds the requests alone."""
    if path.suffix in STREAMED:
        write_requests(workload.requests, path)
    else:
        path.write_text(json.dumps(workload.as_json()) + "\n", encoding="utf-8")


def write_requests(requests: Iterable[Request], path: Path) -> int:
    """Write requests to a JSONL file as they come. Returns how many."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for request in requests:
            out.write(json.dumps(request.as_json()) + "\n")
            count += 1
    return count


def parse_request(row: Any, index: int, where: str) -> Request:
    """One request from an object of a file. Raises ValueError: "<where>.<field>: ..."."""
    if not isinstance(row, dict):
        raise ValueError(f"{where}: an object is needed")

    def number(name: str, low: float, high: float, default: float | None = None) -> float:
        value = row.get(name, default)
        if is_number(value, low, high):
            return float(value)
        raise ValueError(f"{where}.{name}: a number from {low:g} to {high:g} is needed")

    def whole(name: str, low: int, high: float, default: int | None = None) -> int:
        value = row.get(name, default)
        if is_number(value, low, high) and value == int(value):
            return int(value)
        raise ValueError(f"{where}.{name}: a whole number from {low} to {high:g} is needed")

    output = whole("output_tokens", 1, MAX_TOKENS)
    predicted = row.get("predicted_urgency")
    return Request(
        id=whole("id", 0, 1e15, index),
        arrival_s=number("arrival_s", 0, 1e9),
        urgency=whole("urgency", 0, LEAST_URGENT),
        prompt_tokens=whole("prompt_tokens", 1, MAX_TOKENS),
        output_tokens=output,
        predicted_output_tokens=number("predicted_output_tokens", 0, MAX_TOKENS, output),
        predicted_urgency=None
        if predicted is None
        else whole("predicted_urgency", 0, LEAST_URGENT),
    )


def _slots(file: str, data: dict[str, Any]) -> int:
    setting = data.get("setting", {})
    if not isinstance(setting, dict):
        raise ValueError(f"{file}: setting: an object is needed")
    slots = setting.get("slots", DEFAULT_SLOTS)
    if not is_number(slots, 1, MAX_SLOTS) or slots != int(slots):
        raise ValueError(f"{file}: setting.slots: a whole number from 1 to {MAX_SLOTS} is needed")
    return int(slots)


def _refuse_doubles(file: str, requests: Iterable[Request]) -> None:
    seen: set[int] = set()
    for index, request in enumerate(requests):
        if request.id in seen:
            raise ValueError(f"{file}: requests[{index}].id: {request.id} is there twice")
        seen.add(request.id)
