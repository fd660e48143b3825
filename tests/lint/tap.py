"""TAP output for the lint tests: one line for each check, so that each counts; problems go to standard error."""

import sys


class Tap:
    def __init__(self):
        self.run = 0
        self.failed = 0

    def check(self, name, problems):
        """One check; problems is a list of lines, empty if all is well."""
        self.run += 1
        self.failed += bool(problems)
        print(f'{"not ok" if problems else "ok"} {self.run} - {name}')
        for problem in problems:
            print(problem, file=sys.stderr)

    def done(self):
        print(f'1..{self.run}')
        sys.exit(1 if self.failed else 0)
