# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that are counted, for the tests here."""

PASSED = FAILED = 0


def check(what, good, shown=""):
    """A failed one is shown, and the test goes on."""
    global PASSED, FAILED
    if good:
        PASSED += 1
    else:
        FAILED += 1
        print(f"FAIL {what}: {str(shown)[:300]}")


def finish():
    """The last line of a test, and its exit status."""
    print(f"{PASSED} passed, {FAILED} failed, 0 skipped")
    return 1 if FAILED else 0
