#!/usr/bin/env bash
# Starts a Docker daemon for tests where one is installed but none answers; installs nothing.
#
# The daemon keeps its files in ENGINE_DIRECTORY (default: a folder under the system's temporary
# directory) and uses the vfs driver, which needs nothing of the kernel. Prints how to stop it.
# Ends with 0 where a daemon answers, with 3 where there is nothing to start, else with 1.
set -euo pipefail

readonly directory="${ENGINE_DIRECTORY:-${TMPDIR:-/tmp}/infra-actions-docker}"
readonly wait_seconds="${ENGINE_WAIT_SECONDS:-60}"

if ! command -v docker >/dev/null; then
  echo "docker: no docker on the PATH (Debian and Ubuntu: the package docker.io)" >&2
  exit 3
fi
if docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then
  echo "docker: a daemon already answers ($(docker version --format '{{.Server.Version}}'))"
  exit 0
fi
if ! command -v dockerd >/dev/null; then
  echo "docker: no daemon answers, and no dockerd is on the PATH" >&2
  exit 3
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "docker: no daemon answers, and only root can start one here" >&2
  exit 3
fi

mkdir -p "$directory"
# A daemon that was killed leaves its process id behind, and the next one refuses to start.
rm -f "$directory/docker.pid"
setsid nohup dockerd \
  --storage-driver=vfs \
  --data-root "$directory/data" \
  --exec-root "$directory/exec" \
  --pidfile "$directory/docker.pid" \
  --group root \
  >"$directory/dockerd.log" 2>&1 </dev/null &
readonly started=$!

for _ in $(seq "$((wait_seconds * 4))"); do
  if docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then
    echo "docker: daemon $(docker version --format '{{.Server.Version}}') is ready, log in $directory/dockerd.log"
    echo "docker: stop it with: kill \$(cat $directory/docker.pid)"
    exit 0
  fi
  if ! kill -0 "$started" 2>/dev/null; then break; fi
  sleep 0.25
done
echo "docker: the daemon did not become ready within ${wait_seconds} s; its log ends with:" >&2
tail -n 20 "$directory/dockerd.log" >&2
exit 1
