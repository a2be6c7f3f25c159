"""The files of a TLS connection, tried before anything is sent."""

from __future__ import annotations

import ssl

from slo_toolkit.errors import InputError
from slo_toolkit.query.connection import Connection


def check_tls_files(connection: Connection) -> None:
    """Raises InputError where the CA file, client certificate or key cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if connection.ca_file:
        try:
            context.load_verify_locations(connection.ca_file)
        except OSError as error:
            raise InputError(f"the CA file {connection.ca_file} {_complaint(error)}") from None
    if connection.client_cert:
        key = connection.client_key or connection.client_cert
        try:
            context.load_cert_chain(connection.client_cert, key, password=_no_passphrase)
        except OSError as error:
            message = (
                f"the client certificate {connection.client_cert} with the key {key} {_complaint(error)}"
            )
            raise InputError(message) from None


def _no_passphrase() -> str:
    """What OpenSSL is told instead of letting it ask the terminal, where a pipeline would wait for ever."""
    return ""


def _complaint(error: OSError) -> str:
    if not isinstance(error, ssl.SSLError):
        return f"cannot be read: {error.strerror}"
    reason = (error.reason or "no PEM file").replace("_", " ").lower()
    return f"cannot be used: {reason}"
