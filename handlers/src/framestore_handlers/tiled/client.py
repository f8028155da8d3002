"""A run by its address in a Tiled server."""

from collections.abc import Iterator
from typing import Any

import httpx
from tiled.client import from_uri
from tiled.client.container import Container
from tiled.client.context import CannotPrompt
from tiled.queries import Like

from framestore_handlers.documents.tiled import TiledRun, is_run
from framestore_handlers.several import Head, SeveralRunsError, named

_PATIENCE = 10.0
"""Seconds within which a server must answer at first. Tiled itself tries for 45 s, whatever is wrong."""
_LOOKED_AT = 30
"""Nodes of a catalog that are looked at for the runs that a message names."""
_REFUSALS = (401, 403)
_NOTHING = 404
"""Status codes of HTTP."""
_KEY = "set TILED_API_KEY to a key that may read it, or log in: tiled login"


def run_at(address: str, uid: str | None) -> TiledRun:
    """The run at an address; or that of a catalog there.

    Parameters
    ----------
    address
        As a browser has it, or as Tiled's client tells it (``node.uri``).
    uid
        Which run of a catalog: its uid, or the beginning of that.

    Raises
    ------
    ConnectionError
        When no server answers.
    PermissionError
        When it wants to know who asks, or does not let them in.
    SeveralRunsError
        When it is a catalog of several runs, of which ``uid`` does not pick one.
    FileNotFoundError
        When there is nothing at the address.
    ValueError
        When there is something else than a run or a catalog with the run, or what answers there is no Tiled server.
    """
    node = _node(address)
    if is_run(node):
        return node
    if not isinstance(node, Container):
        msg = f"{_shown(address)} is the address of an {node.structure_family.value}, not of a run or a catalog of runs"
        raise ValueError(msg)  # noqa: TRY004 - what is there is wrong, not an argument's type
    return _picked(node, address, uid)


class _Runs:
    """Start and stop documents of the runs of a catalog, asked for when they are looked at."""

    def __init__(self, catalog: Container) -> None:
        self._catalog = catalog

    def __iter__(self) -> Iterator[Head]:
        """One run after another, the oldest first; the server is asked for many at once."""
        for node in self._catalog.values():
            if is_run(node):
                yield dict(node.metadata["start"]), node.metadata.get("stop")


def _node(address: str) -> Any:
    shown = _shown(address)
    try:
        answer = httpx.get(address, timeout=_PATIENCE, follow_redirects=True)
        if answer.is_server_error:  # as above
            answer.raise_for_status()
        return from_uri(address)
    except httpx.HTTPStatusError as error:
        raise _refused(shown, error.response.status_code) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        msg = f"no Tiled server answers at {shown} ({error}); is it running, and the address right?"
        raise ConnectionError(msg) from error
    except CannotPrompt as error:
        msg = f"the Tiled server at {shown} wants to know who asks; {_KEY}"
        raise PermissionError(msg) from error
    except RuntimeError as error:
        if "API key" not in str(error):
            raise
        msg = f"the Tiled server at {shown} wants an API key; {_KEY}"
        raise PermissionError(msg) from error
    except (ValueError, KeyError) as error:  # what comes is no JSON, or other than a Tiled server's
        msg = f"what answers at {shown} is no Tiled server; is the address right?"
        raise ValueError(msg) from error


def _shown(address: str) -> str:
    """The address for messages: it may have a key in its query."""
    return address.partition("?")[0]


def _refused(shown: str, status: int) -> OSError:
    if status in _REFUSALS:
        return PermissionError(f"the Tiled server does not let you see {shown} (HTTP {status}); {_KEY}")
    if status == _NOTHING:
        return FileNotFoundError(f"there is nothing at {shown}, or nothing that you may see; is the address right?")
    return ConnectionError(f"the server at {shown} answered with HTTP {status}; what does its log say?")


def _picked(catalog: Container, address: str, uid: str | None) -> TiledRun:
    nodes: Any = catalog if uid is None else catalog.search(Like("start.uid", f"{uid}%"))
    found = {run.metadata["start"]["uid"]: run for run in nodes.values().tail(_LOOKED_AT) if is_run(run)}
    matching = {key: run for key, run in found.items() if key.startswith(uid or "")}  # there, % and _ stand for others
    if uid in matching:
        return matching[uid]
    if len(matching) == 1 and len(nodes) <= _LOOKED_AT:
        return next(iter(matching.values()))
    which = "" if uid is None else f" whose uid begins with {uid!r}"
    if not matching:
        msg = f"{_shown(address)} has no run{which}"
        raise ValueError(msg)
    msg = f"{_shown(address)} has several runs{which}; name one with uid=, such as: {named(list(matching))}"
    raise SeveralRunsError(msg, _Runs(nodes))
