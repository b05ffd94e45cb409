"""Metrics are log lines that CloudWatch counts by itself."""

import json

from fireside.functions import metrics


def test_a_line_is_what_cloudwatch_extracts_metrics_from():
    line = metrics.line("fireside-chat", {"Acks": 1, "FanOutMs": 42}, 1_795_345_200_123)

    assert "\n" not in line
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1_795_345_200_123,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Fireside",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": [
                        {"Name": "Acks", "Unit": "Count"},
                        {"Name": "FanOutMs", "Unit": "Milliseconds"},
                    ],
                }
            ],
        },
        "FunctionName": "fireside-chat",
        "Acks": 1,
        "FanOutMs": 42,
    }


def test_a_chat_has_no_more_metrics_than_are_free_of_charge():
    assert len(metrics.CHAT) + len(metrics.FANOUT) <= 10
