"""Write metrics as log lines that CloudWatch counts by itself (its embedded metric format).

Ten metrics are free of charge in an account; every further one costs $0.30 a month, which is a
third of a small chat's bill. So there are eight, and none for each room or person.
"""

import json
from collections.abc import Mapping
from typing import Literal

NAMESPACE = "Fireside"
DIMENSION = "FunctionName"

Metric = Literal["Acks", "Conflicts", "FanOutMs", "Gone", "HandedOver", "Unsent"]

CHAT: tuple[Metric, ...] = ("Acks", "Conflicts", "FanOutMs", "Gone", "HandedOver")
FANOUT: tuple[Metric, ...] = ("FanOutMs", "Gone", "Unsent")

_UNITS: Mapping[Metric, str] = {"FanOutMs": "Milliseconds"}


def line(function: str, values: Mapping[Metric, int], now_ms: int) -> str:
    """Write what came of one event. Each function's metrics are its own."""
    metrics = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics}
    about = {"Timestamp": now_ms, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": about, DIMENSION: function, **values}, separators=(",", ":"))
