"""Shapes of the machine messages of 機関別符号: the published contract is made from these."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from chukan.kernel.values.kikanbetsu_fugo import MAX_LENGTH
from fugo.domain.shutoku_state import STATE_LABELS
from fugo.http.received import IKKATSU_MAX

_TSUBAN: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_FUGO: Final = r"^[!-~]+$"
KEKKA_TEXTS: Final[Mapping[str, str]] = {
    "ok": "受け付けました。",
    "jufuku": "この要求には符号がすでにあるか、この符号は別の要求のものです。上書きしていません。",
    "yokyu_nashi": "この処理通番で待っている要求はありません。何も登録していません。",
}


def _tsuban() -> serializers.RegexField:
    return serializers.RegexField(_TSUBAN, help_text="処理通番")


def _item() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    fugo = serializers.RegexField(_FUGO, max_length=MAX_LENGTH, help_text="機関別符号（空白でない印字できるASCII）")
    return {"shori_tsuban": _tsuban(), "kikanbetsu_fugo": fugo}


def _stamp(ja: str) -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=True, help_text=f"{ja}（自組織の登録より前は null）")


FUGO: Final = inline_serializer(name="Fugo", fields=_item())
FUGO_IKKATSU: Final = inline_serializer(
    name="FugoIkkatsu",
    fields={
        "items": serializers.ListField(
            child=inline_serializer(name="FugoIkkatsuItem", fields=_item()),
            min_length=1,
            max_length=IKKATSU_MAX,
            help_text="符号の並び（5,000件まで）",
        )
    },
)
FUGO_IKKATSU_KEKKA: Final = inline_serializer(
    name="FugoIkkatsuKekka",
    fields={
        "kekka": inline_serializer(
            name="FugoKekka",
            fields={
                "shori_tsuban": _tsuban(),
                "code": serializers.ChoiceField(tuple(KEKKA_TEXTS.items()), help_text="結果"),
            },
            many=True,
            help_text="送られたのと同じ順の結果",
        )
    },
)
JOTAI: Final = inline_serializer(
    name="FugoJotai",
    fields={
        "items": inline_serializer(
            name="FugoJotaiItem",
            fields={
                "hihokensha_edaban": serializers.RegexField(r"^[0-9]{10}$", help_text="被保険者枝番"),
                "fugo_shutoku_status": serializers.ChoiceField(
                    tuple((state.value, label) for state, label in STATE_LABELS.items()),
                    allow_null=True,
                    help_text="符号取得ステータス",
                ),
                "fugo_saihakko_flag": serializers.BooleanField(help_text="符号再発行フラグ"),
                "fugo_status_koshin_nichiji": _stamp("符号取得ステータス更新日時"),
                "fugo_yokyu_uketsuke_nichiji": _stamp("符号取得要求受付日時"),
                "fugo_tenso_nichiji": _stamp("符号取得要求転送日時"),
                "fugo_soshin_nichiji": _stamp("符号取得要求送信日時"),
                "fugo_uketsuke_nichiji": _stamp("機関別符号受付日時"),
                "fugo_settei_nichiji": _stamp("機関別符号設定日時"),
            },
            many=True,
            help_text="自組織の加入者",
        ),
        "next": serializers.UUIDField(allow_null=True, help_text="次のページの cursor（最後は null）"),
    },
)
