"""Runs tests and holds them to a list of those that must pass.

Arguments: the folder of the tests, and the list, one name a line. Other tests may do as they like.
"""

import pathlib
import sys
import unittest


class Verdicts(unittest.TextTestResult):
    """Remembers how each test ended."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.verdicts = {}

    def addSuccess(self, test):
        super().addSuccess(test)
        self.verdicts[test.id()] = "passed"

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.verdicts[test.id()] = "skipped"


def main(folder, listed):
    folder = pathlib.Path(folder)
    tests = unittest.defaultTestLoader.discover(str(folder), top_level_dir=str(folder.parent))
    result = unittest.TextTestRunner(resultclass=Verdicts, verbosity=2, stream=sys.stdout).run(tests)
    lines = pathlib.Path(listed).read_text().splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    if not wanted:
        raise SystemExit("the list is empty")
    verdicts = {test: result.verdicts.get(test, "FAILED") for test in wanted}
    for test, verdict in verdicts.items():
        if verdict != "passed":
            print(f"{verdict}: {test}")
    if "FAILED" in verdicts.values():
        raise SystemExit("a test fails that passes with SoftHSM2")


main(*sys.argv[1:])
