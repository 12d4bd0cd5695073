"""One thread inside a fit, and as many as before it afterwards."""

from collections.abc import Iterator

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from estimators.core.threads import one_thread


def threads() -> list[int]:
    """Of every library of linear algebra that is loaded."""
    return [library.num_threads for library in ThreadpoolController().lib_controllers]


@pytest.fixture(params=[1, 2])
def before(request: pytest.FixtureRequest) -> Iterator[list[int]]:
    """Threads that were asked for outside."""
    with threadpool_limits(limits=request.param):
        yield threads()


def test_one_thread_while_any_block_is_open_and_then_as_many_as_before(before: list[int]) -> None:
    assert before
    with one_thread():
        assert set(threads()) == {1}
        with one_thread():
            assert set(threads()) == {1}
        assert set(threads()) == {1}
    assert threads() == before


def test_an_error_inside_gives_the_threads_back(before: list[int]) -> None:
    with pytest.raises(RuntimeError), one_thread():
        raise RuntimeError
    assert threads() == before
