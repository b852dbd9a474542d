"""The configuration a kernel was built with: /proc/config.gz, /boot/config-*, .config."""

from __future__ import annotations

import re
import zlib

LIMIT = 4 << 20
"""Bytes of an unpacked configuration. Distribution kernels have 250 to 300 KiB."""

_OPTION = re.compile(r"^CONFIG_(\w+)=(.*)$", re.MULTILINE)


def unpack(data: bytes) -> str:
    r"""The text of a configuration, gzip or plain.

    Raises:
        ValueError: it is damaged, or far larger than any configuration.

    >>> import gzip
    >>> unpack(gzip.compress(b"CONFIG_VETH=m\n"))
    'CONFIG_VETH=m\n'
    """
    if data[:2] == b"\x1f\x8b":  # RFC 1952
        worker = zlib.decompressobj(wbits=31)
        try:
            data = worker.decompress(data, LIMIT)
        except zlib.error as error:
            raise ValueError(f"it is damaged: {error}") from None
        if worker.unconsumed_tail:
            raise ValueError(f"it unpacks to more than {LIMIT} bytes")
        if not worker.eof:
            raise ValueError("it is cut off")
    return data.decode("utf-8", "replace")


def parse_kernel_config(text: str) -> dict[str, str]:
    r"""Option names without ``CONFIG_`` to y, m, or a value; options that are off are left out.

    >>> parse_kernel_config('CONFIG_VETH=m\n# CONFIG_IP_VS is not set\nCONFIG_HZ=250\n')
    {'VETH': 'm', 'HZ': '250'}
    """
    return {name: value for name, value in _OPTION.findall(text) if value != "n"}
