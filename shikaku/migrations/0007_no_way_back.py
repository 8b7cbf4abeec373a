"""Nobody asks for the hashes of a person: an index that nothing reads costs every new number a random page."""

from django.db import migrations


class Migration(migrations.Migration):
    """One index less."""

    dependencies = [("shikaku", "0006_slip_answer")]
    operations = [migrations.RemoveIndex("kojinbangosakuin", "shikaku_sakuin_himozuke")]
