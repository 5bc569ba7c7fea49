"""What Ctrl-C means while jobs run."""

from __future__ import annotations

import sys


def ask(count: int) -> str:
    """`cancel`, `leave` or `wait`, as the user says; `leave` where nobody can be asked."""
    what = "the job" if count == 1 else f"the {count} jobs"
    question = f"\nCancel {what}? [c]ancel, [l]eave running and stop waiting, [w]ait on: "
    try:
        if not (sys.stdin.isatty() or "ipykernel" in sys.modules):
            return "leave"
        answer = input(question).strip().lower()
    except (EOFError, OSError, KeyboardInterrupt, RuntimeError, ValueError):
        return "leave"
    return {"c": "cancel", "y": "cancel", "w": "wait", "n": "wait"}.get(answer[:1], "leave")
