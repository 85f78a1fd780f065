#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Debian packages that Vestige needs, in one place.
#
#   tools/install-packages.sh check build        names what is missing
#   tools/install-packages.sh install build test installs it (root or sudo)
#   tools/install-packages.sh list run           prints a group
#
# Asks dpkg alone when nothing is missing: a few milliseconds. On a system
# without dpkg it says nothing and lets the compiler speak.
# shellcheck disable=SC2034 # groups are used by name
set -uo pipefail

build='gcc libc6-dev make libgc-dev libgsl-dev libreadline-dev uthash-dev'
build+=' libopenblas0-serial liblapacke libmicrohttpd-dev libjansson-dev'
run='libgc1 libgsl27 libgslcblas0 libreadline8 libopenblas0-serial liblapacke'
run+=' libmicrohttpd12 libjansson4'
test='clang libclang-rt-14-dev clang-format libcmocka-dev valgrind python3 python3-numpy'
test+=' g++ pkg-config'
test+=' libnetcdf19 python3-xarray python3-netcdf4'
# Some node may be here that is not Debian's.
display=chromium
command -v node >/dev/null || display+=' nodejs'
readers='r-base-core r-cran-rstan r-cran-posterior'
bench='lua5.4 time valgrind python3 wrk'
bench_mh='jags python3'

usage() {
    echo "usage: $0 check|install|list build|run|test|display|readers|bench|bench-mh ..." >&2
    exit 2
}

[ $# -ge 2 ] || usage
action=$1
shift
wanted=
for group in "$@"; do
    case $group in
    build | run | test | display | readers | bench) wanted="$wanted ${!group}" ;;
    bench-mh) wanted="$wanted $bench_mh" ;;
    *) usage ;;
    esac
done

if [ "$action" = list ]; then
    # shellcheck disable=SC2086
    echo $wanted
    exit 0
fi

command -v dpkg-query >/dev/null || exit 0
# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${Package} ${Status}\n' $wanted 2>/dev/null |
    awk '$NF == "installed" {print $1}')
missing=
for package in $wanted; do
    case "
$installed
" in
    *"
$package
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$action" = check ]; then
    echo "missing packages: sudo apt-get install$missing" >&2
    exit 1
fi
[ "$action" = install ] || usage

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "missing packages: sudo apt-get install$missing" >&2
        exit 1
    fi
    as_root='sudo -n'
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
{
    # shellcheck disable=SC2086 # words
    $as_root apt-get update -q &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends $missing
} >&2
