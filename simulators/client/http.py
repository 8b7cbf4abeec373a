"""Signed calls to the hub; a file is streamed from disk, whatever its size."""

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from simulators.client.signing import RequestSigner, content_digest, digest_of_chunks

CHUNK = 256 * 1024
TIMEOUT = httpx.Timeout(30.0, write=600.0, read=600.0)


class HubAnswerError(Exception):
    """The hub answered with an error; `problem` is its body (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')} {problem.get('title', '')}".strip())
        self.status = status
        self.problem = problem


class MultipartFile:
    """A multipart/form-data body of plain fields and one file, read from disk as often as asked."""

    def __init__(self, *, path: Path, fields: Mapping[str, str], content_type: str) -> None:
        self.boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={self.boundary}"
        self._path = path
        parts = [
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        safe_name = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in path.name)
        parts.append(
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe_name}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        )
        self._head = "".join(parts).encode()
        self._tail = f"\r\n--{self.boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self._path.stat().st_size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
        yield self._tail


class HubClient:
    """One connecting system's line to the hub: every call signed, connections kept open."""

    def __init__(
        self,
        *,
        base_url: str,
        signer: RequestSigner,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._signer = signer
        self._http = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept-open connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The hub's answer to one signed request, whatever its status."""
        url = self._base + path
        signed = self._signer.headers_for(method=method, url=url, headers=headers or {}, digest=content_digest(body))
        return self._http.request(method, url, content=body, headers=signed)

    def get(self, path: str) -> httpx.Response:
        """The hub's answer to a GET; raises HubAnswerError for an error."""
        return _checked(self.request("GET", path))

    def post_json(
        self, path: str, value: object, *, idempotency_key: str | None = None, sosasha: str | None = None
    ) -> httpx.Response:
        """The hub's answer to a JSON message; raises HubAnswerError for an error.

        Send the same `idempotency_key` again after a lost answer: the hub then repeats its first answer.
        """
        headers = {}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        if sosasha is not None:
            headers["Chukan-Sosasha"] = sosasha
        return _checked(self.send_json(path, value, headers=headers))

    def send_json(self, path: str, value: object, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The hub's answer to a JSON message, whatever its status."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self.request("POST", path, body=body, headers={"Content-Type": "application/json", **(headers or {})})

    def upload(
        self,
        path: Path,
        *,
        shubetsu: str = "kanyusha",
        saisoshin: bool = False,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """「受付番号」 and 状態 of an uploaded file; the file is read twice from disk and never held in memory."""
        fields = {"shubetsu": shubetsu} | ({"saisoshin": "true"} if saisoshin else {})
        kind = "application/gzip" if path.suffix == ".gz" else "text/csv"
        body = MultipartFile(path=path, fields=fields, content_type=kind)
        url = f"{self._base}/api/v1/uketsuke"
        headers = {
            "Content-Type": body.content_type,
            "Content-Length": str(len(body)),
            "Idempotency-Key": idempotency_key or secrets.token_hex(16),
        }
        signed = self._signer.headers_for(method="POST", url=url, headers=headers, digest=digest_of_chunks(body))
        answer: dict[str, Any] = _checked(self._http.post(url, content=iter(body), headers=signed)).json()
        return answer

    def download(self, path: str, target: Path) -> None:
        """Write the body of a GET to a file while it arrives."""
        url = self._base + path
        signed = self._signer.headers_for(method="GET", url=url, headers={}, digest=content_digest(b""))
        with self._http.stream("GET", url, headers=signed) as response:
            if response.is_error:
                response.read()
                _checked(response)
            with target.open("wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    raise HubAnswerError(response.status_code, problem if isinstance(problem, dict) else {})
