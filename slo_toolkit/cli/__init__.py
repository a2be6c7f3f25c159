"""The command line: parses, prints and exits; everything else is done by the modules it calls.

Modules here import at the top only what `slo --help` needs. Whatever reads specs or makes rules is imported
by the function that uses it.
"""
