"""The simulated bank's own RSA-2048 key: made once, kept beside its book, readable by its owner only."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path


def kept(book: Path) -> str:
    """The private key (PEM, PKCS#8) of the bank whose book this is. Two processes that start at once get the same."""
    path = book.with_name(f"{book.name}.key.pem")
    if not path.exists():
        _place(path, made())
    return path.read_text("ascii")


def made() -> str:
    """A new private key, PEM."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


@cache
def foreign() -> str:
    """A stranger's key, for forged notices."""
    return made()


def public_of(private_key: str) -> str:
    """The public half, PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    public = load_pem_private_key(private_key.encode("ascii"), password=None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _place(path: Path, pem: str) -> None:
    """Whole or not at all, and never over a key that is there: a link fails where a rename would replace."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
