"""Shapes of the machine messages of 資格履歴, built from the item list: the published contract is made from these."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema_field,
    extend_schema_serializer,
    inline_serializer,
)
from rest_framework import serializers

from chukan.controls.setsuzoku.schema import EXACTLY_ONE, ErrorItemSerializer
from shikaku.domain.items import GROUPS, REPEATED_GROUPS, SYSTEM, TOP, Item, ItemGroup

_EDABAN: Final = r"^(?!0000000000)[0-9]{10}$"  # counted from one
_CODE: Final = r"^[0-9]{8}$"
_UKETSUKE: Final = r"^[0-9]{8}-[0-9A-Z]{10}$"
MEISAI_CODE: Final = r"^[ -~]*$"
MEISAI_CODE_MAX: Final = 40

IF_MATCH_FORM: Final = '^"[0-9]{1,18}"$'
IF_MATCH: Final = OpenApiParameter(
    name="If-Match",
    type={"type": "string", "pattern": IF_MATCH_FORM},
    location=OpenApiParameter.HEADER,
    required=False,
    description="照会で得た履歴通番。その後に別の版ができていれば 409（kyogo）。",
)
Fields = dict[str, serializers.Field[Any, Any, Any, Any]]


@extend_schema_field({"type": "string", "format": "binary"})
class FileBody(serializers.FileField):
    """The bytes of a file."""


def _field(item: Item) -> serializers.Field[Any, Any, Any, Any]:
    given: dict[str, Any] = {"required": False, "allow_null": True, "help_text": item.ja}
    match item.kind:
        case "date":
            return serializers.DateField(**given)
        case "flag":
            return serializers.BooleanField(**given)
        case "number":
            return serializers.IntegerField(**given)
        case _:
            return serializers.CharField(**given, max_length=item.length or None)


# One shape per group, used in what is sent and in what is given back.
_SHAPES: Final[Mapping[str, type[serializers.BaseSerializer[Any]]]] = {
    key: type(
        inline_serializer(
            name=f"Joho{key.title().replace('_', '')}", fields={item.key: _field(item) for item in group.items}
        )
    )
    for key, group in GROUPS.items()
}


def _group(group: ItemGroup, *, required: bool) -> serializers.BaseSerializer[Any]:
    shape = _SHAPES[group.key]
    return shape(many=group.repeated, required=required, allow_null=not required, help_text=group.ja)


def _text(ja: str, *, required: bool = True, null: bool = False, pattern: str = "") -> Any:  # noqa: ANN401  # a field
    given: dict[str, Any] = {"help_text": ja, "required": required, "allow_null": null}
    return serializers.RegexField(pattern, **given) if pattern else serializers.CharField(**given)


def _groups(*, required: bool) -> Fields:
    wanted = ("kihon", "seigyo", "shikaku", *REPEATED_GROUPS)
    return {key: _group(GROUPS[key], required=required) for key in wanted}


def _toroku() -> serializers.BaseSerializer[Any]:
    known: Fields = {
        "shori_shubetsu_code": serializers.ChoiceField(["01", "02", "03", "04", "05"], help_text="処理種別コード"),
        "hokensha_code": _text("保険者コード", pattern=_CODE),
        "hihokensha_edaban": _text("被保険者枝番", required=False, null=True, pattern=_EDABAN),
        "kojin_bango": _text("個人番号", required=False, null=True),
        "koshingo_kojin_bango": _text("更新後個人番号", required=False, null=True),
        "kojin_bango_koshin_kubun": _text("個人番号更新区分", required=False, null=True),
        "fugo_shutoku_yokyu_kubun": _text("符号取得要求区分", required=False, null=True),
        "shikaku_tsuban": serializers.IntegerField(required=False, allow_null=True, help_text="資格通番"),
    }
    known |= {item.key: _field(item) for item in SYSTEM.items if item.key not in known}
    known |= {key: _text(ja, required=False, null=True) for key, ja in TOP.items() if key not in known}
    return inline_serializer(name="TorokuYokyu", fields=known | _groups(required=False))


TOROKU: Final = _toroku()
TOROKU_KEKKA: Final = inline_serializer(
    name="TorokuKekka",
    fields={
        "uketsuke_bango": _text("受付番号", pattern=_UKETSUKE),
        "uketsuke_meisai_bango": _text("受付明細番号"),
        "hihokensha_edaban": _text("被保険者枝番", pattern=_EDABAN),
        "shikaku_tsuban": serializers.IntegerField(allow_null=True, help_text="資格通番"),
        "rireki_tsuban": serializers.IntegerField(allow_null=True, help_text="履歴通番"),
        "shori_kekka_kubun": serializers.ChoiceField(["1", "2"], help_text="処理結果区分"),
        "keikoku": ErrorItemSerializer(many=True, help_text="警告"),
    },
)
UKETSUKE_FORM: Final = inline_serializer(
    name="UketsukeYokyu",
    fields={
        "shubetsu": serializers.ChoiceField(["kanyusha"], help_text="種別"),
        "saisoshin": serializers.BooleanField(required=False, help_text="再送信"),
        "file": FileBody(help_text="CSV または gzip で圧縮した CSV"),
    },
)
UKETSUKE_UKE: Final = inline_serializer(
    name="UketsukeUke",
    fields={
        "uketsuke_bango": _text("受付番号", pattern=_UKETSUKE),
        "jotai": serializers.ChoiceField(["uketsuke"], help_text="状態"),
    },
)
_RIYU: Final = inline_serializer(
    name="UketsukeRiyu",
    fields={"code": _text("理由コード"), "message": _text("理由")},
    allow_null=True,
    help_text="理由",
)
_JOTAI: Final = ["uketsuke", "kensa", "shori", "kanryo", "horyu", "kyohi"]


def _count(ja: str) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=ja)


def _instant(ja: str, *, null: bool = True) -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=null, help_text=ja)


UKETSUKE_JOTAI: Final = inline_serializer(
    name="UketsukeJotai",
    fields={
        "jotai": serializers.ChoiceField(_JOTAI, help_text="状態"),
        "sosu": _count("総件数"),
        "shori_zumi": _count("処理済件数"),
        "seijo": _count("正常件数"),
        "keikoku": _count("正常（警告あり）件数"),
        "ijo": _count("異常件数"),
        "kaishi_nichiji": _instant("開始日時"),
        "shuryo_nichiji": _instant("終了日時"),
        "yosoku_shuryo_nichiji": _instant("予測終了日時"),
        "riyu": _RIYU,
        "teitai_nichiji": _instant("停滞日時"),
    },
)
KEKKA_CSV: Final = OpenApiResponse(OpenApiTypes.STR, "結果 CSV（UTF-8・BOM・CRLF、明細1件1行）")
_KENSAKU = inline_serializer(
    name="RirekiKensaku",
    fields={
        "hihokensha_edaban": _text("被保険者枝番（個人番号とどちらか1つ）", required=False, null=True, pattern=_EDABAN),
        "kojin_bango": _text("個人番号（被保険者枝番とどちらか1つ）", required=False, null=True),
        "on": serializers.DateField(required=False, allow_null=True, help_text="いつ有効だったか"),
        "known_at": serializers.DateTimeField(
            required=False, allow_null=True, help_text="いつの時点で知っていたか（いまより前）"
        ),
    },
)
KENSAKU: Final = extend_schema_serializer(extensions={EXACTLY_ONE: ("hihokensha_edaban", "kojin_bango")})(
    type(_KENSAKU)
)()


def _rireki() -> serializers.BaseSerializer[Any]:
    item: Mapping[str, Any] = {
        "hokensha_code": _text("保険者コード", pattern=_CODE),
        "hihokensha_edaban": _text("被保険者枝番", pattern=_EDABAN),
        "shikaku_tsuban": serializers.IntegerField(allow_null=True, help_text="資格通番"),
        "rireki_tsuban": serializers.IntegerField(help_text="履歴通番"),
        "shori_shubetsu_code": _text("処理種別コード"),
        "toroku_nichiji": _instant("登録日時", null=False),
        **_groups(required=True),
    }
    return inline_serializer(
        name="RirekiKekka",
        fields={
            "items": inline_serializer(name="Rireki", fields=dict(item), many=True, help_text="履歴"),
            "known_at": _instant("いつの時点か", null=False),
            "saishu_juryo_nichiji": _instant("最終受領日時"),
        },
    )


RIREKI: Final = _rireki()
SHORI_KEKKA: Final = inline_serializer(
    name="ShoriKekka",
    fields={
        "soshin_bango": serializers.UUIDField(help_text="送信番号"),
        "shori_kekka_kubun": serializers.ChoiceField(["1", "2", "9"], help_text="処理結果区分"),
        "shori_kekka_meisai_code": serializers.RegexField(
            MEISAI_CODE,
            max_length=MEISAI_CODE_MAX,
            required=False,
            allow_null=True,
            help_text="処理結果明細コード（印字できるASCII）",
        ),
    },
)
