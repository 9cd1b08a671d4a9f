"""Measurements that bring their own load: `manage.py bench`.

`booking`, `live` and `messages` conduct a run each. They start throw-away databases and servers (`servers`), let a
child process with its own settings prepare and inspect them (`inside`, `preparation`, `api_preparation`,
`message_steps`, `searches`) and print what came out (`report`, `live_report`, `message_report`). `booking` presses the
buttons from another process (`load`) and compares with the same SQL without the product around it (`transcript`,
`bare`). `live` lets the server note its commits (`stamping`, `stamped_settings`), listens from another process
(`listeners`) and compares with a server that only sends (`broadcast`). `messages` sends to gateways on this machine,
and kills workers while these fail. Everything is on loopback, bounded in number and time, and gone afterwards.
"""
