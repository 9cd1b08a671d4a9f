import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_booking_key_and_one_hold_per_holder")]

    operations = [
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("last_name"),
                django.db.models.functions.text.Lower("first_name"),
                models.F("date_of_birth"),
                models.F("phone"),
                django.db.models.functions.text.Lower("email"),
                name="one_record_per_person_and_contact",
            ),
        ),
    ]
