"""The record items that document 004 adds, 1–60, by group: number, name, column. 根拠: SRC-004 別添2."""

from typing import NamedTuple


class Item(NamedTuple):
    """One column; an item of several parts has several rows with the same number."""

    bango: int
    ja: str
    column: str


def _items(text: str) -> tuple[Item, ...]:
    rows = (line.split() for line in text.strip().splitlines())
    return tuple(Item(int(number), ja, column) for number, ja, column in rows)


TAISHOSHA = _items("""
1 個人番号 kojin_bango
2 PMHキー pmh_key
3 PMH仮名識別子 pmh_kamei_shikibetsushi
4 カナ shimei_kana
4 氏名 shimei
4 住所 jusho
4 生年月日 seinengappi
4 性別 seibetsu
5 保護者氏名 hogosha_shimei
6 自治体コード jichitai_code
7 自治体業務ID jichitai_gyomu_id
8 連携ファイル名 renkei_file_mei
9 連携日時 renkei_nichiji
10 連携処理ステータス renkei_shori_status
10 エラー内容 renkei_error_naiyo
11 リカバリー recovery_flag
11 不開示 fukaiji_flag
11 閲覧停止 etsuran_teishi_flag
12 変更区分 henko_kubun
13 削除の異動日 sakujo_ido_ymd
14 その他管理番号 sonota_kanri_bango
15 予防接種対象者番号 yobosesshu_taishosha_bango
16 接種対象者区分 sesshu_taishosha_kubun
16 減免区分 genmen_kubun
""")
USER = _items("""
17 機関マスタID kikan_master_id
18 機関ユーザーID kikan_user_id
19 メールアドレス mail_address
20 ユーザー氏名 user_shimei
21 ユーザー区分 user_kubun
22 ユーザー権限ID user_kengen_id
23 個人番号閲覧可能フラグ kojin_bango_etsuran_kano_flag
24 ユーザー削除フラグ user_sakujo_flag
""")
YOSHINHYO = _items("""
25 項目ID komoku_id
26 管理ID kanri_id
27 更新日時 koshin_nichiji
28 回答ID kaito_id
29 回答内容 kaito_naiyo
30 回答処理ステータス kaito_shori_status
31 回答日時 kaito_nichiji
32 接種不可フラグ sesshu_fuka_flag
33 予防接種設定ID yobosesshu_settei_id
34 予防接種管理ID yobosesshu_kanri_id
35 組み合わせ番号 kumiawase_bango
36 強制失効日 kyosei_shikko_ymd
37 勧奨ルールID kansho_rule_id
37 勧奨日 kansho_ymd
""")
KIROKU = _items("""
38 予防接種記録ID yobosesshu_kiroku_id
39 予防接種管理ID yobosesshu_kanri_id
40 接種日 sesshu_ymd
41 接種同意フラグ sesshu_doi_flag
42 医療機関コード iryokikan_code
43 医師名 ishi_mei
44 実施場所 jisshi_basho
45 実施区分 jisshi_kubun
46 接種区分 sesshu_kubun
47 GTINコード gtin_code
48 ワクチンメーカー名 vaccine_maker_mei
49 ワクチン一般名 vaccine_ippan_mei
49 ワクチン通称 vaccine_tsusho
49 ワクチン販売名 vaccine_hanbai_mei
50 ロット番号 lot_bango
51 接種量 sesshu_ryo
52 接種部位 sesshu_bui
53 接種方法 sesshu_hoho
54 ワクチン有効期限 vaccine_yuko_kigen
55 要注意接種フラグ yochui_sesshu_flag
56 特別の事情 tokubetsu_no_jijo
57 海外接種フラグ kaigai_sesshu_flag
58 更新日時 koshin_nichiji
59 最新フラグ saishin_flag
59 削除フラグ sakujo_flag
60 接種対象者区分 sesshu_taishosha_kubun
60 減免区分 genmen_kubun
""")
BEYOND = (Item(0, "PMH連携キー", "pmh_renkei_key"), Item(0, "ID5", "id5"))
"""Named in Ⅱ-2④ of the document without a number of their own."""


def columns(items: tuple[Item, ...]) -> str:
    """The columns as SQL."""
    return ", ".join(f"{item.column} text" for item in items)
