"""What processes of these tests import is not imported for doctests: it would register its tasks for every test."""

collect_ignore_glob = ["*_app.py", "*_process.py"]
