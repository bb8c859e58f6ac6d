"""What becomes of an invitation's event after the answer: mailed, journalled, heard of by the other services; in processor time."""

from statistics import median

from bench.cost import Metered
from bench.installation import distributed
from bench.measure import Result
from bench.rows.invite import CONNECTIONS, inviting
from bench.servers import Servers


def run(servers: Servers, quick: bool) -> list[Result]:
    requests, everything = (_costs(servers, quick, consuming) for consuming in (False, True))
    value, spread = median(everything) - median(requests), (min(everything) - max(requests), max(everything) - min(requests))
    detail = f"{median(everything):.1f} ms an invitation with all workers, {median(requests):.1f} ms with publishers alone"
    return [Result("events", "processor time that consumers take for one invitation", value, "ms", spread, detail)]


def _costs(servers: Servers, quick: bool, consuming: bool) -> list[float]:
    with distributed(servers, consuming=consuming) as made:
        load = Metered(inviting(made.url, made.workspaces(CONNECTIONS), made.bearer), made, servers, drained=consuming)
        for _ in range(3 if quick else 6):
            load.rate(2.0 if quick else 5.0)
    return load.costs[1:]
