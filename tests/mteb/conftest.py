"""These tests run mteb itself; without the extra they are left out."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("mteb") else ["test_*.py"]
