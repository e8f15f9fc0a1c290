"""Where an installation keeps its things, from the environment (`THUPHI_*`) or from a data directory."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_DATA = Path("thuphi-data")


class Settings(BaseSettings):
    """One installation. Without THUPHI_DATABASE_URL it is the embedded one: SQLite in the data directory."""

    model_config = SettingsConfigDict(env_prefix="THUPHI_", extra="ignore")

    data: Path = DEFAULT_DATA
    database_url: SecretStr | None = None
    base_url: str = "http://127.0.0.1:8000"
    payment_minutes: int = 60  # a VietQR is offered for this long
    private_webhooks: bool = False  # webhooks to plain HTTP and private addresses, for trials inside one network
    tsa_url: str = ""  # a time stamping authority (RFC 3161); without one receipts stay at level B-B
    tsa_ca: Path | None = None  # PEM: whom its certificate has to come from; default keys/tsa.pem
    tsa_policy: str | None = None  # the policy asked for
    ocsp_hosts: str = ""  # host names with commas: responders (RFC 6960) that may be asked; none: only lists count
    statement_timeout_ms: int = 30_000
    pool_size: int = 8
    oidc_issuer: str = ""  # the identity provider of the officers; without one nobody can log in (but in the demo)
    oidc_client_id: str = "thuphi"
    mail_url: SecretStr = SecretStr("")  # smtp://user:password@host:587 or smtps://; without one no e-mail is sent
    mail_from: str = "Thu Phi <no-reply@localhost>"
    sms_url: SecretStr = SecretStr("")  # smpp://user:password@host:2775?source=THUPHI or https://; none: no messages
    tax_url: str = ""  # where daily tables are sent; without it they are exported and uploaded by hand
    tax_cut_off: time = time(23, 0)  # of the day, Vietnam time: when its first table is made
    tax_sender: str = ""  # MNGui; by default K and the agency's tax code
    tax_message_type: str = "TH-BLDT"  # MLTDiep: the code for 01/TH-BLĐT is not published
    oidc_client_secret: SecretStr = SecretStr("")
    write_off_limit: int = 50_000  # đồng: a larger difference is accepted by two persons

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the database."""
        if self.database_url is not None:
            return _with_driver(self.database_url.get_secret_value())
        return f"sqlite:///{(self.data / 'thuphi.db').resolve()}"

    @property
    def keys(self) -> Path:
        """Directory of keys: vault, signer, token."""
        return self.data / "keys"


def _with_driver(url: str) -> str:
    """Accept the plain `postgresql://` that everybody writes."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
