"""Pasted text: what people put into a bug report, read as answers of a host.

:mod:`cleaning` takes off what pasting did to it, :mod:`recognition` finds the pieces in it,
:mod:`docker_info` and :mod:`outputs` read them, :mod:`source` answers a Host's questions with them.
"""
