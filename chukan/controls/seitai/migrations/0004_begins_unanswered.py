"""A confirmation begins unanswered, whoever writes it: it is used up by the one function and by nothing else."""

from django.db import migrations

# A right to the columns would not do: every column is named when a row is written.
_GUARD = """
CREATE FUNCTION seitai_refuse_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'seitai_challenge: begins unanswered' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER begins_unanswered BEFORE INSERT ON seitai_challenge FOR EACH ROW
  WHEN (NEW.answered_at IS NOT NULL OR NEW.verified_at IS NOT NULL OR NEW.used_at IS NOT NULL)
  EXECUTE FUNCTION seitai_refuse_answered();
"""
_REVERSE = """
DROP TRIGGER begins_unanswered ON seitai_challenge;
DROP FUNCTION seitai_refuse_answered();
"""


class Migration(migrations.Migration):
    """One trigger."""

    dependencies = [("seitai", "0003_same_session")]
    operations = [migrations.RunSQL(_GUARD, _REVERSE)]
