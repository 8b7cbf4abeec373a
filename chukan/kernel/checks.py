"""What 本番 demands of a process before it serves anything, as Django system checks. 根拠: KJ-ENC-05, KJ-ENC-08."""

import os
from typing import Final

from django.conf import settings
from django.core.checks import Error, run_checks

from chukan.kernel.crypto import get_keyring
from chukan.settings import env

BOOT: Final = "chukan_boot"
_KEYS: Final = (
    "本番（CHUKAN_MODE=production）では、ファイルの鍵置き場（CHUKAN_HOME/keys）は使えません。"
    "鍵管理サービスかHSMにつなぐ Kms を get_keyring に組み込んでください。"
    "デモや研修なら CHUKAN_MODE=demo にしてください。"
)
_TLS: Final = (
    "本番（CHUKAN_MODE=production）では、平文の通信は使えません。"
    "TLS を終端する装置の内側に置き、CHUKAN_TLS=1 を指定してください。"
)

_CRASHES: Final = (
    "本番（CHUKAN_MODE=production）では、処理を途中で止める試験の指定（CHUKAN_CRASH_AT）は使えません。"
    "環境から CHUKAN_CRASH_AT を除いてください。"
)
_MODELS: Final = (
    "本番（CHUKAN_MODE=production）では、生体認証の認証器の機種を限ります。"
    "CHUKAN_SEITAI_KISHU に使える機種（AAGUID）を、CHUKAN_SEITAI_ROOTS に製造者の証明書のファイルを指定してください。"
)
_ORIGIN: Final = (
    "本番（CHUKAN_MODE=production）では、生体認証を行う画面の URL が要ります。"
    "CHUKAN_SEITAI_ORIGIN に https:// で始まる URL を指定してください。"
)


class UnfitStart(SystemExit):
    """The process stops: it is not fit for 本番, each reason in one line."""


def check_production(**_given: object) -> list[Error]:
    """Return everything that keeps this process from running in 本番; nothing is asked of a demo."""
    if settings.CHUKAN_MODE != env.PRODUCTION:
        return []
    errors = []
    if not get_keyring().kms.for_production:
        errors.append(Error(_KEYS, id="chukan.E001"))
    if not settings.CHUKAN_TLS:
        errors.append(Error(_TLS, id="chukan.E002"))
    if os.environ.get("CHUKAN_CRASH_AT"):
        errors.append(Error(_CRASHES, id="chukan.E003"))
    if "*" in settings.SEITAI_MODELS or not settings.SEITAI_MODELS or not settings.SEITAI_ROOTS:
        errors.append(Error(_MODELS, id="chukan.E004"))
    if not all(origin.startswith("https://") for origin in settings.SEITAI_ORIGINS):
        errors.append(Error(_ORIGIN, id="chukan.E005"))
    return errors


def refuse_unfit_start() -> None:
    """Stop the process when a check of `BOOT` found an error."""
    found = [message for message in run_checks(tags=[BOOT]) if message.is_serious()]
    if found:
        raise UnfitStart("\n".join(f"{message.msg}（{message.id}）" for message in found))
