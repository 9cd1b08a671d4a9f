"""Live updates: what sockets hear, and how.

`announcer` is told of a change and renders it once, `layer` carries it to the other processes, `hub` writes it to every
socket that listens; `guards` stand at the door.
"""
