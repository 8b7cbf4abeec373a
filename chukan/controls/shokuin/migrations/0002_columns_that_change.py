"""Of a staff record, an account and a session only what an action changes can be changed: never whose it is."""

from django.db import migrations

from chukan.kernel.schema import KANRI, WEB

_CHANGED = {
    "shokuin_shokuin": "shimei",
    "shokuin_account": "password, last_login, valid_from, valid_to, confirmed_on, password_changed_at, must_change,"
    " former_passwords",
    "shokuin_session": "key_hash, active_at, locked_at, step_up_at, ended_at, ended_reason",
    "shokuin_login_attempt": "tries, last_try_at, paused_until",
}
_NARROWER = "".join(
    f"REVOKE UPDATE ON {table} FROM {WEB}, {KANRI}; GRANT UPDATE ({columns}) ON {table} TO {WEB}, {KANRI};\n"
    for table, columns in _CHANGED.items()
)
_WIDER = "".join(
    f"REVOKE UPDATE ({columns}) ON {table} FROM {WEB}, {KANRI}; GRANT UPDATE ON {table} TO {WEB}, {KANRI};\n"
    for table, columns in _CHANGED.items()
)


class Migration(migrations.Migration):
    """Narrow the grants."""

    dependencies = [("shokuin", "0001_shokuin")]

    operations = [
        migrations.RunSQL(_NARROWER, _WIDER),
        # Nobody's tries are forgotten by a row that is gone.
        migrations.RunSQL(
            f"REVOKE DELETE ON shokuin_login_attempt FROM {KANRI};",
            f"GRANT DELETE ON shokuin_login_attempt TO {KANRI};",
        ),
    ]
