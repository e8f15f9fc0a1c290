"""A key in a device (SoftHSM) signs receipts like one in a file, and comes back after whatever happens to the device."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from receipts.hardware import (
    Device,
    DriverMissing,
    HardwareSigner,
    KeyMissing,
    PinLocked,
    PinRefused,
    TokenMissing,
)
from receipts.keys import KeyUnusable
from receipts.sign import sign
from tests.conftest import require
from tests.receipts.forge import NOW, accepted, data, keys, printed
from tests.receipts.forge import signer as file_signer

LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
PIN = "493817"


@dataclass
class Token:
    """A SoftHSM token with the demo signer's key and certificate."""

    directory: Path
    device: Device

    def signer(self, **change: Any) -> HardwareSigner:
        return HardwareSigner(replace(self.device, **change))

    def unplug(self) -> None:
        (self.directory / "tokens").rename(self.directory / "away")
        (self.directory / "tokens").mkdir()

    def plug_in(self) -> None:
        (self.directory / "tokens").rmdir()
        (self.directory / "away").rename(self.directory / "tokens")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Token]:
    tool = require("softhsm2-util")
    import pkcs11

    library = next(path for path in LIBRARIES if Path(path).exists())
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    label = f"seal-{tmp_path.name}"[:32]
    for arguments in (
        ("--init-token", "--free", "--label", label, "--so-pin", "81726354", "--pin", PIN),
        ("--import", keys().signer_key, "--token", label, "--label", "signer", "--id", "01", "--pin", PIN),
    ):
        subprocess.run([tool, *arguments], check=True, capture_output=True)
    (tmp_path / "pin").write_text(f"{PIN}\n")
    device = Device(Path(library), label, "signer", tmp_path / "pin")
    made = pkcs11.lib(library)
    made.reinitialize()
    _store_certificate(made, label)
    yield Token(tmp_path, device)
    pkcs11.lib(library).finalize()


def _store_certificate(library: Any, label: str) -> None:
    from pkcs11 import Attribute, CertificateType, ObjectClass

    certificate = file_signer().certificate
    with library.get_token(token_label=label).open(user_pin=PIN, rw=True) as session:
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.ID: b"\x01",
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            }
        )


def signs(signer: HardwareSigner) -> bool:
    public = signer.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signer.sign(b"data"), b"data", padding.PKCS1v15(), SHA256())
    return True


def test_a_receipt_signed_on_the_device_is_genuine(token: Token) -> None:
    element = data()
    file = sign(element, signer=token.signer(), signed_at=NOW, qr=printed(element))
    assert accepted(file).warnings == ()


def test_it_signs_what_a_file_would(token: Token) -> None:
    """PKCS#1 v1.5 has one signature for a key and a text."""
    signer = token.signer()
    assert signer.sign(b"data") == file_signer().sign(b"data")
    assert (signer.certificate, signer.subject) == (file_signer().certificate, file_signer().subject)
    assert (signer.certificate_digest, signer.valid) == (file_signer().certificate_digest, file_signer().valid)


def test_one_session_serves_many_signatures(token: Token) -> None:
    signer = token.signer()
    session = signer._session
    assert all(signs(signer) for _ in range(20))
    assert signer._session is session


def test_a_killed_session_is_opened_again(token: Token) -> None:
    signer = token.signer()
    assert signer._session is not None
    signer._session.close()
    assert signs(signer)


def test_a_restarted_library_is_opened_again(token: Token) -> None:
    import pkcs11

    signer = token.signer()
    pkcs11.lib(str(token.device.library)).reinitialize()
    assert signs(signer)


def test_a_closed_signer_logs_in_again(token: Token) -> None:
    signer = token.signer()
    signer.close()
    signer.close()
    assert signs(signer)


def test_two_signers_of_one_device_do_not_end_each_other_s_sessions(token: Token) -> None:
    left, right = token.signer(), token.signer()
    assert signs(left) and signs(right)
    assert left._session is not None
    left._session.close()
    assert signs(left) and signs(right)  # the library begins anew once, and both go on
    sessions = left._session, right._session
    assert signs(left) and signs(right)
    assert (left._session, right._session) == sessions


def test_an_unplugged_token_is_named_and_signs_again_when_it_is_back(token: Token) -> None:
    signer = token.signer()
    signer.close()
    token.unplug()
    for _ in range(2):
        with pytest.raises(TokenMissing) as refused:
            signer.sign(b"data")
    assert (refused.value.kind, refused.value.code) == ("unavailable", "receipt.token_missing")
    token.plug_in()
    assert signs(signer)


def test_a_receipt_waits_while_the_token_is_away(token: Token) -> None:
    signer = token.signer()
    signer.close()
    token.unplug()
    with pytest.raises(KeyUnusable):
        sign(data(), signer=signer, signed_at=NOW, qr="")
    token.plug_in()
    assert accepted(sign(data(), signer=signer, signed_at=NOW, qr="")).number == 1


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"token": "other"}, TokenMissing, "receipt.token_missing"),
        ({"key": "other"}, KeyMissing, "receipt.key_missing"),
        ({"library": Path("/usr/lib/no-such-token.so")}, DriverMissing, "receipt.driver_missing"),
        ({"pin_file": Path("/no/such/pin")}, PinRefused, "receipt.pin_refused"),
    ],
)
def test_what_is_missing_is_named(token: Token, change: dict[str, Any], error: type[KeyUnusable], code: str) -> None:
    with pytest.raises(error) as refused:
        token.signer(**change)
    assert (refused.value.kind, refused.value.code) == ("unavailable", code)


def test_a_token_without_the_certificate_takes_one_from_a_file(token: Token) -> None:
    import pkcs11

    library = pkcs11.lib(str(token.device.library))
    with library.get_token(token_label=token.device.token).open(user_pin=PIN, rw=True) as session:
        for one in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
            one.destroy()
    with pytest.raises(KeyMissing, match="0 certificates"):
        token.signer()
    assert signs(HardwareSigner(token.device, file_signer().certificate))


def test_a_foreign_certificate_does_not_fit(token: Token) -> None:
    with pytest.raises(KeyUnusable, match="belong together"):
        HardwareSigner(token.device, keys().trust()[0])


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the device is asked to let somebody in."""
    from receipts import hardware

    asked: list[int] = []
    begun = hardware._begun

    def counting(*arguments: Any) -> Any:
        asked.append(1)
        return begun(*arguments)

    monkeypatch.setattr(hardware, "_begun", counting)
    return asked


def test_a_refused_pin_is_not_tried_again_until_its_file_changes(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = token.signer()
    signer.close()
    asked = counted(monkeypatch)
    token.device.pin_file.write_text("000000")
    for _ in range(3):
        with pytest.raises(PinRefused) as refused:
            signer.sign(b"data")
    with pytest.raises(PinRefused):
        token.signer()  # nor by another signer
    assert len(asked) == 1  # a token locks itself after a few
    assert "000000" not in str(refused.value)
    token.device.pin_file.write_text(PIN)
    os.utime(token.device.pin_file, ns=(1, 1))
    assert signs(signer)


def test_a_locked_token_is_named(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """SoftHSM never locks, so the device here is one that does."""
    import pkcs11

    from receipts import hardware

    class Locked:
        def get_token(self, **_: Any) -> Locked:
            return self

        def open(self, **_: Any) -> None:
            raise pkcs11.PinLocked

    signer = token.signer()
    signer.close()
    monkeypatch.setattr(hardware, "_begun", lambda *_: (Locked(), hardware.Round(os.getpid(), 99)))
    with pytest.raises(PinLocked) as refused:
        signer.sign(b"data")
    assert refused.value.code == "receipt.pin_locked"


def test_a_child_has_a_session_of_its_own(token: Token) -> None:
    """Run apart, as a fork of the tests would take their threads along."""
    program = f"""
import os
from pathlib import Path
from receipts.hardware import Device, HardwareSigner
signer = HardwareSigner(Device(Path({str(token.device.library)!r}), {token.device.token!r}, "signer", Path({str(token.device.pin_file)!r})))
before = signer.sign(b"data")
child = os.fork()
if not child:
    os._exit(0 if signer.sign(b"data") == before else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
session = signer._session
assert signer.sign(b"data") == before
assert signer._session is session  # the child took nothing away
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr


def test_threads_wait_for_one_another(token: Token) -> None:
    signer = token.signer()
    expected = {text: file_signer().sign(text) for text in (b"%d" % place for place in range(8))}
    found: dict[bytes, bytes] = {}

    def work(text: bytes) -> None:
        for _ in range(5):
            found[text] = signer.sign(text)

    threads = [threading.Thread(target=work, args=(text,)) for text in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_without_the_package_the_product_runs_and_says_so() -> None:
    program = """
import sys
sys.modules["pkcs11"] = None
from pathlib import Path
import receipts.keys, receipts.hardware
try:
    receipts.hardware.HardwareSigner(receipts.hardware.Device(Path("x"), "t", "k", Path("p")))
except receipts.hardware.DriverMissing as error:
    assert error.code == "receipt.driver_missing"
else:
    raise SystemExit(3)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
