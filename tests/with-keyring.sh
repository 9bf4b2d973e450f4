#!/usr/bin/env bash
# Runs a command in a private D-Bus session with a throw-away keyring, so that tests of the real Secret Service
# touch nobody's secrets and need nobody's password.
#
# usage: with-keyring.sh COMMAND [ARGUMENT...]
#
# The command sees TERN_TEST_KEYRING=unlocked. With TERN_TEST_KEYRING=locked given, the keyring exists but is
# locked, and nothing here could ask a person to unlock it; with TERN_TEST_KEYRING=missing there is a session bus
# and no Secret Service. The command's exit code is ours.
set -euo pipefail

if [ "$#" -eq 0 ]; then
  echo "usage: with-keyring.sh COMMAND [ARGUMENT...]" >&2
  exit 2
fi
for program in dbus-run-session gnome-keyring-daemon; do
  if ! command -v "$program" >/dev/null; then
    echo "with-keyring.sh: $program is not installed (cargo xtask setup installs it)" >&2
    exit 127
  fi
done

if [ -z "${TERN_KEYRING_HOME:-}" ]; then
  # Outside: a home of its own for the keyring's files, and a session bus for its service.
  TERN_KEYRING_HOME=$(mktemp -d)
  export TERN_KEYRING_HOME TERN_TEST_KEYRING="${TERN_TEST_KEYRING:-unlocked}"
  export XDG_DATA_HOME="$TERN_KEYRING_HOME/data" XDG_CONFIG_HOME="$TERN_KEYRING_HOME/config"
  export XDG_CACHE_HOME="$TERN_KEYRING_HOME/cache" XDG_RUNTIME_DIR="$TERN_KEYRING_HOME/run"
  mkdir -p "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME"
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  # Only services that are started here: the distribution's own would offer the person's keyring, or a prompt.
  cat >"$TERN_KEYRING_HOME/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=$XDG_RUNTIME_DIR</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF
  status=0
  dbus-run-session --config-file="$TERN_KEYRING_HOME/bus.conf" -- "$0" "$@" || status=$?
  rm -rf "$TERN_KEYRING_HOME"
  exit "$status"
fi

# Inside. The daemon takes the keyring's password from its input and makes the keyring with it; it refuses an
# empty one.
start() {
  printf 'for-tests-only' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  # It returns a moment before its name is on the bus.
  for _ in $(seq 500); do
    if dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
      org.freedesktop.DBus.GetNameOwner string:org.freedesktop.secrets >/dev/null 2>&1; then
      return 0
    fi
  done
  echo "with-keyring.sh: the keyring did not start" >&2
  exit 1
}

case "$TERN_TEST_KEYRING" in
  unlocked) start ;;
  locked)
    start
    dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
      org.freedesktop.Secret.Service.Lock \
      array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
    ;;
  missing) ;;
  *)
    echo "with-keyring.sh: TERN_TEST_KEYRING is unlocked, locked or missing, not '$TERN_TEST_KEYRING'" >&2
    exit 2
    ;;
esac
# Not by exec: dbus-run-session ends the bus, and with it the daemon, when this shell ends.
"$@"
