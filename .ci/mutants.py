"""Change one place of the package at a time and see whether a test notices it; the list is tests/mutants.csv.

A random sample, the same one as long as the code is the same, is drawn from what three kinds of operators do to the
five areas below, equally many of each kind in each area:

- values: numbers, arithmetic, comparisons, `and`, `or`, `not`, `in`, `is`, truth, branches of conditions (mutmut's)
- arguments: a keyword argument, or the last of several, left out; a string that is no prose (mutmut's)
- names: a variable of a function in place of another one, or another attribute of it (of which mutmut has none)

Left alone are annotations, docstrings, decorators, imports, prose (a string with a space), what is raised or warned,
and what hardly ever does anything but stop the program: None in place of an argument or of an assigned value.

Each mutant is tried in a copy of the project, by the tests that run its line, the quickest first. Tests that take
longer than SLOWEST and those that run the book as another process are left out, so what is killed here is killed early.

    pip install mutmut coverage        # beside the packages of the tests; neither is a dependency of the book
    python .ci/mutants.py map          # which tests run which lines; with paths, of new tests alone
    python .ci/mutants.py run          # tries what tests/mutants.csv does not list as killed or harmless

A survivor that changes no result becomes "harmless" by hand, with its reason in the column ``by``; it stays so until
the code of the mutant changes.
"""

import argparse
import csv
import fnmatch
import hashlib
import importlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

import libcst as cst
import pytest
from coverage import Coverage
from libcst import matchers as m
from libcst.metadata import ExpressionContext, ExpressionContextProvider, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "_build" / "mutants"
LISTED = ROOT / "tests" / "mutants.csv"
AREAS = {
    "scores": ["scores/*"],
    "studies": ["studies/*"],
    "evidence": ["evidence/*"],
    "training": [f"methods/{name}.py" for name in ("training", "batched", "fits", "networks", "models")],
    "corpus": [f"corpus/{name}.py" for name in ("sources", "tables", "dataset", "lyrics")],
}
ROOMS = ("corpus", "methods", "clusters", "scores", "studies")  # those with doctests
TESTS = [f"tests/{room}" for room in ("scores", "evidence", "studies", "clusters", "methods", "released")]
TESTS += [f"tests/corpus/test_{name}.py" for name in ("dataset", "lyrics", "named", "gtzan", "demo", "folders")]
TESTS += [f"vaeclust/{room}" for room in ROOMS]
OPTIONS = "-o addopts= --strict-markers --doctest-modules -q -p no:cacheprovider -p no:xdist --timeout 60".split()
SLOWEST, ALL = 20.0, 100.0  # seconds of a test, and of all tests of a mutant
PATIENCE = 400.0  # seconds after which a mutant counts as one that does not end
# Tried whatever the sample: the input space, which the book's second answer rests on, is the method's own.
ALWAYS = ("38166de49ff9",)
COLUMNS = ["area", "module", "line", "operator", "original", "mutated", "outcome", "by", "key"]
# Imported once and forked: what the tests need and no mutant changes.
HEAVY = """numpy pandas scipy.stats scipy.spatial torch sklearn.cluster sklearn.decomposition sklearn.metrics
    sklearn.neighbors sklearn.feature_extraction.text matplotlib.pyplot plotly.graph_objects seaborn librosa umap
    soundfile joblib dask distributed _pytest.doctest yaml scikit_posthocs""".split()
# What is no code that runs later, or whose wording is all that a change could touch.
LEFT_ALONE = (cst.Annotation, cst.Raise, cst.Decorator, cst.Import, cst.ImportFrom)
STOPPERS = ("operator_assignment", "operator_lambda", "operator_dict_arguments")  # put None in place of a value
BLANK = cst.Module([])


@dataclass(frozen=True)
class Mutant:
    """One change of the package.

    Attributes
    ----------
    area, module : str
    first, last : int
        The lines of the statement that it changes; of a compound one, those of its head.
    operator, key : str
        The key stays the same when other code of the module changes.
    code : Callable
        Returns the text of the changed module.
    """

    area: str
    module: str
    first: int
    last: int
    operator: str
    key: str
    code: Callable[[], str]

    @property
    def kind(self) -> str:
        """What it changes: names, arguments or values."""
        return {"swapped_name": "names", "arg_removal": "arguments", "string": "arguments"}.get(self.operator, "values")


def changes(node: cst.CSTNode) -> Iterable[tuple[str, cst.CSTNode]]:
    """Yield what mutmut makes of a node, by operator, without what stops the program or changes a wording."""
    for kind, operator in mutation_operators:
        if not isinstance(node, kind) or operator.__name__ in STOPPERS:
            continue
        made = list(operator(node))
        if operator.__name__ == "operator_string":
            made = made[:1] if isinstance(node, cst.SimpleString) and " " not in node.value else []
        if operator.__name__ == "operator_arg_removal":
            without = [change for change in made if len(change.args) < len(node.args)]
            pairs = zip(node.args, without, strict=False)
            made = [change for given, change in pairs if given.keyword is not None or given is node.args[-1]]
        for change in made:
            yield operator.__name__.removeprefix("operator_"), change


class Bound(cst.CSTVisitor):
    """The names that a function binds, each with the line from which on it has a value; none of comprehensions."""

    def __init__(self, positions: dict, contexts: dict, functions: set[str]):
        super().__init__()
        self.positions, self.contexts, self.functions = positions, contexts, functions
        self.names: dict[str, int] = {}

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note a parameter or an assigned name."""
        line = self.positions[node].start.line if node in self.positions else 0
        if isinstance(node, cst.Param):
            if node.name.value not in ("self", "cls"):
                self.names.setdefault(node.name.value, line)
            return False
        stored = isinstance(node, cst.Name) and self.contexts.get(node) is ExpressionContext.STORE
        if stored and node.value not in self.functions:
            self.names.setdefault(node.value, line + 1)
        return not isinstance(node, (cst.CompFor, cst.Import, cst.ImportFrom))


class Places(cst.CSTVisitor):
    """All mutants of a module, in the order of its text."""

    def __init__(self, path: Path, area: str):
        super().__init__()
        self.area, self.module = area, str(path.relative_to(ROOT))
        self.wrapper = MetadataWrapper(cst.parse_module(path.read_text()))
        self.positions = self.wrapper.resolve(PositionProvider)
        self.contexts = self.wrapper.resolve(ExpressionContextProvider)
        self.named = {node.name.value for node in m.findall(self.wrapper.module, m.FunctionDef())}
        self.attributes = defaultdict(set)  # which attributes the module reads of a name, wherever it does
        for node in m.findall(self.wrapper.module, m.Attribute(value=m.Name())):
            self.attributes[node.value.value].add(node.attr.value)
        self.functions, self.statements, self.fixed = [], [], set()
        self.found, self.seen = [], Counter()
        self.wrapper.module.visit(self)

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Add the mutants of a node."""
        if isinstance(node, LEFT_ALONE) or m.matches(node, m.Expr(m.SimpleString() | m.ConcatenatedString())):
            return False
        if isinstance(node, cst.Call):
            if BLANK.code_for_node(node.func).endswith("warn"):
                return False
            self.fixed |= {node.func, *(argument.keyword for argument in node.args)}
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self.statements.append(node)
        if isinstance(node, cst.FunctionDef):
            bound = Bound(self.positions, self.contexts, self.named)
            node.visit(bound)
            self.functions.append((node, bound.names))
        for operator, change in changes(node):
            self.add(operator, node, change)
        if self.functions and isinstance(node, (cst.Name, cst.Attribute)) and node not in self.fixed:
            self.swap(node)
        return True

    def on_leave(self, node: cst.CSTNode) -> None:
        """Leave a statement or a function."""
        if self.statements and self.statements[-1] is node:
            self.statements.pop()
        if self.functions and self.functions[-1][0] is node:
            self.functions.pop()

    def swap(self, node: cst.Name | cst.Attribute) -> None:
        """Add the other names that could stand in place of one, with or without its attributes."""
        text, line = BLANK.code_for_node(node), self.positions[node].start.line
        head, *attributes = text.split(".")
        if self.contexts.get(node) is not ExpressionContext.LOAD or head not in self.functions[-1][1]:
            return
        for name, since in self.functions[-1][1].items():
            if since <= line and name != head:
                self.add("swapped_name", node, cst.Name(name, lpar=node.lpar, rpar=node.rpar))
        if len(attributes) == 1:
            for name in sorted(self.attributes[head] - {attributes[0]}):
                self.add("swapped_name", node, node.with_changes(attr=cst.Name(name)))

    def add(self, operator: str, node: cst.CSTNode, changed: cst.CSTNode) -> None:
        """Add a mutant."""
        statement = self.statements[-1]
        first, last = self.positions[statement].start.line, self.positions[statement].end.line
        if isinstance(statement, cst.BaseCompoundStatement):
            last = max(first, self.positions[statement.body].start.line - 1)
        texts = (BLANK.code_for_node(node), BLANK.code_for_node(changed))
        place = (self.module, *(function.name.value for function, _ in self.functions), operator, *texts)
        self.seen[place] += 1
        key = digest("\0".join((*place, str(self.seen[place]))))[:12]
        self.found.append(
            Mutant(self.area, self.module, first, last, operator, key,
                   lambda: self.wrapper.module.deep_replace(node, changed).code)
        )  # fmt: skip


def digest(text: str) -> str:
    """Return what orders mutants at random, and names them."""
    return hashlib.sha256(text.encode()).hexdigest()


def population() -> list[Mutant]:
    """Return all mutants of all areas."""
    package = ROOT / "vaeclust"
    return [
        mutant
        for area, patterns in AREAS.items()
        for path in sorted(package.rglob("*.py"))
        if any(fnmatch.fnmatch(path.relative_to(package), pattern) for pattern in patterns)
        for mutant in Places(path, area).found
    ]


def sample(everything: list[Mutant], seed: int, number: int) -> list[Mutant]:
    """Return so many mutants of each kind in each area: those whose keys come first when hashed with the seed.

    So a change of one line exchanges its own mutants alone.
    """
    strata = defaultdict(list)
    for mutant in everything:
        strata[mutant.area, mutant.kind].append(mutant)
    drawn = {mutant for mutant in everything if mutant.key in ALWAYS}
    for stratum in strata.values():
        drawn.update(sorted(stratum, key=lambda mutant: digest(f"{seed}:{mutant.key}"))[:number])
    return sorted(drawn, key=lambda mutant: (list(AREAS).index(mutant.area), mutant.module, mutant.first, mutant.key))


def difference(before: str, after: str) -> tuple[int, str, str]:
    """Return the first line that differs, and the differing lines of either text, without their indent."""
    lines = list(ndiff(before.splitlines(), after.splitlines()))
    old = [line[2:].strip() for line in lines if line.startswith("- ")]
    new = [line[2:].strip() for line in lines if line.startswith("+ ")]
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    first = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), 0)
    return first, " ".join(old), " ".join(new)


def copied(folder: Path) -> Path:
    """Copy the files of the project, so that mutants are tried where nobody works."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


class Verdict:
    """A plugin of pytest that runs the wanted tests in their order, and tells which failed first."""

    def __init__(self, tests: list[str]):
        self.wanted = {test: place for place, test in enumerate(tests)}
        self.failed, self.count = "", 0

    def pytest_collection_modifyitems(self, items):
        """Leave the wanted tests; where a mutant changes the names of parameters, all tests of that name."""
        found = {item.nodeid for item in items}
        for test, place in list(self.wanted.items()):
            if test not in found:
                self.wanted.setdefault(test.split("[")[0], place)
        places = {item: self.wanted.get(item.nodeid, self.wanted.get(item.nodeid.split("[")[0])) for item in items}
        items[:] = sorted((item for item in items if places[item] is not None), key=places.get)

    def pytest_runtest_logreport(self, report):
        """Note a failed test."""
        self.count += report.when == "call"
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report):
        """Note a module that cannot be imported."""
        if report.failed and not self.failed:
            self.failed = f"{report.nodeid} (import)"


class Lines:
    """A plugin of pytest that notes which lines of the package each test runs, its fixtures' included, and how long."""

    def __init__(self, package: Path):
        self.coverage = Coverage(data_file=None, source=[str(package)])
        self.context, self.tests, self.items = [], {}, {}

    def switch(self, name: str):
        """Let what runs from here on count as run by this test or fixture."""
        self.context.append(name)
        self.coverage.switch_context(name)

    def back(self):
        """Return to the one before."""
        self.context.pop()
        self.coverage.switch_context(self.context[-1] if self.context else "")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        """Note what a fixture runs, for all tests that have it."""
        self.switch(f"fixture {fixturedef.argname}")
        try:
            return (yield)
        finally:
            self.back()

    def pytest_runtest_protocol(self, item):
        """Note which fixtures a test has."""
        self.items[item.nodeid] = [f"fixture {name}" for name in getattr(item, "fixturenames", [])]
        self.switch(item.nodeid)

    def pytest_runtest_logfinish(self, nodeid):
        """End a test."""
        self.back()

    def pytest_runtest_logreport(self, report):
        """Note the seconds of a test that passes, and that one does not."""
        seconds, passed = self.tests.get(report.nodeid, (0.0, True))
        passed = passed and report.passed
        self.tests[report.nodeid] = (seconds + (report.duration if report.when == "call" else 0), passed)


def environment(folder: Path) -> None:
    """Let this process, and those that it starts, import the package of the copy."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ.update(PYTHONPATH=str(folder), OMP_NUM_THREADS="1")


def read_map() -> dict:
    """Return ``tests``, their seconds, and ``lines``: by module and line, the tests that run it."""
    path = WORK / "map.json"
    return json.loads(path.read_text()) if path.exists() else {"tests": {}, "lines": {}}


def make_map(paths: list[str]) -> None:
    """Run tests once and add to the map which of them run which lines."""
    folder = copied(WORK / "copy")
    environment(folder)
    plugin = Lines(folder / "vaeclust")
    plugin.coverage.start()
    pytest.main([*OPTIONS, *(paths or TESTS)], plugins=[plugin])
    plugin.coverage.stop()
    data = plugin.coverage.get_data()
    users = defaultdict(list)
    for test, fixtures in plugin.items.items():
        for name in (test, *fixtures):
            users[name].append(test)
    passed = {test: seconds for test, (seconds, good) in plugin.tests.items() if good}
    known = read_map()
    known["tests"] |= passed
    for file in data.measured_files():
        module = known["lines"].setdefault(str(Path(file).relative_to(folder)), {})
        for line, names in data.contexts_by_lineno(file).items():
            tests = {test for context in names for test in users.get(context, ()) if test in passed}
            module[str(line)] = sorted(tests.union(module.get(str(line), ())))
    (WORK / "map.json").write_text(json.dumps(known))
    left_out = sorted(set(plugin.tests) - set(passed))
    print(f"{len(passed)} tests pass in {sum(passed.values()):.0f} s; left out: {left_out}")


def tests_of(mutant: Mutant, known: dict) -> list[str]:
    """Return the tests that run the lines of a mutant, the quickest first; of no function: those of its room."""
    lines = known["lines"].get(mutant.module, {})
    some = {test for line in range(mutant.first, mutant.last + 1) for test in lines.get(str(line), ())}
    if not some:  # run when the module is imported
        room = mutant.module.split("/")[1]
        some = {test for tests in lines.values() for test in tests}
        some |= {test for test in known["tests"] if test.startswith((f"tests/{room}/", f"{mutant.module}::"))}
    seconds, chosen = 0.0, []
    for test in sorted(some, key=lambda test: known["tests"][test]):
        seconds += known["tests"][test]
        if known["tests"][test] <= SLOWEST and seconds <= ALL:
            chosen.append(test)
    return chosen


def tried(folder: Path, tests: list[str], log: Path) -> tuple[str, str]:
    """Run tests in a fork; return ("killed", the test) or ("survived", how many tests)."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        verdict = Verdict(tests)
        environment(folder)
        pytest.main([*OPTIONS, "-x", "--tb=short", *{test.split("::")[0] for test in tests}], plugins=[verdict])
        os.write(writing, json.dumps([verdict.failed, verdict.count]).encode())
        os._exit(0)
    os.close(writing)
    limit = time.monotonic() + PATIENCE
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > limit:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(reading)
            return "killed", f"no end after {PATIENCE:.0f} s"
        time.sleep(0.02)
    told = os.read(reading, 10_000)
    os.close(reading)
    failed, count = json.loads(told or '["the process died", 0]')
    return ("killed", failed) if failed else ("survived", f"{count} tests")


def read_list() -> dict[str, dict[str, str]]:
    """Return the rows of the list by key."""
    if not LISTED.exists():
        return {}
    with LISTED.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def write_list(rows: list[dict[str, object]]) -> None:
    """Write the list anew."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    LISTED.write_text(text.getvalue(), encoding="utf-8")


def run(seed: int, number: int, anew: bool) -> None:
    """Try the mutants of the sample and write the list after each."""
    known = read_map()
    everything = population()
    drawn, listed = sample(everything, seed, number), read_list()
    print(f"{len(drawn)} of {len(everything)} mutants")
    folder = copied(WORK / "copy")
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in HEAVY:
        importlib.import_module(name)
    rows, start = {}, time.monotonic()
    for i, mutant in enumerate(drawn):
        before = (ROOT / mutant.module).read_text()
        line, original, mutated = difference(before, after := mutant.code())
        about = dict(zip(COLUMNS, (mutant.area, mutant.module, line, mutant.operator, original, mutated), strict=False))
        old = {} if anew else listed.get(mutant.key, {})
        outcome, by = old.get("outcome", "survived"), old.get("by", "")
        if outcome == "survived":
            tests, by = tests_of(mutant, known), "no test runs it"
            if tests:
                changed = folder / mutant.module
                changed.write_text(after)
                os.utime(changed, (i, i))  # so that no other's compiled file is taken for this one's
                outcome, by = tried(folder, tests, WORK / f"{mutant.key}.log")
                shutil.copy2(ROOT / mutant.module, changed)
            seconds = time.monotonic() - start
            print(f"{seconds:6.0f} s {i:3} {mutant.key} {outcome} {by}: {mutant.module}:{line}", flush=True)
        rows[mutant.key] = {**about, "outcome": outcome, "by": by, "key": mutant.key}
        write_list([rows.get(each.key) or listed[each.key] for each in drawn if each.key in {**rows, **listed}])
    for area in AREAS:
        print(area, dict(Counter(row["outcome"] for row in rows.values() if row["area"] == area)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("map", "run"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, default=21, help="mutants of each kind in each area")
    parser.add_argument("--anew", action="store_true", help="try those again that are listed as killed or harmless")
    parser.add_argument("paths", nargs="*", help="tests to add to the map; all, unless some are given")
    options = parser.parse_args()
    make_map(options.paths) if options.what == "map" else run(options.seed, options.number, options.anew)
