#!/bin/sh
# The entrypoint in the container: hands the secrets over as files, in memory, which only Alertmanager may read.
# (Compose makes no file of a secret where the file system is read-only.)
set -eu
umask 077

hand_over() {
  value=$(printenv "$1") || {
    echo "start: $1 is not set" >&2
    exit 1
  }
  # A part of the shell, not a program: no argument list shows the value.
  printf '%s' "$value" >"/run/alertmanager/$2"
  unset "$1" value
}

hand_over PAGERDUTY_ROUTING_KEY pagerduty_routing_key
hand_over SLACK_WEBHOOK_URL slack_webhook_url
hand_over DEAD_MANS_SWITCH_URL dead_mans_switch_url
hand_over DRILL_WEBHOOK_URL drill_webhook_url

exec /bin/alertmanager "$@"
