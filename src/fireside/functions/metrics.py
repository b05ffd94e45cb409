"""Metrics as log lines in CloudWatch's embedded metric format, from which CloudWatch reads them.

Ten metrics of an account are free; each further one costs $0.30 a month, a third of a small
chat's bill. So there are eight, and none per room or user.
"""

import json
from collections.abc import Mapping
from typing import Literal

NAMESPACE = "Fireside"
DIMENSION = "FunctionName"

Metric = Literal["Acks", "Conflicts", "FanOutMs", "Gone", "Delegated", "Unsent"]

CHAT: tuple[Metric, ...] = ("Acks", "Conflicts", "FanOutMs", "Gone", "Delegated")
FANOUT: tuple[Metric, ...] = ("FanOutMs", "Gone", "Unsent")

_UNITS: Mapping[Metric, str] = {"FanOutMs": "Milliseconds"}


def line(function: str, values: Mapping[Metric, int], now_ms: int) -> str:
    """Return the log line with the metrics of one event, separate for each function."""
    metrics = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics}
    about = {"Timestamp": now_ms, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": about, DIMENSION: function, **values}, separators=(",", ":"))
