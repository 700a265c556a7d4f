"""Settings with which Orange asks nothing, calls nobody and shows no splash screen."""

QUIET_SETTINGS = """\
[startup]
check-updates=false
show-welcome-screen=false
show-splash-screen=false
load-crashed-workflows=false
[notifications]
check-notifications=false
[reporting]
send-statistics=false
[error-reporting]
send-statistics=false
"""
