#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Packages of the npm registry that Vestige uses, at the versions and with the
# hashes that stand here. None has dependencies; npm itself is not needed.
#
#   tools/fetch-npm.sh PACKAGE DIR        unpacks it into DIR/PACKAGE
set -uo pipefail
case ${1-} in
uplot) version=1.6.32
    hash=KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw== ;;
playwright-core) version=1.65.1
    hash=hqPpz7blSMPxWVdoeE1yiBSzXsKiVOd2k+kjCvmUywD2GPO2Dd9HfcWnq9NN0GHbNZDFgZ9JfBFr+X5/BLo0qw== ;;
*) echo "usage: $0 uplot|playwright-core DIR" >&2; exit 2 ;;
esac
[ $# -eq 2 ] || exit 2
mkdir -p "$2" || exit 1
scratch=$(mktemp -d "$2/fetch.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
file=$scratch/package.tgz
registry=${npm_config_registry:-https://registry.npmjs.org/}
url=${registry%/}/$1/-/$1-$version.tgz

fetch() {
    if command -v curl >/dev/null; then
        curl -sSfL --connect-timeout 5 --max-time 120 -o "$file" "$url"
    elif command -v wget >/dev/null; then
        wget -q --timeout=20 --tries=1 -O "$file" "$url"
    else
        python3 -c 'import sys, urllib.request as r
r.urlretrieve(*sys.argv[1:])' "$url" "$file"
    fi
}

fetch || { echo "$url could not be fetched" >&2; exit 1; }
got=$(sha512sum "$file" | cut -d' ' -f1)
want=$(printf %s "$hash" | base64 -d | od -An -v -tx1 | tr -d ' \n')
[ "$got" = "$want" ] || { echo "$url has another hash: not used" >&2; exit 1; }
tar -xzf "$file" -C "$scratch" || exit 1
rm -rf "${2:?}/$1"
mv "$scratch/package" "$2/$1"
