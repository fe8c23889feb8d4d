"""What the rules do in plain Python, as JSON on standard output, for ``test_fingerprint``.

``cover``: digests of the fingerprint's runs, and what they leave out of the rules. ``change OLD NEW``:
digests of the tiniest run, with one text replaced in the sources as they are loaded.
"""

from __future__ import annotations

import ast
import importlib.machinery
import inspect
import json
import os
import sys
import tempfile
from pathlib import Path

DECORATORS = ("kernel", "draw_kernel")


def rules_in(path: str) -> list[ast.FunctionDef]:
    """Functions of a file that are compiled."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(getattr(getattr(d, "func", d), "id", "") in DECORATORS for d in node.decorator_list)
    ]


def cover() -> dict:
    """Run the fingerprint's cases under coverage."""
    import coverage

    folder = Path(__file__).resolve().parents[2] / "simulation"
    watch = coverage.Coverage(include=[f"{folder}/*"], data_file=None, config_file=False)
    watch.start()
    from returnee.simulation import fingerprint
    from returnee.simulation.engine import rules

    found = dict(fingerprint.digests())
    watch.stop()
    paths = {inspect.getfile(sys.modules[name]) for name in rules._holding}
    total, unentered, missed = 0, [], []
    for path in sorted(paths):
        lines = Path(path).read_text("utf-8").splitlines()
        left_out = set(watch.analysis2(path)[3])
        for rule in rules_in(path):
            body = (
                rule.body[1:]
                if isinstance(rule.body[0], ast.Expr) and len(rule.body) > 1
                else rule.body
            )
            total += 1
            if body[0].lineno in left_out:
                unentered.append(rule.name)
            missed += [
                (rule.name, lines[k - 1].strip())
                for k in sorted(left_out)
                if rule.lineno <= k <= (rule.end_lineno or 0)
            ]
    return {"digests": found, "rules": total, "never entered": unentered, "missed": missed}


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests."""
    return Path(path).resolve().is_relative_to(Path(__file__).resolve().parents[1])


def change(old: str, new: str) -> dict:
    """Run the tiniest case with a text replaced in whichever file of the model holds it."""
    loader, times = importlib.machinery.SourceFileLoader, []
    compile_source = loader.source_to_code

    def changed(self, data, path, **options):
        if isinstance(data, bytes) and old.encode() in data and not is_test(path):
            times.append(path)
            data = data.replace(old.encode(), new.encode())
        return compile_source(self, data, path, **options)

    loader.source_to_code = changed
    with tempfile.TemporaryDirectory() as folder:  # no bytecode that was compiled before
        sys.pycache_prefix = folder
        from test_fingerprint import TINIEST

        from returnee.simulation.fingerprint import run_of, table_digests

        found = table_digests(run_of(TINIEST))
    assert len(times) == 1, times
    return found


if __name__ == "__main__":
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root), str(root / "tests")]
    what, *texts = sys.argv[1:]
    print(json.dumps(cover() if what == "cover" else change(*texts)))
