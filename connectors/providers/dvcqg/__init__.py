"""The payment platform of the National Public Service Portal (Cổng Dịch vụ công quốc gia), by its files.

`fields` reads a row, `files` a result or settlement file, `live` holds the calls that are written down and unproven.
"""

from __future__ import annotations

from connectors.providers.dvcqg.connector import NationalPortal

__all__ = ["NationalPortal"]
