# shellcheck shell=bash
#
# What the test runner, the demo and the benchmark share: packages, a private
# copy of the checkout, its build and install, a private server.  To be
# sourced; needs nothing but Debian's essential packages.
#
#   need PACKAGE...       install what is missing of these, through apt
#   borrow PACKAGE...     unpack these, and put their programs into PATH
#   stage NAME            make $work, copy the checkout to $work/tree, go there
#   build [MAKE-ARG...]   compile the copy
#   install_extension     make install
#   start_server < CONF   a server with these settings; sets PGHOST and so on
#   stop_servers DIR      stop every server whose data is below DIR
#   as_user COMMAND...    run as the user of the server (root: as postgres)
#   as_root COMMAND...    run as root (otherwise through sudo)
#
# PG_MAJOR chooses the PostgreSQL version.  What the caller has set for libpq,
# make or the locale is ignored.  $work is removed at exit unless keep=1.

set -euo pipefail
umask 022

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pg_major=${PG_MAJOR:-15}
pg_bin=/usr/lib/postgresql/$pg_major/bin
pg_config=$pg_bin/pg_config
keep=${KEEP:-0}
work=

for variable in "${!PG@}" "${!LC_@}" LANGUAGE MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS TMPDIR \
	CDPATH COPT PROFILE DESTDIR; do
	unset "$variable"
done
export LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC PATH="$pg_bin:/usr/sbin:/usr/bin:/sbin:/bin"

# shellcheck disable=SC2034 # for the scripts
base_packages=(
	build-essential
	"postgresql-$pg_major" "postgresql-server-dev-$pg_major"
	"postgresql-$pg_major-pgtap" "postgresql-$pg_major-cron"
	libtap-parser-sourcehandler-pgtap-perl libipc-run-perl libdbd-pg-perl
	iso-codes
)

heading()
{
	printf '\n== %s\n' "$*"
}

die()
{
	printf '%s\n' "$@" >&2
	exit 1
}

# initdb refuses root: the servers then belong to the user of Debian's package
if [ "$(id -u)" = 0 ]; then
	server_user=postgres
	as_user() { runuser -u postgres -- "$@"; }
	as_root() { "$@"; }
else
	server_user=$(id -un)
	as_user() { "$@"; }
	as_root() { sudo -- "$@"; }
fi

need()
{
	local package missing=() install log
	for package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
			missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	install="apt-get install -y --no-install-recommends ${missing[*]}"
	command -v apt-get >/dev/null ||
		die 'No apt-get here; these Debian packages or their like are needed:' "  ${missing[*]}"
	heading "Installing packages: ${missing[*]}"
	log=$(mktemp)
	if ! { apt_get update && apt_get install "${missing[@]}"; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		die 'Packages are missing. As root, run' "  apt-get update && $install" 'and try again.'
	fi
	rm -f "$log"
}

apt_get()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# For programs of packages that would start a daemon if they were installed.
borrow()
{
	local package log=$work/log.borrow
	as_user mkdir -p "$work/tools"
	cd "$work/tools"
	as_user apt-get -q download "$@" >"$log" 2>&1 ||
		{ apt_get update && as_user apt-get -q download "$@"; } >"$log" 2>&1 ||
		die "Packages cannot be downloaded: $*" "$(tail -n 5 "$log")"
	for package in ./*.deb; do
		as_user dpkg -x "$package" .
	done
	cd "$work/tree"
	PATH="$work/tools/usr/bin:$PATH"
}

# The name is short, as a socket's path has at most 107 bytes; the directory
# is the server user's alone, so that the server may trust who can enter it.
stage()
{
	work=$(mktemp -d "/tmp/$1.XXXXXX")
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	chown "$server_user": "$work"
	cd "$work"
	export HOME=$work TMPDIR=$work/tmp
	as_user mkdir tree tmp socket
	tar -C "$checkout" --mode=u+rwX,go+rX -cf - --exclude=./.git --exclude='*.o' --exclude='*.bc' \
		--exclude='*.so' --exclude='./simplebank--*' --exclude=./test/out \
		--exclude=./test/out_isolation . | as_user tar -C tree -xf - --no-same-owner
	cd tree
}

# for a script to do something more at exit
before_cleanup()
{
	:
}

cleanup()
{
	local status=$?
	trap '' INT TERM HUP
	set +e
	cd /
	stop_servers "$work"
	[ "$keep" = 0 ] || echo "Kept: $work" >&2
	before_cleanup
	[ "$keep" != 0 ] || as_user rm -rf "$work"
	return "$status"
}

# shellcheck disable=SC2120 # the arguments are optional
build()
{
	as_user make -s -j "$(nproc)" PG_CONFIG="$pg_config" "$@"
}

install_extension()
{
	as_root true ||
		die 'Installing the extension needs root or sudo. As root, run' \
			"  make -C $checkout $(basename "$(dirname "$0")")"
	as_root env PATH="$PATH" make -s PG_CONFIG="$pg_config" install >/dev/null
}

# No TCP, and a socket in a directory of its own: no port can be in the way.
start_server()
{
	as_user initdb -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
		--no-instructions >"$work/tmp.initdb" 2>&1 || die "$(cat "$work/tmp.initdb")"
	{
		printf '%s\n' "listen_addresses = ''" 'port = 5432' \
			"unix_socket_directories = '$work/socket'"
		cat
	} | as_user tee -a "$work/data/postgresql.conf" >/dev/null
	as_user pg_ctl -D "$work/data" -l "$work/server.log" -s -w start ||
		die 'The server did not start:' "$(tail -n 20 "$work/server.log")"
	export PGHOST=$work/socket PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

stop_servers()
{
	local pid_file
	find "$1" -name postmaster.pid 2>/dev/null | while read -r pid_file; do
		as_user "$pg_bin/pg_ctl" -D "$(dirname "$pid_file")" -m immediate -s -w stop || true
	done
}
