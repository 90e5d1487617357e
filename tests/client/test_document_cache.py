"""Tests of the cache of WSDLs and schemas on disk: whole, bounded and shared."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from convergia_sms.soap import DiskCache, SafeTransport

from tests.client.conftest import RawGateway, http_reply

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://service.example/service?wsdl"


def test_another_process_start_finds_what_was_kept(tmp_path: Path) -> None:
    DiskCache(tmp_path / "of" / "mine").add(URL, b"<wsdl/>")

    again = DiskCache(tmp_path / "of" / "mine")

    assert again.get(URL) == b"<wsdl/>"
    assert again.get(URL + "2") is None
    assert (tmp_path / "of" / "mine").stat().st_mode & 0o777 == 0o700


def test_an_old_document_is_loaded_again(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_age=60)
    cache.add(URL, b"<wsdl/>")
    (file,) = tmp_path.iterdir()

    os.utime(file, (time.time() - 61,) * 2)
    assert cache.get(URL) is None
    os.utime(file, (time.time() + 3600,) * 2)  # a clock that was set back
    assert cache.get(URL) is None


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 500])
def test_a_damaged_document_is_loaded_again(tmp_path: Path, damage: bytes) -> None:
    cache = DiskCache(tmp_path)
    cache.add(URL, b"<wsdl/>")
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)

    assert cache.get(URL) is None
    cache.add(URL, b"<wsdl/>")
    assert cache.get(URL) == b"<wsdl/>"


def test_the_oldest_documents_make_room(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_bytes=1000)
    for number in range(4):
        cache.add(f"{URL}{number}", b"x" * 400)
        for file in tmp_path.iterdir():  # each is a second older than the next
            status = file.stat()
            os.utime(file, (status.st_atime, status.st_mtime - 1))
    cache.add(URL, b"x" * 2000)  # too large to be kept at all

    kept = [number for number in range(4) if cache.get(f"{URL}{number}") is not None]

    assert kept == [2, 3]
    assert cache.get(URL) is None
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 1000


def test_readers_never_see_half_of_what_others_write(tmp_path: Path) -> None:
    documents = {bytes([letter]) * 50_000 for letter in b"abcd"}
    DiskCache(tmp_path).add(URL, b"a" * 50_000)
    seen: set[bytes | None] = set()

    def write(document: bytes) -> None:
        for _ in range(20):
            DiskCache(tmp_path).add(URL, document)

    def read() -> None:
        cache = DiskCache(tmp_path)
        seen.update(cache.get(URL) for _ in range(100))

    threads = [threading.Thread(target=write, args=(each,)) for each in documents]
    threads += [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert seen <= documents
    assert len(list(tmp_path.iterdir())) == 1  # nothing half-written is left


def test_a_full_disk_stores_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    cache.add(URL, b"<wsdl/>")

    assert cache.get(URL) is None


def test_limits_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="positive"):
        DiskCache(tmp_path, max_bytes=0)


def test_a_password_in_the_url_is_not_shown_to_the_cache(
    raw_gateway: RawGateway, tmp_path: Path
) -> None:
    raw_gateway.script = [http_reply("<wsdl/>")]
    urls: list[str] = []

    class Noting(DiskCache):
        def add(self, url: str, content: bytes) -> None:
            urls.append(url)
            super().add(url, content)

    cache = Noting(tmp_path)
    address = raw_gateway.base_url.replace("//", "//me:p4ss@") + "/service?wsdl"
    for _ in range(2):
        with SafeTransport(cache=cache) as transport:
            assert transport.load(address) == b"<wsdl/>"

    assert urls == [f"{raw_gateway.base_url}/service?wsdl"]
    assert len(raw_gateway.requests) == 1
