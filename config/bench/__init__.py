"""Measurements that bring their own load: `manage.py bench`.

`booking` conducts the run. It starts throw-away databases and servers (`servers`), lets a child process with its own
settings prepare and inspect them (`inside`, `preparation`, `searches`), presses the buttons from another process
(`load`), compares with the same SQL without the product around it (`transcript`, `bare`, `direct`) and prints what
came out (`report`). Everything is on loopback, bounded in number and time, and gone afterwards.
"""
