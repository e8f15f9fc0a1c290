"""A signer whose key never leaves its device: HSM, USB token or SoftHSM, spoken to by PKCS#11 (OASIS, v2.40).

Each process has one open session, made when it first signs and never taken over by a fork. A session that broke (token
pulled out and put back, device restarted) is opened again once per signature. A PIN that was refused is not tried
again until its file changes, since a token locks itself after a few wrong ones.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography import x509

from receipts.keys import Certified, KeyUnusable, prove

if TYPE_CHECKING:
    from pkcs11 import Session, Token

T = TypeVar("T")


class _Gate:
    """A PKCS#11 library has one state per process, and a session serves one caller at a time."""

    def __init__(self) -> None:
        self.renew()
        os.register_at_fork(after_in_child=self.renew)  # a child is alone, whoever held the lock

    def renew(self) -> None:
        self.lock = threading.RLock()


_gate = _Gate()


class DriverMissing(KeyUnusable):
    """The package python-pkcs11 is not installed (extra `hsm`), or the device's library cannot be loaded."""

    code = "receipt.driver_missing"


class TokenMissing(KeyUnusable):
    """No such token is plugged in."""

    code = "receipt.token_missing"


class KeyMissing(KeyUnusable):
    """The token does not hold exactly one such key, or no certificate for it."""

    code = "receipt.key_missing"


class PinRefused(KeyUnusable):
    """The PIN is wrong, or its file cannot be read."""

    code = "receipt.pin_refused"


class PinLocked(KeyUnusable):
    """The token locked itself after wrong PINs: only its security officer can open it."""

    code = "receipt.pin_locked"


@dataclass(frozen=True, slots=True)
class Device:
    """Where the key is. `pin_file` holds the PIN on one line, readable by the worker alone."""

    library: Path  # of the device's maker
    token: str  # label
    key: str  # label
    pin_file: Path


def _logged_in(token: Token, pin: str) -> Session:
    """Login is of the process, not of the session: another signer's counts for this one too."""
    from pkcs11 import UserAlreadyLoggedIn

    try:
        return token.open(user_pin=pin)
    except UserAlreadyLoggedIn:
        return token.open()


@dataclass(frozen=True, slots=True)
class Round:
    """One run of a library, from its beginning in a process until it is begun anew."""

    process: int
    count: int


class HardwareSigner(Certified):
    """Signs on a device; threads wait for one another, other processes have sessions of their own."""

    def __init__(self, device: Device, certificate: x509.Certificate | None = None) -> None:
        """Without `certificate` it is the one on the token. Raises KeyUnusable and its kinds above."""
        self._device = device
        self._session: Session | None = None
        self._key: Any = None  # a private key; python-pkcs11 gives its types no methods
        self._round = Round(0, 0)
        with _gate.lock:
            super().__init__(certificate or self._attempted(self._stored_certificate))
            prove(self)

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 over SHA-256 of `data`. Raises KeyUnusable and its kinds; the receipt waits meanwhile."""
        with _gate.lock:
            return self._attempted(lambda: self._signed(data))

    def close(self) -> None:
        """Log out; the next signature opens a session again."""
        with _gate.lock:
            self._close()

    def _signed(self, data: bytes) -> bytes:
        from pkcs11 import Mechanism

        signature: bytes = self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS)
        return signature

    def _stored_certificate(self) -> x509.Certificate:
        from pkcs11 import Attribute, ObjectClass

        assert self._session is not None  # as `_attempted` has opened one
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: self._key[Attribute.ID]}
        found = [bytes(one[Attribute.VALUE]) for one in self._session.get_objects(wanted)]
        if len(found) != 1:
            raise KeyMissing(f"the token holds {len(found)} certificates for the key")
        try:
            return x509.load_der_x509_certificate(found[0])
        except ValueError as error:
            raise KeyUnusable("the certificate on the token cannot be read") from error

    def _attempted(self, act: Callable[[], T]) -> T:
        """Within a session; if it breaks, once more within a new one."""
        try:
            from pkcs11 import PKCS11Error
        except ImportError as error:
            raise DriverMissing("python-pkcs11 is not installed") from error
        if self._session is not None and self._round.process == os.getpid():
            try:
                return act()
            except PKCS11Error:
                self._close()
        try:
            self._open()
            return act()
        except PKCS11Error as error:
            self._close()
            raise _understood(error, self._device) from error

    def _open(self) -> None:
        import pkcs11

        pin = self._pin()
        library, self._round = _begun(self._device.library, self._round)
        token = library.get_token(token_label=self._device.token)
        try:
            self._session = _logged_in(token, pin)
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked) as error:
            _refused[self._device] = _changed(self._device.pin_file), error
            raise
        self._key = self._session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._device.key)

    def _pin(self) -> str:
        file = self._device.pin_file
        changed, error = _refused.get(self._device, (None, None))
        if error is not None and changed == _changed(file):
            raise _understood(error, self._device)
        try:
            return file.read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise PinRefused(f"cannot read {file.name}") from error

    def _close(self) -> None:
        """A session of another process is only forgotten: it is that one's."""
        from pkcs11 import PKCS11Error

        session, self._session, self._key = self._session, None, None
        if session is not None and self._round.process == os.getpid():
            with contextlib.suppress(PKCS11Error):  # it may be broken, which is why it is closed
                session.close()


_rounds: dict[Path, Round] = {}
_refused: dict[Device, tuple[int, Exception]] = {}  # when the PIN's file was last changed, and what the token said


def _begun(path: Path, broken: Round) -> tuple[Any, Round]:
    """The library in a round that is not the broken one; a new round ends every session of the one before.

    A library is begun anew to see what is plugged in now, and in a child, which must not use its parent's state. Of
    several signers the first to meet a broken session begins it, the others only open their sessions again.
    """
    import pkcs11

    last = _rounds.get(path, Round(0, 0))
    try:
        library = pkcs11.lib(str(path))
        if last.process != os.getpid() or last == broken:
            last = Round(os.getpid(), last.count + 1)
            _restart(library)
            _rounds[path] = last
    except pkcs11.PKCS11Error as error:
        raise DriverMissing(f"cannot load {path.name}") from error
    return library, last


def _restart(library: Any) -> None:
    from pkcs11 import PKCS11Error

    with contextlib.suppress(PKCS11Error):  # in a child there may be nothing to end
        library.finalize()
    library.initialize()


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _understood(error: Exception, device: Device) -> KeyUnusable:
    import pkcs11

    absent = (
        pkcs11.NoSuchToken,
        pkcs11.TokenNotPresent,
        pkcs11.TokenNotRecognised,
        pkcs11.DeviceRemoved,
        pkcs11.SlotIDInvalid,
    )
    if isinstance(error, absent):
        return TokenMissing(f"no token {device.token}")
    if isinstance(error, pkcs11.NoSuchKey | pkcs11.MultipleObjectsReturned):
        return KeyMissing(f"the token holds not exactly one key {device.key}")
    if isinstance(error, pkcs11.PinLocked):
        return PinLocked(f"token {device.token} has locked itself")
    if isinstance(error, pkcs11.PinIncorrect | pkcs11.PinInvalid | pkcs11.PinLenRange | pkcs11.PinExpired):
        return PinRefused(f"token {device.token} does not accept the PIN")
    return KeyUnusable(f"token {device.token} does not sign: {type(error).__name__}")
