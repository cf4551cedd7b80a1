"""The demo: its pure functions, its accuracy, and the whole of it as a process."""
