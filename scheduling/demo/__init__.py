"""The demo clinic: a believable place with doctors, hours, families and a day in full swing.

`build_clinic` is the way in; `manage.py demo` is its only caller in production code. The rooms:
`cast` and `names` are plain words, `clinic` makes locations and doctors, `hours` makes sessions and slots,
`families` makes patients, `visits` fills the calendar, `waiting` fills the waitlist, `sign_ins` makes users
and `edge_cases` adds clinics in zones where clocks do strange things.
"""

from scheduling.demo.building import Clinic, Plan, build_clinic, is_empty

__all__ = ["Clinic", "Plan", "build_clinic", "is_empty"]
