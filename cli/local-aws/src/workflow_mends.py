"""Mends the Step Functions of ministack where a map of many executions differs from AWS in what a fleet is about: bounds that the
input names, and a run that is stopped.

Each function names the AWS behaviour it brings. The version of ministack is pinned, so what is replaced here is known.
"""

from ministack.services import stepfunctions

BOUNDS = ("MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount")


def mend():
    take_bounds_from_the_input()
    stop_what_an_execution_has_started()


def take_bounds_from_the_input():
    """A map's bounds may be paths into its input: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html;
    ministack knows fixed ones only."""
    run = stepfunctions._run_distributed_map

    def run_distributed_map(state, raw_input, effective, *rest):
        bounds = {name: stepfunctions._resolve_path(state[f"{name}Path"], effective) for name in BOUNDS if f"{name}Path" in state}
        return run({**state, **bounds}, raw_input, effective, *rest)

    stepfunctions._run_distributed_map = run_distributed_map


def stop_what_an_execution_has_started():
    """A map's executions begin nothing more when the execution that started them is stopped; ministack goes on with all of them, and
    with the states that follow."""
    run = stepfunctions._run_sub_machine

    def run_sub_machine(states, start_at, input_data, execution, ctx):
        parent = stepfunctions._executions.get(ctx["Execution"]["Id"])
        if parent is not None and parent["status"] != "RUNNING":
            raise stepfunctions._ExecutionError("States.TaskFailed", "the execution was stopped")
        return run(states, start_at, input_data, execution, ctx)

    stepfunctions._run_sub_machine = run_sub_machine
