# SPDX-License-Identifier: MIT
"""run.py MODULE…: these test modules; exit 77 (skipped, for CTest) when there is no channel to install from."""
import sys
import unittest

import harness

if __name__ == "__main__":
    if not harness.CHANNEL:
        print("skipped: CCENV_TEST_CHANNEL is not set and there is no build/channel; tests/channel/build makes one")
        sys.exit(77)
    sys.exit(not unittest.main(module=None, argv=sys.argv, exit=False).result.wasSuccessful())
