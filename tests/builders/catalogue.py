"""What the database's own catalogue says about walls, held against what the models declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
from django.apps import apps

from chukan.kernel.schema import APP_ROLES, OWNER

# Tables without a model, and why they are what they are.
WITHOUT_MODEL = {"django_migrations": "hub"}
# Columns that hold the zone of a row.
ZONE_COLUMNS = ("hokensha_code", "zone", "sender")
# Who may see more than one zone of an insurer table, by which verb, and why.
ACROSS = {
    ("kengen_staff_slip", "chukan_owner", "ALL"): "kengen_drop_expired_slips",
    ("fugo_edaban_himozuke", "chukan_owner", "SELECT"): "fugo_mark_uketsuke: which insurers a person is linked to",
    ("fugo_edaban_himozuke", "chukan_owner", "DELETE"): "fugo_erase: the links of a person whose codes are over",
    ("shikaku_bango_case", "chukan_operator", "SELECT"): "the console lists open cases; no person by column grant",
    ("shikaku_bango_case", "chukan_owner", "ALL"): "shikaku_case_holders, _drop_closed_cases, _open_parted, _is_free",
    ("shikaku_itaku_kukaku_kanyusha", "chukan_owner", "SELECT"): "shikaku_hokensha_at and others over persons",
    ("shikaku_kyu_kojin_bango", "chukan_owner", "SELECT"): "shikaku_open_parted: who carries a number that was parted",
    ("shikaku_onshi_soshin", "chukan_relay", "ALL"): "delivery goes over all zones in the order of persons",
    ("shikaku_onshi_soshin", "chukan_operator", "SELECT"): "the console counts; states by column grant only",
    (
        "shikaku_onshi_soshin",
        "chukan_owner",
        "ALL",
    ): "shikaku_record_onshi_kekka, _resend_queue, _retry_now, _set_pmh_id",
    ("shikaku_reindex_job", "chukan_kanri", "SELECT"): "whether every walk has ended; no person stands in it",
    ("shikaku_rireki", "chukan_owner", "SELECT"): "shikaku_hokensha_at and others over persons",
    (
        "shikaku_rireki",
        "chukan_owner",
        "UPDATE",
    ): "_reseal_rireki, _retoken_rireki, in the zone of the transaction only",
    ("shikaku_terminal_slip", "chukan_owner", "ALL"): "shikaku_drop_expired_slips",
    ("seitai_challenge", "chukan_owner", "ALL"): "seitai_consume, in the zone it is given; _drop_spent; fugo_guard_…",
    ("shonin_irai", "chukan_owner", "ALL"): "shonin_consume, _complete: an act works in no zone; fugo_guard_jikko",
    ("shonin_shonin", "chukan_owner", "SELECT"): "shonin_consume, and the guard of a move",
    ("shonin_baitai", "chukan_owner", "SELECT"): "shonin_consume",
    ("shokuin_account", "chukan_owner", "SELECT"): "shokuin_find_login",
    ("shokuin_session", "chukan_owner", "SELECT"): "shokuin_find_session",
    ("shokuin_shokuin", "chukan_owner", "SELECT"): "shokuin_find_login",
    ("uketsuke_uketsuke", "chukan_operator", "SELECT"): "the console counts; columns by grant only",
    ("uketsuke_uketsuke", "chukan_kanri", "SELECT"): "check commands count; columns by grant only",
    ("uketsuke_uketsuke", "chukan_owner", "SELECT"): "uketsuke_due, _expired, _unerased, _named_files",
    ("setsuzoku_idempotency", "chukan_worker", "SELECT"): "expired rows only, to delete them",
    ("setsuzoku_idempotency", "chukan_worker", "DELETE"): "expired rows only",
}
# Unique keys of insurer tables without the zone: random ids, or keys whose value tells nothing about another zone.
UNZONED_KEYS = {
    "uketsuke_uketsuke_uketsuke_bango_key": "受付番号 is random and made by the hub",
    "uketsuke_horyu_pkey": "the 受付 is a random id",
    "uketsuke_meisai_pkey": "the 受付 is a random id",
    "uketsuke_teiseimachi_pkey": "the 受付 is a random id",
    "shikaku_soshin_jun": "one order per person over all insurers; the number is given by a function",
    "shokuin_account_shokuin_id_key": "one account per random staff row",
    "seitai_authenticator_credential_hash_key": "hash of a random name given by an authenticator",
    "seitai_authenticator_slot": "two places per random account row",
    "seitai_challenge_challenge_key": "hash over random bytes",
    "kengen_fuyo_once": "one right once per random staff row",
    "kengen_toriatsukai_once": "one permission once per random staff row",
    "shonin_shonin_once": "one decision per random 依頼 and random staff row",
    "shonin_shonin_ninsho_id_key": "the number of a confirmation is random",
    "shonin_baitai_irai_id_key": "one medium per random 依頼",
    "shokuin_operator_id_once": "operators have no insurer",
    "shokuin_session_key_hash_key": "hash of a random key",
    "shokuin_session_one_live": "one live session per random account row",
}
# Foreign keys of insurer tables without the zone: each stands beside one that has it.
UNZONED_REFERENCES = {
    ("kengen_fuyo", "shokuin_shokuin"): "kengen_fuyo_same_zone",
    ("kengen_kojin_bango_toriatsukai", "shokuin_shokuin"): "kengen_kojin_bango_toriatsukai_same_zone",
    ("seitai_authenticator", "shokuin_account"): "seitai_authenticator_same_zone",
    ("seitai_challenge", "seitai_authenticator"): "seitai_challenge_same_person",
    ("seitai_challenge", "shokuin_account"): "seitai_challenge_same_zone",
    ("seitai_challenge", "shokuin_session"): "seitai_challenge_same_session",
    ("shonin_irai", "shokuin_shokuin"): "shonin_irai_same_zone",
    ("shonin_shonin", "shonin_irai"): "shonin_shonin_as_asked",
    ("shonin_shonin", "shokuin_shokuin"): "shonin_shonin_same_zone",
    ("shonin_baitai", "shonin_irai"): "shonin_baitai_same_zone",
    ("shokuin_account", "shokuin_shokuin"): "shokuin_account_same_zone",
    ("shokuin_session", "shokuin_account"): "shokuin_session_same_zone",
}
DEFINER_FUNCTIONS = {
    "fugo_claim": {"chukan_worker"},
    "fugo_desk_counts": {"chukan_operator"},
    "fugo_desk_file": {"chukan_operator"},
    "fugo_desk_requests": {"chukan_operator"},
    "fugo_due": {"chukan_worker"},
    "fugo_ask_anew": {"chukan_worker"},
    "fugo_ask_elsewhere": {"chukan_worker"},
    "fugo_asked_through": {"chukan_worker"},
    "fugo_file_part": {"chukan_worker"},
    "fugo_file_zones": {"chukan_worker"},
    "fugo_erase": {"chukan_worker"},
    "fugo_find_answers": {"chukan_web"},
    "fugo_guard_jikko": set(),  # of a trigger
    "fugo_guard_soshin": set(),  # of a trigger
    "fugo_jotai": {"chukan_web"},
    "fugo_known": {"chukan_worker"},
    "fugo_leave_out": {"chukan_worker"},
    "fugo_let_go": {"chukan_worker"},
    "fugo_link": {"chukan_worker"},
    "fugo_list_hoyu": {"chukan_worker"},
    "fugo_mark_soshin": {"chukan_worker"},
    "fugo_mark_tenso": {"chukan_worker"},
    "fugo_mark_uketsuke": {"chukan_web"},
    "fugo_note_former": {"chukan_web"},
    "fugo_request": {"chukan_worker"},
    "fugo_saihakko_count": {"chukan_web"},
    "fugo_saihakko_part": {"chukan_worker"},
    "fugo_saihakko_progress": {"chukan_web"},
    "fugo_saihakko_take": {"chukan_worker"},
    "fugo_saihakko_written": {"chukan_web"},
    "fugo_store": {"chukan_web"},
    "kengen_drop_expired_slips": {"chukan_worker"},
    "pmh_count_hakko": {"chukan_operator"},
    "pmh_erase_hakko": {"chukan_worker"},
    "pmh_issue": {"chukan_web"},
    "pmh_list_hakko": {"chukan_worker"},
    "seitai_consume": {"chukan_web"},
    "seitai_drop_spent": {"chukan_worker"},
    "sosa_log_oldest_unsealed": {"chukan_web"},
    "shikaku_case_holders": {"chukan_operator"},
    "shikaku_count_pmh_resend": {"chukan_operator"},
    "shikaku_count_unhashed": {"chukan_worker", "chukan_kanri"},
    "shikaku_drop_closed_cases": {"chukan_worker"},
    "shikaku_drop_expired_slips": {"chukan_worker"},
    "shikaku_find_himozuke": {"chukan_web", "chukan_worker"},
    "shikaku_find_members": {"chukan_web"},
    "shikaku_hokensha_at": {"chukan_web", "chukan_worker"},
    "shikaku_is_free": {"chukan_web", "chukan_worker"},
    "shikaku_last_soshitsu": {"chukan_worker"},
    "shikaku_link_bango": {"chukan_web", "chukan_worker"},
    "shikaku_new_himozuke": {"chukan_web", "chukan_worker"},
    "shikaku_open_parted": {"chukan_web", "chukan_worker"},
    "shikaku_note_bango_key": {"chukan_web", "chukan_worker"},
    "shikaku_part_bango": {"chukan_web", "chukan_worker"},
    "shikaku_pmh_id_of": {"chukan_relay"},
    "shikaku_next_jun": {"chukan_web", "chukan_worker"},
    "shikaku_record_onshi_kekka": {"chukan_web"},
    "shikaku_rehash_bango": {"chukan_worker"},
    "shikaku_resend_pmh_id": {"chukan_worker"},
    "shikaku_resend_queue": {"chukan_operator"},
    "shikaku_reseal_rireki": {"chukan_worker"},
    "shikaku_resolve_himozuke": {"chukan_web", "chukan_worker"},
    "shikaku_retoken_rireki": {"chukan_worker"},
    "shikaku_retry_now": {"chukan_web"},
    "shikaku_set_pmh_id": {"chukan_web"},
    "shikaku_soshitsu_per_hokensha": {"chukan_worker"},
    "shikaku_take_himozuke": {"chukan_web", "chukan_worker"},
    "shokuin_find_login": {"chukan_web", "chukan_kanri"},
    "shokuin_find_session": {"chukan_web"},
    "shonin_complete": {"chukan_web", "chukan_worker"},
    "shonin_consume": {"chukan_web"},
    "uketsuke_due": {"chukan_worker"},
    "uketsuke_expired": {"chukan_worker"},
    "uketsuke_named_files": {"chukan_worker"},
    "uketsuke_of_files": {"chukan_worker"},
    "uketsuke_unerased": {"chukan_worker"},
}

_TABLES = """
SELECT c.relname, c.relkind::text, c.relowner::regrole::text, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_POLICIES = """
SELECT tablename::text, policyname::text, roles::text[], cmd, COALESCE(qual, ''), with_check FROM pg_policies
WHERE schemaname = 'public' AND permissive = 'PERMISSIVE'
"""
_READERS = """
SELECT c.relname::text, r.rolname::text FROM pg_class c CROSS JOIN pg_roles r
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND r.rolname = ANY (%s)
  AND (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
       OR has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER, MAINTAIN'))
"""
_UNIQUE = """
SELECT c.relname::text, i.relname::text,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey)),
       ARRAY(SELECT t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey))
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique
"""
_REFERENCES = """
SELECT k.conrelid::regclass::text, k.confrelid::regclass::text, k.conname::text,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
"""
_FUNCTIONS = """
SELECT p.proname::text, p.prosecdef, COALESCE(p.proconfig, '{}')::text[], p.proowner::regrole::text,
       EXISTS (SELECT 1 FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0),
       ARRAY(SELECT a.grantee::regrole::text FROM aclexplode(p.proacl) a WHERE a.grantee NOT IN (0, p.proowner))
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
"""
_PUBLIC = """
SELECT c.relname::text FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
UNION SELECT c.relname || '.' || t.attname FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid,
  aclexplode(t.attacl) a WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
UNION SELECT 'schema public' FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'public' AND a.grantee = 0
UNION SELECT 'database' FROM pg_database d, aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) a
  WHERE d.datname = current_database() AND a.grantee = 0
"""
_ROLES = """
SELECT r.rolname::text FROM pg_roles r WHERE r.rolname = ANY (%s) AND (
  r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
  OR EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid)
  OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid))
"""


@dataclass(frozen=True)
class Table:
    """One table as the catalogue has it."""

    name: str
    relkind: str
    owner: str
    secured: bool
    forced: bool


def declared_kinds() -> Mapping[str, str]:
    """Return the kind every table is declared to be."""
    found = {
        model._meta.db_table: str(getattr(getattr(model, "ChukanMeta", None), "kind", ""))
        for model in apps.get_models()
    }
    return found | WITHOUT_MODEL


def find_gaps(admin: psycopg.Connection) -> list[str]:
    """Return everything that is not as declared, each in one line; an empty list is a standing wall."""
    kinds = declared_kinds()
    tables = [Table(*row) for row in admin.execute(_TABLES)]
    return sorted(
        [
            *_unclassified(kinds, tables),
            *_insurer_walls(admin, kinds, tables),
            *_keys(admin, kinds),
            *_person_walls(admin, kinds),
            *_functions(admin),
            *[f"PUBLIC: {row[0]}" for row in admin.execute(_PUBLIC)],
            *[f"too strong a role: {row[0]}" for row in admin.execute(_ROLES, [list(APP_ROLES)])],
        ]
    )


def _unclassified(kinds: Mapping[str, str], tables: list[Table]) -> Iterator[str]:
    for table in tables:
        if table.relkind not in {"r", "p"}:
            yield f"not a plain table: {table.name}"
        if not kinds.get(table.name):
            yield f"no kind: {table.name}"
        if table.owner != OWNER:
            yield f"owner: {table.name} {table.owner}"


def _insurer_walls(admin: psycopg.Connection, kinds: Mapping[str, str], tables: list[Table]) -> Iterator[str]:
    policies: dict[str, list[tuple[str, list[str], str, str, str | None]]] = {}
    for name, policy, roles, command, using, check in admin.execute(_POLICIES):
        policies.setdefault(name, []).append((policy, roles, command, using, check))
    readers: dict[str, set[str]] = {}
    for name, role in admin.execute(_READERS, [list(APP_ROLES)]):
        readers.setdefault(name, set()).add(role)
    for table in tables:
        if kinds.get(table.name) != "insurer" and table.name != "sosa_log_event":
            continue
        if not (table.secured and table.forced):
            yield f"row security: {table.name} enabled={table.secured} forced={table.forced}"
        held = policies.get(table.name, [])
        covered = {role for _, roles, _, _, _ in held for role in roles}
        for role in sorted(readers.get(table.name, set()) - covered):
            yield f"no policy: {table.name} {role}"
        if table.name == "sosa_log_event":
            continue
        if not any(policy == "zone" and command == "ALL" for policy, _, command, _, _ in held):
            yield f"no zone policy: {table.name}"
        for policy, roles, command, using, check in held:
            if policy == "zone":
                if not (_says_zone(using) and _says_zone(check or "")):
                    yield f"zone policy says something else: {table.name}"
                continue
            yield from (
                f"across: {table.name} {role} {command}" for role in roles if (table.name, role, command) not in ACROSS
            )


def _says_zone(text: str) -> bool:
    return "NULLIF(current_setting('chukan." in text and " OR " not in text and text.startswith("((")


def _keys(admin: psycopg.Connection, kinds: Mapping[str, str]) -> Iterator[str]:
    for table, key, columns, types in admin.execute(_UNIQUE):
        if kinds.get(table) != "insurer" or set(columns) & set(ZONE_COLUMNS) or key in UNZONED_KEYS:
            continue
        if types != ["uuid"]:  # one random id tells nothing
            yield f"key without zone: {key} {columns}"
    references = list(admin.execute(_REFERENCES))
    names = {row[2] for row in references}
    for table, target, name, columns in references:
        if kinds.get(table) != "insurer" or set(columns) & set(ZONE_COLUMNS):
            continue
        if UNZONED_REFERENCES.get((table, target)) not in names:
            yield f"reference without zone: {name}"


def _person_walls(admin: psycopg.Connection, kinds: Mapping[str, str]) -> Iterator[str]:
    for table, role in admin.execute(_READERS, [list(APP_ROLES)]):
        if kinds.get(table) == "person":
            yield f"person table: {table} {role}"


def refused_verbs(admin: psycopg.Connection, table: str) -> set[str]:
    """Return the verbs that a trigger of the table, switched on, looks at before they happen."""
    found = admin.execute(
        "SELECT tgtype FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled = 'O'"
        " AND tgtype & 2 = 2",
        [table],
    )
    verbs = (("DELETE", 8), ("UPDATE", 16), ("TRUNCATE", 32))
    return {verb for (bits,) in found for verb, bit in verbs if bits & bit}


def _functions(admin: psycopg.Connection) -> Iterator[str]:
    for name, definer, config, owner, public, grantees in admin.execute(_FUNCTIONS):
        if public:
            yield f"PUBLIC may call: {name}"
        if not definer:
            continue
        if name not in DEFINER_FUNCTIONS:
            yield f"unknown definer function: {name}"
        elif set(grantees) != DEFINER_FUNCTIONS[name]:
            yield f"callers of {name}: {sorted(grantees)}"
        if owner != OWNER or "search_path=public, pg_temp" not in config:
            yield f"definer function without a fixed path or owner: {name}"
