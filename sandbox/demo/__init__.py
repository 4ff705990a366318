"""The demo: one page with a patient's phone, a Slack window and a laboratory, and the real bot behind it."""

from sandbox.demo.run import demo, run_demo

__all__ = ["demo", "run_demo"]
