"""The complaint lifecycle: states, who may move them on, and the time each step may take. Pure."""
