"""Who may call a stand-in of the vaccination world: known by key, bound to municipalities and 事務区分."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from simulators.client import NonceMemory, PublicKeys, SignatureRefusedError, SignedRequest, verify_request
from simulators.shell.answers import Answer, Request, problem


@dataclass(frozen=True)
class Partner:
    """One connected system: `shurui` holds jichitai, yobosesshu, onshi, mynaportal, rireki_kaito or juki."""

    setsuzoku_id: str
    shurui: frozenset[str]
    keys: PublicKeys
    jichitai_code: frozenset[str] = frozenset()
    jimu_kubun: frozenset[str] = frozenset()


@dataclass
class Partners:
    """All connected systems, and the nonces they have used."""

    known: Mapping[str, Partner]
    nonces: NonceMemory = field(default_factory=NonceMemory)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The systems of a file: a list of setsuzoku_id, shurui (words), keys (JWK), jichitai_code, jimu_kubun."""
        return cls.of(json.loads(path.read_text("utf-8")))

    @classmethod
    def of(cls, listed: Sequence[Mapping[str, Any]]) -> Self:
        """The systems of a parsed list."""
        return cls(
            {
                row["setsuzoku_id"]: Partner(
                    setsuzoku_id=row["setsuzoku_id"],
                    shurui=frozenset(str(row["shurui"]).split()),
                    keys=PublicKeys({"keys": row["keys"]}),
                    jichitai_code=frozenset(row.get("jichitai_code", ())),
                    jimu_kubun=frozenset(row.get("jimu_kubun", ())),
                )
                for row in listed
            }
        )

    def admit(self, request: Request) -> str | Answer:
        """The 接続ID of who signed, or the refusal."""
        keyid = request.headers.get("Signature-Input", "").partition('keyid="')[2].partition('"')[0]
        partner = self.known.get(keyid.partition("#")[0])
        if partner is None:
            return problem(
                HTTPStatus.UNAUTHORIZED,
                "setsuzoku_fumei",
                "接続を許していないシステムからの呼出しです",
                detail="接続先の一覧（--partners）に接続IDと公開鍵を登録してから、もう一度送ってください。",
            )
        signed = SignedRequest(request.method, request.url, request.headers, request.body)
        try:
            verify_request(signed, keys=partner.keys, nonces=self.nonces)
        except SignatureRefusedError as error:
            return problem(HTTPStatus.UNAUTHORIZED, "shomei_fusei", f"署名を確かめられません: {error}")
        return partner.setsuzoku_id

    def refusal(self, request: Request, *, shurui: str, jichitai_code: str = "", jimu_kubun: str = "") -> Answer | None:
        """None when the caller is of this kind and bound to this municipality and 事務; else the refusal.

        A municipality of somebody else looks like one that does not exist.
        """
        partner = self.known[request.caller]
        if shurui not in partner.shurui:
            return problem(
                HTTPStatus.FORBIDDEN,
                "kengen_nashi",
                "この接続にはこの操作が許されていません",
                detail=f"操作 {request.path} は、接続の種類 {shurui} に限られています。",
            )
        if jichitai_code and jichitai_code not in partner.jichitai_code:
            return problem(
                HTTPStatus.NOT_FOUND,
                "jichitai_nashi",
                "この接続が扱う自治体にありません",
                detail="送った jichitai_code を、この接続に登録された自治体コードと比べてください。",
            )
        if jimu_kubun and jimu_kubun not in partner.jimu_kubun:
            return problem(
                HTTPStatus.FORBIDDEN,
                "jimu_taishogai",
                "この接続には、この事務区分が許されていません",
                detail="送った jimu_kubun を、この接続に登録された事務区分と比べてください。",
            )
        return None
