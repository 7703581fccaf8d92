"""Mends the EventBridge of ministack where it differs from AWS in what events of AWS's own services and replays are about, and its
CloudFormation in alarms on several metrics.

Each function names the AWS behaviour it brings. The version of ministack is pinned, so what is replaced here is known.
"""

import contextvars
import json

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

# Whether the request comes from who plays a service of AWS here, and the time of the event that is put.
PLAYS, TIME = contextvars.ContextVar("plays", default=False), contextvars.ContextVar("time", default=None)

# What an alarm on several metrics has once for each of them.
OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def mend():
    take_events_of_services()
    replay_to_the_rules_that_were_named()
    keep_alarms_on_several_metrics()


def take_events_of_services():
    """EC2 and others put their events on the default bus, and an event has the time that its sender gives it:
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html. ministack takes no source of AWS from
    outside, and the time of the call. Who plays a service says so by a header."""
    handle, put, now = eventbridge.handle_request, eventbridge._put_events, eventbridge._now_ts

    async def handle_request(method, path, headers, body, query_params):
        token = PLAYS.set("x-local-service" in {name.lower() for name in headers})
        try:
            return await handle(method, path, headers, body, query_params)
        finally:
            PLAYS.reset(token)

    def put_one(entry, allowed):
        token = TIME.set(entry.get("Time"))
        try:
            return put({"Entries": [entry]}, allow_aws_source=allowed)
        finally:
            TIME.reset(token)

    def put_events(data, allow_aws_source=False):
        entries = data.get("Entries", [])
        if not 1 <= len(entries) <= 10:
            return put(data, allow_aws_source=allow_aws_source)
        answers = [json.loads(put_one(it, allow_aws_source or PLAYS.get())[2]) for it in entries]
        failed = sum(it["FailedEntryCount"] for it in answers)
        results = [result for it in answers for result in it["Entries"]]
        return eventbridge.json_response({"FailedEntryCount": failed, "Entries": results})

    eventbridge.handle_request, eventbridge._put_events = handle_request, put_events
    eventbridge._now_ts = lambda: now() if TIME.get() is None else eventbridge._coerce_timestamp(TIME.get())


def replay_to_the_rules_that_were_named():
    """A replay goes to the rules that it names, where it names any:
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html; ministack replays to every rule of the bus."""
    invoke = eventbridge._invoke_target

    def invoke_target(target, event, rule, view=None):
        replay = eventbridge._replays.get(event["ReplayName"]) if event.get("ReplayName") else None
        named = (replay or {}).get("Destination", {}).get("FilterArns")
        if not named or rule.get("Arn") in named:
            invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_target


def keep_alarms_on_several_metrics():
    """An alarm may be on an expression over several metrics:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html. The CloudFormation of ministack
    refuses it. Such an alarm is kept as it was given, and its state stays INSUFFICIENT_DATA: ministack computes no expression."""
    record = provisioners._cw_metric_alarm_record

    def metric_alarm_record(name, props):
        metrics = props.get("Metrics")
        if not metrics:
            return record(name, props)
        alarm = record(name, {**props, "Metrics": None, "MetricName": "-", "Namespace": "-"})
        return {**{key: value for key, value in alarm.items() if key not in OF_ONE_METRIC}, "Metrics": metrics}

    provisioners._cw_metric_alarm_record = metric_alarm_record
