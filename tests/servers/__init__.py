"""A private RabbitMQ, PostgreSQL and nginx for the tests: own folders, own ports, nothing left running."""

from tests.servers.nginx import Nginx
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.reaper import unwatch, watch
from tests.servers.serving import serving
from tests.servers.waiting import eventually, free_port

__all__ = ["Nginx", "Postgres", "RabbitMQ", "eventually", "free_port", "serving", "unwatch", "watch"]
