"""Routes of the 統合専用端末 for 資格履歴. A person is named by a random row id, what was typed by a random slip id."""

from django.urls import path

from shikaku.http import terminal_bulk_views as bulk
from shikaku.http import terminal_entry_views as entry
from shikaku.http import terminal_file_views as file
from shikaku.http import terminal_fix_views as fix
from shikaku.http import terminal_horyu_views as horyu
from shikaku.http import terminal_person_views as person
from shikaku.http import terminal_search_views as search
from shikaku.http import terminal_views as terminal

app_name = "shikaku"
urlpatterns = [
    path("home/", terminal.show_home, name="home"),
    path("shikaku/kensaku/", search.show_search, name="kanyusha_list"),
    path("shikaku/kensaku/<uuid:slip>/", search.show_results, name="kanyusha_results"),
    path("shikaku/kanyusha/<uuid:row_id>/", person.show_kanyusha, name="kanyusha_detail"),
    path("shikaku/kanyusha/<uuid:row_id>/kojin-bango/", person.reveal, name="reveal"),
    path("shikaku/kanyusha/<uuid:row_id>/rireki/", person.show_rireki, name="rireki"),
    path("shikaku/kanyusha/<uuid:row_id>/rireki/<uuid:slip>/", person.show_rireki, name="rireki_at"),
    path("shikaku/toroku/", entry.show_toroku, name="toroku"),
    path("shikaku/toroku/<uuid:slip>/", entry.edit_toroku, name="toroku_naosu"),
    path("shikaku/toroku/<uuid:slip>/kakunin/", entry.check_toroku, name="toroku_kakunin"),
    path("shikaku/kanyusha/<uuid:row_id>/shusei/", entry.show_shusei, name="shusei"),
    path("shikaku/kanyusha/<uuid:row_id>/shusei/<int:tsuban>/", entry.show_shusei, name="shusei_of"),
    path("shikaku/shusei/<uuid:slip>/", entry.edit_shusei, name="shusei_naosu"),
    path("shikaku/shusei/<uuid:slip>/kakunin/", entry.check_shusei, name="shusei_kakunin"),
    path("shikaku/kanyusha/<uuid:row_id>/soshitsu/", entry.show_soshitsu, name="soshitsu"),
    path("shikaku/kanyusha/<uuid:row_id>/soshitsu/<int:tsuban>/", entry.show_soshitsu, name="soshitsu_of"),
    path("shikaku/soshitsu/<uuid:slip>/", entry.edit_soshitsu, name="soshitsu_naosu"),
    path("shikaku/soshitsu/<uuid:slip>/kakunin/", entry.check_soshitsu, name="soshitsu_kakunin"),
    path("shikaku/kanyusha/<uuid:row_id>/torikeshi/", entry.show_torikeshi, name="torikeshi"),
    path("shikaku/kanyusha/<uuid:row_id>/torikeshi/<int:tsuban>/", entry.show_torikeshi, name="torikeshi_of"),
    path("shikaku/torikeshi/<uuid:slip>/", entry.edit_torikeshi, name="torikeshi_naosu"),
    path("shikaku/torikeshi/<uuid:slip>/kakunin/", entry.check_torikeshi, name="torikeshi_kakunin"),
    path("shikaku/ikkatsu-soshitsu/", bulk.take_selection, name="ikkatsu_soshitsu"),
    path("shikaku/ikkatsu-soshitsu/<uuid:slip>/", bulk.show_ikkatsu, name="ikkatsu_nyuryoku"),
    path("shikaku/ikkatsu-soshitsu/<uuid:slip>/kakunin/", bulk.check_ikkatsu, name="ikkatsu_kakunin"),
    path("shikaku/kanryo/<uuid:slip>/", entry.show_kanryo, name="kanryo"),
    path("shikaku/toroku-files/soshin/", file.show_file_send, name="file_send"),
    path("shikaku/toroku-files/", file.show_file_list, name="file_list"),
    path("shikaku/toroku-files/<uuid:row_id>/", file.show_file_status, name="file_status"),
    path("shikaku/toroku-files/<uuid:row_id>/kekka/", file.download_kekka, name="file_kekka"),
    path("shikaku/toroku-files/<uuid:row_id>/error/", file.download_teisei, name="file_teisei"),
    path("shikaku/toroku-files/<uuid:row_id>/horyu/", horyu.show_horyu, name="horyu"),
    path("shikaku/toroku-files/<uuid:row_id>/horyu/torisage/", horyu.withdraw, name="horyu_torisage"),
    path("shikaku/toroku-files/<uuid:row_id>/haki/", file.discard, name="file_discard"),
    path("shikaku/toroku-files/<uuid:row_id>/error/<int:meisai_no>/", fix.show_file_fix, name="file_fix"),
    path(
        "shikaku/toroku-files/<uuid:row_id>/error/<int:meisai_no>/<uuid:slip>/",
        fix.show_file_fix,
        name="file_fix_naosu",
    ),
    path("shikaku/error-kakunin/<uuid:slip>/", fix.check_file_fix, name="file_fix_kakunin"),
]
