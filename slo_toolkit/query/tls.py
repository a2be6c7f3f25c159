"""The files of a TLS connection, tried before anything is sent."""

from __future__ import annotations

import ssl

from slo_toolkit.errors import InputError
from slo_toolkit.query.connection import Connection
from slo_toolkit.query.files import is_regular


def check_tls_files(connection: Connection) -> None:
    """Raises InputError where the CA file, client certificate or key cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if connection.ca_file:
        _expect_file("the CA file", connection.ca_file)
        try:
            context.load_verify_locations(connection.ca_file)
        except OSError as error:
            raise InputError(f"the CA file {connection.ca_file} {_complaint(error)}") from None
    if connection.client_cert:
        key = connection.client_key or connection.client_cert
        _expect_file("the client certificate", connection.client_cert)
        _expect_file("the client key", key)
        try:
            context.load_cert_chain(connection.client_cert, key, password=_no_passphrase)
        except OSError as error:
            message = (
                f"the client certificate {connection.client_cert} with the key {key} {_complaint(error)}"
            )
            raise InputError(message) from None


def _expect_file(what: str, path: str) -> None:
    """A pipe would be read here and then be empty for the connection, or be waited for without an end."""
    try:
        regular = is_regular(path)
    except OSError as error:
        raise InputError(f"{what} {path} cannot be read: {error.strerror}") from None
    if not regular:
        raise InputError(f"{what} {path} cannot be used: it is no regular file")


def _no_passphrase() -> str:
    """What OpenSSL is told instead of letting it ask the terminal, where a pipeline would wait for ever."""
    return ""


def _complaint(error: OSError) -> str:
    if not isinstance(error, ssl.SSLError):
        return f"cannot be read: {error.strerror}"
    reason = (error.reason or "no PEM file").replace("_", " ").lower()
    return f"cannot be used: {reason}"
