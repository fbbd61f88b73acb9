"""A homeserver for all tests of Matrix, and people to talk to whose encryption is Element's."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.matrix.far import Far, Program, missing, program
from tests.matrix.homeserver import MISSING, Homeserver, homeserver, installed


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """Give the server that tests share; each test has newcomers on it."""
    if not installed():
        pytest.skip(MISSING)
    with homeserver(tmp_path_factory.mktemp("synapse")) as running:
        yield running


@pytest.fixture(scope="session")
def far_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give the one program that people on the far side live in."""
    lacking = missing()
    if lacking is not None:
        pytest.skip(lacking)
    with program(tmp_path_factory.mktemp("far") / "log") as running:
        yield running


@pytest.fixture
async def others(far_program: Program) -> AsyncIterator[Far]:
    """Give the far side: `await others.login(synapse, synapse.newcomer("anna"))`."""
    async with far_program.connect() as connection:
        yield connection
