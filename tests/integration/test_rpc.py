"""Calls between processes over RabbitMQ, and within one over the in-process broker; from threads, and under eventlet."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import kombu
import pytest
from nameko.standalone.rpc import ServiceRpcProxy
from opentelemetry.sdk.trace import TracerProvider

from services.chassis import context
from services.chassis.context import CallContext
from services.chassis.errors import InternalError, LimitExceeded, ServiceError, Unavailable
from services.chassis.rpc_client import Answer, RpcClient
from tests.kit.echo_process import EchoProcess
from tests.servers import eventually
from tests.workers import alone

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Caller:
    call: Callable[..., Answer]
    pending: Callable[[], int]


@pytest.fixture(scope="module")
def echo(amqp_url: str) -> Iterator[EchoProcess]:
    with EchoProcess(amqp_url) as process:
        yield process


@pytest.fixture(scope="module")
def echo_in_process() -> Iterator[EchoProcess]:
    with EchoProcess(f"inprocess://{uuid4().hex}") as process:
        yield process


@pytest.fixture(scope="module")
def client(amqp_url: str, echo: EchoProcess) -> Iterator[RpcClient]:
    client = RpcClient(amqp_url, timeout=2.0)
    yield client
    client.close()


@pytest.fixture(params=["threads", "eventlet", "in-process"])
def caller(request: pytest.FixtureRequest) -> Caller:
    if request.param == "threads":
        client: RpcClient = request.getfixturevalue("client")
        return Caller(lambda *words, **told: _within(client, told, *words), lambda: client.pending)
    process: EchoProcess = request.getfixturevalue("echo" if request.param == "eventlet" else "echo_in_process")
    return Caller(process.call, lambda: process.pending)


def _within(client: RpcClient, told: dict[str, Any], *words: Any) -> Answer:
    with context.use(CallContext(**told)):
        return client.call(*words)


def refusal(caller: Caller, *words: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        caller.call(*words)
    return caught.value


def test_a_call_comes_back_as_it_was_sent(caller: Caller) -> None:
    payload = {"text": "Zoë \x00 \u2028 ✓", "number": 1.5, "nothing": None, "list": [1, {"deep": True}]}
    assert caller.call("echo", "echo", payload) == Answer(payload, 0)


def test_a_large_payload_comes_back_whole(caller: Caller) -> None:
    payload = {"text": "x" * 700_000}
    assert caller.call("echo", "echo", payload).data == payload


def test_the_service_knows_who_calls(caller: Caller) -> None:
    told = {"correlation_id": "c-1", "actor_id": "a-1", "ip": "::1", "user_agent": "curl é", "idempotency_key": "k"}
    assert caller.call("echo", "who", {}, **told).data == told


def test_the_trace_goes_on_in_the_service(caller: Caller) -> None:
    seen = caller.call("echo", "who", {}, correlation_id="c-1", traceparent=TRACE).data["traceparent"]
    assert seen.split("-")[1] == TRACE.split("-")[1]


def test_a_span_of_the_caller_is_the_parent(client: RpcClient) -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("request") as span:
        seen = client.call("echo", "who", {}).data["traceparent"]
    assert seen.split("-")[1] == format(span.get_span_context().trace_id, "032x")


def test_a_refusal_arrives_typed_with_its_fields_as_they_were(caller: Caller) -> None:
    error = refusal(caller, "echo", "refuse", {})
    assert type(error) is LimitExceeded
    assert (error.code, error.detail, error.fields) == ("too_many_attempts", "wait a little", {"retry_after": 3, "of": [1, None, True]})


@pytest.mark.parametrize("method", ["crash", "no_such_method"])
def test_what_breaks_inside_stays_inside(caller: Caller, method: str) -> None:
    error = refusal(caller, "echo", method, {"secret": "s3cret"})
    assert type(error) is InternalError
    assert error.args == ("internal", "", {})


def test_a_payload_that_is_no_object_is_refused(caller: Caller) -> None:
    assert refusal(caller, "echo", "echo", ["a", "list"]).code == "invalid_payload"


def test_a_service_that_was_never_there_is_unavailable_at_once(caller: Caller) -> None:
    with alone():
        began = time.monotonic()
        error = refusal(caller, "nobody", "anything", {})
        assert time.monotonic() - began < 0.5
    assert type(error) is Unavailable
    assert (error.code, error.fields) == ("service_unavailable", {"retry_after": 1})
    assert caller.pending() == 0


def test_a_call_that_takes_too_long_leaves_nothing_behind(caller: Caller) -> None:
    began = time.monotonic()
    assert refusal(caller, "echo", "slow", {"seconds": 2.5}).code == "service_unavailable"
    assert 1.5 < time.monotonic() - began < 3
    assert caller.pending() == 0
    # The late reply finds nobody, and the next call gets its own.
    ended = caller.call("echo", "done", {}).data["done"].count("ended")
    eventually(lambda: caller.call("echo", "done", {}).data["done"].count("ended") > ended)
    assert caller.call("echo", "echo", {"after": 1}).data == {"after": 1}


def test_fifty_calls_at_once_each_get_their_own_answer(caller: Caller) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda number: caller.call("echo", "echo", {"number": number}).data["number"], range(500)))
    assert answers == list(range(500))
    assert caller.pending() == 0


def test_a_slow_call_does_not_hold_up_others(caller: Caller) -> None:
    with alone(), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(caller.call, "echo", "slow", {"seconds": 1.0})
        began = time.monotonic()
        caller.call("echo", "echo", {})
        assert time.monotonic() - began < 0.7
        assert "at" in slow.result().data


def test_namekos_own_client_is_understood(amqp_url: str, echo: EchoProcess) -> None:
    with ServiceRpcProxy("echo", {"AMQP_URI": amqp_url}) as proxy:
        assert proxy.echo({"n": 1}) == {"data": {"n": 1}, "position": 0}
        with pytest.raises(LimitExceeded):
            proxy.refuse({})


def test_calls_to_a_dead_service_do_not_pile_up(amqp_url: str) -> None:
    client = RpcClient(amqp_url, timeout=0.3)
    with kombu.Connection(amqp_url) as connection:
        channel = connection.channel()
        queue = kombu.Queue("rpc-dead", kombu.Exchange("nameko-rpc", "topic"), routing_key="dead.*", durable=True)(channel)
        queue.declare()
        with ThreadPoolExecutor(20) as pool:
            calls = [pool.submit(client.call, "dead", "anything", {}) for _ in range(100)]
        assert all(type(call.exception()) is Unavailable for call in calls)
        assert client.pending == 0
        eventually(lambda: queue.queue_declare(passive=True).message_count == 0)
    client.close()


def test_what_was_delivered_before_is_not_run_again_unless_a_key_makes_that_harmless(amqp_url: str) -> None:
    client, taken = RpcClient(amqp_url, timeout=15.0), list[Any]()
    queue = kombu.Queue("rpc-orders", kombu.Exchange("nameko-rpc", "topic"), routing_key="orders.*", durable=True)
    with kombu.Connection(amqp_url) as replica, ThreadPoolExecutor(2) as pool:
        kombu.Consumer(replica.channel(), [queue], on_message=taken.append).consume()
        plain = pool.submit(_within, client, {}, "orders", "echo", {})
        keyed = pool.submit(_within, client, {"idempotency_key": "k"}, "orders", "echo", {"n": 1})
        while len(taken) < 2:
            replica.drain_events(timeout=5)
        with EchoProcess(amqp_url, "orders"):
            # The replica that had taken both is lost before it answers.
            replica.release()
            assert type(plain.exception()) is Unavailable
            assert keyed.result().data == {"n": 1}
    client.close()


def test_a_service_answers_what_it_has_begun_before_it_ends(amqp_url: str) -> None:
    client = RpcClient(amqp_url, timeout=5.0)
    with EchoProcess(amqp_url, "shop") as process, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.call, "shop", "slow", {"seconds": 1.0})
        eventually(lambda: client.call("shop", "done", {}).data["done"] == ["begun"])
        process.terminate()
        assert process.ended() == 0
        assert "at" in slow.result().data
    client.close()


def test_a_closed_client_refuses_and_leaves_no_thread(amqp_url: str, echo: EchoProcess) -> None:
    before = threading.enumerate()
    client = RpcClient(amqp_url, timeout=2.0)
    client.call("echo", "echo", {})
    with alone():
        began = time.monotonic()
        client.close()
        assert time.monotonic() - began < 0.5
    with pytest.raises(Unavailable):
        client.call("echo", "echo", {})
    assert not [thread for thread in threading.enumerate() if thread.name == "rpc.replies" and thread not in before]
