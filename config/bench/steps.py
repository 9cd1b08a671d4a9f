"""Child processes that a measurement starts: those it waits for, and those it talks to."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from typing import Any

from config.bench.servers import PROJECT, NotMeasurable, Stage, end_with_parent

STEP_MAY_TAKE = 600.0


def run_to_end(command: list[str], *, said: str = "", environment: dict[str, str] | None = None) -> str:
    """What a command prints. Raises NotMeasurable when it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=PROJECT, env=environment, input=said, capture_output=True, text=True, timeout=STEP_MAY_TAKE
    )
    if done.returncode:
        raise NotMeasurable(f"{' '.join(command[:4])} failed: {(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def manage(stage: Stage, *arguments: str) -> str:
    """Run a management command with this database."""
    return run_to_end([sys.executable, "manage.py", *arguments], environment=stage.environment)


class Child:
    """A process of ours that answers each line with a line."""

    def __init__(self, module: str, *arguments: object, environment: dict[str, str] | None = None) -> None:
        self.module = module
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )

    def ask(self, **order: Any) -> dict[str, Any]:
        """Give an order and wait for the answer. Raises NotMeasurable when the child is gone."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise NotMeasurable(f"{self.module} ended in the middle of a measurement")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


class Inside(Child):
    """A process inside the product, with the database of a stage: does one step after another."""

    def __init__(self, stage: Stage) -> None:
        super().__init__("config.bench.inside", environment=stage.environment)

    def do(self, step: str, **arguments: Any) -> Any:
        """What a step answers. Raises NotMeasurable when it fails."""
        answer = self.ask(step=step, arguments=arguments)
        if "error" in answer:
            raise NotMeasurable(f"{step} failed: {answer['error'][-3000:]}")
        return answer["done"]
