# SPDX-License-Identifier: MIT
"""run.py MODULE…: these test modules (or MODULE.Class); exit 77 (skipped, for CTest) when there is no channel to install from."""
import shutil
import sys
import tempfile
import time
import unittest

import harness


class Timed(unittest.TextTestResult):
    """Also notes how long each test took."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.took = []

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.took.append((time.monotonic() - self.began, test.id()))


def main():
    program = unittest.main(module=None, argv=sys.argv, exit=False, testRunner=unittest.TextTestRunner(resultclass=Timed))
    for seconds, name in sorted(program.result.took, reverse=True)[:8]:
        print(f"{seconds:8.1f} s  {name}")
    return not program.result.wasSuccessful()


if __name__ == "__main__":
    if not harness.CHANNEL:
        print("skipped: CCENV_TEST_CHANNEL is not set and there is no build/channel; tests/channel/build makes one")
        sys.exit(77)
    # Packages are unpacked once a run, not once a test. Where the scratch directories are, so that files can be linked.
    shared = None if harness.CACHE else tempfile.mkdtemp(prefix="ccenv-build-cache-")
    harness.CACHE = harness.CACHE or shared
    try:
        code = main()
    finally:
        if shared and not harness.KEEP:
            shutil.rmtree(shared, ignore_errors=True)
    sys.exit(code)
