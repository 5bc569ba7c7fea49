"""A function of this program as a model of the server: the server's calls come over a WebSocket that is opened here."""

from __future__ import annotations

import json
import logging
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from . import _torch, errors
from ._arrays import Array
from ._extras import need
from ._settings import Settings
from ._version import __version__
from ._async.transport import pauses
from .errors import ValidationError

log = logging.getLogger("gauntlet")

Outputs = Literal["logits", "probabilities", "labels"]
#: A function of images `[n, height, width, channels]`, or a `torch.nn.Module` of `[n, channels, height, width]`.
Classifier = Callable[[Any], Any]

#: Number of a call, in front of images and of answers.
NUMBER = struct.Struct("<I")
#: Largest difference from 1 of sums of probabilities.
SUM_TOLERANCE = 1e-3


def is_function(value: object) -> bool:
    """Whether it is a function or a module, and not the name of a model."""
    return callable(value) and not isinstance(value, type)


class LocalModel:
    """A function or module with what the server has to know of it.

    Attributes:
        input_shape: Axes of an image, in the order in which the function takes them.
        outputs: What it returns.
        class_count: Number of classes.
    """

    def __init__(self, function: Classifier, shape: tuple[int, ...], decisions: bool, outputs: Outputs | None, class_count: int | None) -> None:
        """Calls the function once, on noise. @raise ValidationError where what it returns are neither scores nor labels."""
        self.class_count = 0
        self._function = function
        self._decisions = decisions
        noise = np.random.default_rng(0).uniform(0, 1, (2, *shape)).astype(np.float32)
        found = self._numbers(noise)
        if found.ndim == 1 and len(found) == 2:
            if not decisions:
                raise ValidationError("The function returns a label for each image. Give access='decision'; attacks that need scores do not work on it.")
            if class_count is None:
                raise ValidationError("The function returns labels, which do not say how many classes there are: give classes=….")
        elif found.ndim != 2 or len(found) != 2 or found.shape[1] < 2:
            raise _wrong_shape(found, 2)
        self.class_count = int(found.shape[1]) if found.ndim == 2 else int(class_count or 0)
        self.outputs: Outputs = "labels" if decisions else outputs or ("probabilities" if _are_probabilities(found) else "logits")

    def __call__(self, images: Array) -> Array:
        """Scores `[n, classes]`, or labels `[n]`. @raise ValidationError where they are as many numbers in another order."""
        found = self._numbers(images)
        if found.shape != (len(images), self.class_count) and not (self._decisions and found.shape == (len(images),)):
            raise _wrong_shape(found, len(images))
        return found.argmax(axis=1).astype(np.float32) if self._decisions and found.ndim == 2 else found

    def _numbers(self, images: Array) -> Array:
        found = _of_module(self._function, images) if _torch.is_module(self._function) else self._function(images)
        if hasattr(found, "detach"):
            found = found.detach().cpu().numpy()
        numbers = np.asarray(found)
        if numbers.dtype.kind not in "fiub":
            raise ValidationError(f"The function returned {type(found).__name__} of the type {numbers.dtype}; give one that returns numbers: scores [n, classes], or labels [n].")
        return numbers.astype(np.float32, copy=False)


def _wrong_shape(found: Array, count: int) -> ValidationError:
    return ValidationError(f"The function returned an array of the shape {found.shape} for {count} images; give one that returns scores [n, classes], or labels [n].")


class ConnectedFunction:
    """Answers the server's calls in a thread of its own, until it is closed. A connection that is lost is opened again."""

    def __init__(self, settings: Settings, model_id: str, shape: tuple[int, ...], model: LocalModel) -> None:
        self._settings = settings
        self._url = f"{settings.url.replace('http', 'ws', 1)}/models/{quote(model_id, safe='')}/function"
        self._shape = shape
        self._model = model
        self._socket: ClientConnection | None = None
        self._closed = threading.Event()
        #: Whether the server knows of it, and why it cannot.
        self.is_ready = False
        self.refusal: errors.GauntletError | None = None
        #: The last exception of the function.
        self.raised: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name=f"gauntlet function {model_id}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the connection. Jobs that still ask the function fail."""
        self._closed.set()
        if self._socket is not None:
            self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        tries = pauses(self._settings.retry_for)
        while not self._closed.is_set():
            try:
                with self._open() as socket:
                    self._socket = socket
                    socket.send(json.dumps({"authorization": f"Bearer {self._settings.token}"} if self._settings.token else {}))
                    for message in socket:
                        self.is_ready = True
                        tries = pauses(self._settings.retry_for)
                        if isinstance(message, bytes):
                            self._answer(socket, message)
                problem: Exception | None = None
                code, reason = socket.close_code, socket.close_reason
            except ConnectionClosed as error:
                problem, code, reason = error, error.rcvd.code if error.rcvd else None, error.rcvd.reason if error.rcvd else ""
            except (OSError, InvalidHandshake, TimeoutError) as error:
                problem, code, reason = error, None, ""
            if self._closed.is_set():
                return
            if code is not None and 4400 <= code < 4500:
                self.refusal = errors.of_code(REFUSALS.get(code), reason or f"The server closed the connection with code {code}.", code - 4000)
                return
            pause = next(tries, None)
            if pause is None:
                self.refusal = errors.UnreachableError(f"The connection of the function was lost ({problem or code}).")
                return
            log.info("the connection of a function was lost (%s); opening it again in %.2f s", problem or code, pause)
            self._closed.wait(pause)

    def _open(self) -> ClientConnection:
        settings = self._settings
        context: ssl.SSLContext | None = None
        if self._url.startswith("wss:"):
            found = settings.certificates()
            context = found if isinstance(found, ssl.SSLContext) else ssl.create_default_context()
            if found is False:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return connect(
            self._url,
            ssl=context,
            proxy=settings.proxy or True,
            additional_headers=settings.headers,
            user_agent_header=f"gauntlet-client/{__version__}",
            max_size=None,
            compression=None,
        )

    def _answer(self, socket: ClientConnection, message: bytes) -> None:
        (call,) = NUMBER.unpack_from(message)
        try:
            images = np.frombuffer(message, np.dtype("<f4"), offset=NUMBER.size).reshape(-1, *self._shape)
            # Writable: what PyTorch makes a tensor of.
            answer = self._model(images.copy())
        except BaseException as error:  # noqa: BLE001 - whatever the function raises ends the job, not the thread
            self.raised = error
            socket.send(json.dumps({"call": call, "error": f"{type(error).__name__}: {error}"}))
        else:
            socket.send(NUMBER.pack(call) + np.ascontiguousarray(answer, np.dtype("<f4")).tobytes())


#: Codes of errors, by what the server closes a socket with.
REFUSALS = {4401: "UNAUTHENTICATED", 4403: "FORBIDDEN", 4404: "NOT_FOUND", 4413: "LIMIT_EXCEEDED", 4429: "TOO_MANY_REQUESTS"}


def _of_module(module: Any, images: Array) -> Any:
    torch = need("torch", "torch")
    device = next((each.device for each in (*module.parameters(), *module.buffers())), torch.device("cpu"))
    with _torch.as_it_was(module), torch.no_grad():
        module.eval()
        return module(torch.from_numpy(images).to(device)).float()


def _are_probabilities(scores: Array) -> bool:
    return bool((scores >= 0).all() and (np.abs(scores.sum(axis=1) - 1) < SUM_TOLERANCE).all())


def until_ready(connected: ConnectedFunction) -> Iterator[float]:
    """Pauses until the server knows of the function. @raise GauntletError where it does not accept it."""
    while not connected.is_ready:
        if connected.refusal is not None:
            raise connected.refusal
        yield 0.02
