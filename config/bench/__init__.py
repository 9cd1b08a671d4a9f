"""Measurements that bring their own load: `manage.py bench`.

`booking` and `live` conduct a run each. They start throw-away databases and servers (`servers`), let a child process
with its own settings prepare and inspect them (`inside`, `preparation`, `api_preparation`, `searches`) and print what
came out (`report`, `live_report`). `booking` presses the buttons from another process (`load`) and compares with the
same SQL without the product around it (`transcript`, `bare`). `live` lets the server note its commits (`stamping`,
`stamped_settings`), listens from another process (`listeners`) and compares with a server that only sends
(`broadcast`). Everything is on loopback, bounded in number and time, and gone afterwards.
"""
