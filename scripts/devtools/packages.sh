# shellcheck shell=bash
# Debian packages that Tiketi builds and runs with; sourced by the scripts that need them.

TIKETI_PACKAGES=(
  git pkg-config python3 python3-venv procps openssl ca-certificates curl
  libpq-dev libssl-dev zlib1g-dev libcrypt-dev libcmark-dev
  postgresql-15 redis-server
)

# What the web app is built with; no npm.
# shellcheck disable=SC2034 # for the scripts that source this
TIKETI_WEB_PACKAGES=(
  nodejs esbuild node-react node-react-dom node-typescript node-jsdom node-qrcode-generator
  python3 python3-pip
)

# Installs those of the given packages that are missing. Needs root or sudo only when something is.
ensure_packages() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return
  echo "Installing ${missing[*]}" >&2
  local as_root=()
  ((EUID == 0)) || as_root=(sudo)
  # The system-wide instances that Debian's packages would start are not wanted: every copy of the project runs its own.
  # shellcheck disable=SC2016 # expanded by the inner shell
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -ec '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then printf "#!/bin/sh\nexit 101\n" >"$policy"; chmod +x "$policy"; trap "rm -f $policy" EXIT; fi
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@"
  ' sh "${missing[@]}" >&2
}

# Makes a Python environment in DIRECTORY, once per list of REQUIREMENTS (by default the test clients': real Socket.IO clients and the
# like).
ensure_python_environment() {
  local directory=$1 requirements=${2:-scripts/requirements.txt}
  if [[ ! -e $directory/done ]] || ! cmp -s "$requirements" "$directory/done"; then
    python3 -m venv "$directory"
    "$directory/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$directory/done"
  fi
}
