"""Shapes of the machine messages of PMH-ID: the published contract is made from these."""

from typing import Final

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from pmh.domain.irai import IKKATSU_MAX
from pmh.domain.pmh_id import PMH_ID_LENGTH

_BANGO: Final = r"^[0-9]{12}$"
_JIMU: Final = (("01", "医療費公費"), ("02", "予防接種"), ("03", "母子保健"))


def _jimu_kubun() -> serializers.ChoiceField:
    return serializers.ChoiceField(_JIMU, help_text="事務区分")


def _bango() -> serializers.RegexField:
    return serializers.RegexField(_BANGO, help_text="個人番号（受け取ったとおりに返す）")


def _pmh_id(*, null: bool) -> serializers.CharField:
    text = "PMH-ID（該当者がないときは null）" if null else "PMH-ID"
    return serializers.CharField(max_length=PMH_ID_LENGTH, allow_null=null, help_text=text)


IKKEN: Final = inline_serializer(name="PmhIdIrai", fields={"jimu_kubun": _jimu_kubun(), "kojin_bango": _bango()})
IKKEN_KOTAE: Final = inline_serializer(
    name="PmhIdKotae", fields={"kojin_bango": _bango(), "pmh_id": _pmh_id(null=False)}
)
IKKATSU: Final = inline_serializer(
    name="PmhIdIkkatsuIrai",
    fields={
        "jimu_kubun": _jimu_kubun(),
        "kojin_bango": serializers.ListField(child=_bango(), max_length=IKKATSU_MAX, help_text="個人番号の並び"),
    },
)
IKKATSU_KOTAE: Final = inline_serializer(
    name="PmhIdIkkatsuKotae",
    fields={
        "kekka": inline_serializer(
            name="PmhIdIkkatsuKekka",
            fields={"kojin_bango": _bango(), "pmh_id": _pmh_id(null=True)},
            many=True,
            help_text="依頼と同じ順の結果",
        )
    },
)
