"""PostgreSQL and Redis go away and come back while drafts are being written."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.reliability.calls import all_done, drafts_of, post, report, start_all, until
from tests.services import PostgresServer, RedisServer
from tests.services.environment import clean_environ
from tests.services.product import Product, run_manage

pytestmark = [pytest.mark.services, pytest.mark.engine, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The product on a PostgreSQL and a Redis of its own, so that these can be ended."""
    folder = tmp_path_factory.mktemp("outages")
    with PostgresServer() as postgres, RedisServer() as redis:
        env = {
            **clean_environ(),
            "DATABASE_URL": postgres.create_database("outages"),
            "REDIS_URL": redis.url(1),
            "TRIAGE_VAR_DIR": str(folder / "var"),
            "LLM_SLOTS": "1",  # so that drafts are still being written when something ends
        }
        run_manage(env, "migrate", "--skip-checks", "--verbosity", "0")
        product = Product(env, folder)
        try:
            start_all(product)
            yield product, postgres, redis
        finally:
            product.stop()


def _some_reports(product: Product, count: int = 12) -> list[str]:
    """So many that one slot has work for a while; returns with one of them half written."""
    with ThreadPoolExecutor(count) as pool:
        ids = list(pool.map(lambda n: report(product, f"broken hip, fell {n} hours ago"),
                            range(1, count + 1)))  # fmt: skip
    until(lambda: any(_is_half_written(product, one) for one in ids), 60, "a draft half written")
    return ids


def _is_half_written(product: Product, incident_id: str) -> bool:
    return any(d["status"] == "running" and d["text"] for d in drafts_of(product, incident_id))


def test_redis_gone_and_empty_again_loses_nothing(parts):
    product, _, redis = parts
    before = _some_reports(product)
    redis.halt()
    during = report(product, "My father collapsed, he is not breathing")
    redis.start()
    after = report(product, "cut my finger, it needs a stitch")
    all_done(product, [*before, during, after])


def test_postgresql_gone_is_a_503_and_loses_nothing(parts):
    product, postgres, _ = parts
    before = _some_reports(product)
    postgres.halt()
    refused = post(product, "cut my finger, it needs a stitch", key="while-away")
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    postgres.start()
    again = until(
        lambda: (r := post(product, "cut my finger, it needs a stitch", key="while-away"))
        and r.status_code == 201 and r,
        30, "intake takes reports again",
    )  # fmt: skip
    all_done(product, [*before, again.json()["id"]])


def test_one_key_fifty_times_at_once_is_one_incident(parts):
    product, _, _ = parts
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: post(product, "twisted ankle", key="fifty"), range(50)))
    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum(answer.status_code == 201 for answer in answers) == 1
    all_done(product, [answers[0].json()["id"]])
