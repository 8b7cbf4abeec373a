"""An account can be ended on its very first day: it is then valid on no day at all."""

from django.db import migrations, models

# Going back, such an account was valid on the day before its first.
_A_DAY = """
ALTER TABLE shokuin_account NO FORCE ROW LEVEL SECURITY;
UPDATE shokuin_account SET valid_from = valid_from - 1 WHERE valid_from = valid_to;
ALTER TABLE shokuin_account FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    """One constraint, wider by the empty period. Every row is looked at under a short lock: there are thousands."""

    dependencies = [("shokuin", "0003_seitai")]

    operations = [
        migrations.RemoveConstraint(model_name="account", name="account_period"),
        migrations.RunSQL(migrations.RunSQL.noop, _A_DAY),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_from__lte", models.F("valid_to"))), name="account_period"
            ),
        ),
    ]
