"""One browser for all tests of the web app."""

import pytest

from browser import CHROMIUM, Visitor, playwright


@pytest.fixture(scope="session")
def chromium():
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium):
    """Makes visitors; at the end of the test none may have had an error."""
    made = []

    def make(**options):
        made.append(Visitor(chromium, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
