"""A spent slip keeps what came of it in the place of what was typed, so that a second press shows the first result."""

from django.db import migrations, models

from chukan.kernel.schema import WEB

_NEW = "(ct_answer)"
# Slips of before hold something typed: going back, those that hold an answer go.
_SPENT = "DELETE FROM shikaku_terminal_slip WHERE ct_content IS NULL;"


class Migration(migrations.Migration):
    """One column, who may set it, and that it is the one or the other; only time takes a slip away."""

    dependencies = [("shikaku", "0005_take_himozuke")]
    operations = [
        migrations.AddField("terminalslip", "ct_answer", models.BinaryField(null=True, verbose_name="封をした答え")),
        migrations.AlterField("terminalslip", "ct_content", models.BinaryField(null=True, verbose_name="封をした内容")),
        migrations.AddConstraint(
            "terminalslip",
            models.CheckConstraint(
                name="shikaku_slip_typed_or_answered",
                condition=models.Q(ct_content__isnull=False, ct_answer__isnull=True)
                | models.Q(ct_content__isnull=True, ct_kojin_bango__isnull=True, ct_answer__isnull=False),
            ),
        ),
        migrations.RunSQL(
            f"GRANT UPDATE {_NEW} ON shikaku_terminal_slip TO {WEB}; REVOKE DELETE ON shikaku_terminal_slip FROM {WEB};",
            f"{_SPENT} REVOKE UPDATE {_NEW} ON shikaku_terminal_slip FROM {WEB};"
            f" GRANT DELETE ON shikaku_terminal_slip TO {WEB};",
        ),
    ]
