"""A user's mistakes, which a type checker must find: one on every marked line; never run."""

from __future__ import annotations

from mockserver.client import AccountMaker, Maker, any_value
from mockserver.testing import Datadog, Satori


async def test_mistakes(
    datadog: Datadog, satori: Satori, make_datadog: Maker[Datadog], make_account: AccountMaker
) -> None:
    datadog.fail("503")  # wrong
    datadog.assert_recieved("a")  # wrong
    datadog.assert_received("a", time=1)  # wrong
    satori.application_key  # noqa: B018  # wrong
    make_datadog(strickt=True)  # wrong
    make_account(vendor="acme", strickt=True)  # wrong
    any_value("text")  # wrong
    await datadog.aio.wait_for("2")  # wrong
    await datadog.aio.wait_forever()  # wrong
    await datadog.aio.clock.advance("5")  # wrong
    datadog.drop("rest")  # wrong
    datadog.assert_received(outcome="acepted")  # wrong
    datadog.assert_requests(header={})  # wrong
    make_datadog(profile="observd")  # wrong
    datadog.aio.settle()  # wrong
    datadog.aio.clock.advance(5)  # wrong
