"""Alerts: what is wrong now, as one message to the services that `[alerts] urls_file` names.

`alert` says when something is wrong, `message` words it, `delivery` sends it (the one module that knows Apprise), and
`watch` decides what is due. Nothing that a client wrote gets in.
"""
