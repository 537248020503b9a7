"""For all tests: properties are about values; how long an example takes on a busy machine is not one of them. And a real browser."""

import os
import shutil

# Models of tests are tiny: a second thread gains nothing, and on a busy machine the two wait for each other (139 s instead of 12 for one test).
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("synlearner", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("synlearner")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


# For one module: while it is open, its thread has a loop of asyncio, and tests that start one of their own could not.
@pytest.fixture(scope="module")
def browser():
    """Headless Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
